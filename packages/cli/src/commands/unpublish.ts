import { resolve } from 'node:path';
import { parse } from '../arguments.ts';
import { connectToCluster } from '../cluster/connection.ts';
import { checkKey, openBuckets } from '../cluster/desired-sets.ts';
import { layoutOf } from '../cluster/layout.ts';
import type { Command } from './index.ts';

/** `kubus unpublish`: deletes the key; the cluster deletes what the set made. */
export const unpublish: Command = {
  summary: 'delete a desired set and everything it made',
  usage: 'kubus unpublish --set NAMESPACE.NAME [--dir DIR]',
  async run(args, { progress }) {
    const { values } = parse(args, { set: { type: 'string' }, dir: { type: 'string', default: '.kubus' } });
    const key = checkKey(values.set);
    const connection = await connectToCluster(layoutOf(resolve(values.dir)));
    try {
      const { desired } = await openBuckets(connection.nats);
      if ((await desired.get(key))?.operation !== 'PUT') {
        process.stderr.write(`kubus: there is no desired set ${key}\n`);
        return 1;
      }
      await desired.delete(key);
      progress.line(`deleted ${key}`);
      return 0;
    } finally {
      await connection.close();
    }
  },
};
