import { resolve } from 'node:path';
import { parse } from '../arguments.ts';
import { connectToCluster } from '../cluster/connection.ts';
import { layoutOf } from '../cluster/layout.ts';
import { listNodes } from '../cluster/nodes.ts';
import { formatTable } from '../table.ts';
import type { Command } from './index.ts';

/** `kubus nodes`: the nodes as the API knows them. */
export const nodes: Command = {
  summary: 'list the nodes',
  usage: 'kubus nodes [--dir DIR]',
  async run(args, { progress }) {
    const { values } = parse(args, { dir: { type: 'string', default: '.kubus' } });
    const connection = await connectToCluster(layoutOf(resolve(values.dir)));
    try {
      const rows = (await listNodes(connection.api)).map((node) => [
        node.name,
        node.status,
        node.address,
        node.runtime,
      ]);
      progress.line(formatTable(['NAME', 'STATUS', 'INTERNAL-IP', 'CONTAINER-RUNTIME'], rows));
      return 0;
    } finally {
      await connection.close();
    }
  },
};
