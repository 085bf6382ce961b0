import { join, resolve } from 'node:path';
import { rotateKeys as rotate } from '@kubus/shared/bootstrap';
import { parse } from '../arguments.ts';
import { connectToCluster } from '../cluster/connection.ts';
import { layoutOf } from '../cluster/layout.ts';
import type { Command } from './index.ts';

/** `kubus rotate-keys`: new keys for service account tokens and for Secrets at rest, while the cluster runs. */
export const rotateKeys: Command = {
  summary: 'new keys for service account tokens and for Secrets at rest',
  usage: 'kubus rotate-keys [--retire] [--dir DIR]   (--retire: tokens of older keys end at once)',
  async run(args, { progress }) {
    const { values } = parse(args, { dir: { type: 'string', default: '.kubus' }, retire: { type: 'boolean' } });
    const layout = layoutOf(resolve(values.dir));
    const connection = await connectToCluster(layout);
    try {
      await rotate({
        dir: join(layout.state, 'services', 'api'),
        api: connection.api,
        health: () => connection.health(500),
        retire: values.retire === true,
        report: (step) => progress.line(step),
      });
      return 0;
    } finally {
      await connection.close();
    }
  },
};
