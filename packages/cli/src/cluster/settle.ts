import { basename } from 'node:path';
import { UsageError, wholeNumber } from '../arguments.ts';
import { type ClusterRecord, type Layout, readRecord } from './layout.ts';
import { isFree, reserveAgain, reservePorts } from './ports.ts';
import { MissingPrerequisite } from './prerequisites.ts';

/** Decides ports, runtime and number of nodes: as before, unless asked otherwise. */
export async function settle(
  layout: Layout,
  values: { runtime?: string | undefined; nodes?: string | undefined; 'api-port': string },
  apis: number,
): Promise<ClusterRecord> {
  const former = await readRecord(layout);
  const runtime = values.runtime ?? former?.runtime ?? 'docker';
  if (runtime !== 'docker' && runtime !== 'sim') throw new UsageError(`--runtime is docker or sim, not '${runtime}'`);
  const nodes = values.nodes === undefined ? (former?.nodes ?? 2) : wholeNumber('nodes', values.nodes, 1, 10_000);
  if (former !== undefined) {
    await reserveFormer(former, apis);
    return { ...former, runtime, nodes };
  }
  const apiPort = await reservePorts(wholeNumber('api-port', values['api-port'], 1, 65_335), apis);
  return {
    name: `${
      basename(layout.root)
        .replaceAll(/[^a-z0-9-]/gi, '')
        .toLowerCase() || 'kubus'
    }-${apiPort}`,
    apiPort,
    redisPort: await reservePorts(16_379),
    natsPort: await reservePorts(14_222),
    runtime,
    nodes,
  };
}

/** The ports stand in certificates, and in what users have copied: they stay. */
async function reserveFormer({ apiPort, redisPort, natsPort }: ClusterRecord, apis: number): Promise<void> {
  for (const [port, count] of [[apiPort, apis] as const, [redisPort, 1] as const, [natsPort, 1] as const]) {
    if (!(await reserveAgain(port, count)))
      throw new MissingPrerequisite(`another cluster that is running has port ${port} of this one; stop it first`);
  }
}

/** What an earlier start left has ended by now. */
export async function checkPorts(ports: readonly (readonly [what: string, port: number])[]): Promise<void> {
  for (const [what, port] of ports)
    if (!(await isFree(port)))
      throw new MissingPrerequisite(
        `another program listens on port ${port}, where ${what} of this cluster is: end it, or begin anew (npx kubus down --purge)`,
      );
}
