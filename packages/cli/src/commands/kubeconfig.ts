import { resolve } from 'node:path';
import { parse } from '../arguments.ts';
import { layoutOf, readRecord } from '../cluster/layout.ts';
import { MissingPrerequisite } from '../cluster/prerequisites.ts';
import type { Command } from './index.ts';

/** `kubus kubeconfig`: where kubectl finds the cluster. */
export const kubeconfig: Command = {
  summary: 'print the path of the kubeconfig',
  usage: 'kubus kubeconfig [--dir DIR]',
  async run(args, { progress }) {
    const { values } = parse(args, { dir: { type: 'string', default: '.kubus' } });
    const layout = layoutOf(resolve(values.dir));
    if ((await readRecord(layout)) === undefined) {
      throw new MissingPrerequisite(`there is no cluster in ${layout.root}; start one with: npm start`);
    }
    progress.line(layout.kubeconfig);
    return 0;
  },
};
