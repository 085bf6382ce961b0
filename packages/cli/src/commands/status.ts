import { resolve } from 'node:path';
import { parse } from '../arguments.ts';
import { connectToCluster } from '../cluster/connection.ts';
import { layoutOf } from '../cluster/layout.ts';
import { formatTable } from '../table.ts';
import type { Command } from './index.ts';

/** `kubus status`: health of every instance of every service; exit code 1 when one is not ready or none answers. */
export const status: Command = {
  summary: 'show the health of every service instance',
  usage: 'kubus status [--dir DIR]',
  async run(args, { progress }) {
    const { values } = parse(args, { dir: { type: 'string', default: '.kubus' } });
    const connection = await connectToCluster(layoutOf(resolve(values.dir)));
    try {
      const reports = await connection.health();
      const rows = reports.map((report) => {
        const failing = Object.entries(report.checks).filter(([, result]) => result !== 'ok');
        const reasons = failing.map(([check, result]) => `${check}: ${result}`).join(', ');
        return [report.service, report.instance, report.ready ? 'ready' : 'not ready', reasons];
      });
      progress.line(formatTable(['SERVICE', 'INSTANCE', 'STATUS', 'REASON'], rows));
      return reports.length > 0 && reports.every((report) => report.ready) ? 0 : 1;
    } finally {
      await connection.close();
    }
  },
};
