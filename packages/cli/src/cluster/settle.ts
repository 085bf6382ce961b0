import { basename } from 'node:path';
import { isFree } from '@kubus/shared/ports';
import { UsageError, wholeNumber } from '../arguments.ts';
import { type ClusterRecord, type Layout, readRecord } from './layout.ts';
import { reserveAgain, reservePorts } from './ports.ts';
import { MissingPrerequisite } from './prerequisites.ts';

/** What a start is to be: as before, unless asked otherwise. */
export interface StartPlan {
  runtime: ClusterRecord['runtime'];
  nodes: number;
  /** Of a first start. */
  apiPort: number;
}

/** Reads and checks; changes nothing. */
export async function planStart(
  layout: Layout,
  values: { runtime?: string | undefined; nodes?: string | undefined; 'api-port': string },
): Promise<StartPlan> {
  const former = await readRecord(layout);
  const runtime = values.runtime ?? former?.runtime ?? 'docker';
  if (runtime !== 'docker' && runtime !== 'sim') throw new UsageError(`--runtime is docker or sim, not '${runtime}'`);
  return {
    runtime,
    nodes: values.nodes === undefined ? (former?.nodes ?? 2) : wholeNumber('nodes', values.nodes, 1, 10_000),
    apiPort: wholeNumber('api-port', values['api-port'], 1, 65_335),
  };
}

/** Reserves the cluster's ports: those of an earlier start, or free ones. Only one start at a time may be here. */
export async function settlePorts(layout: Layout, plan: StartPlan, apis: number): Promise<ClusterRecord> {
  const { runtime, nodes } = plan;
  const former = await readRecord(layout);
  if (former !== undefined) {
    await reserveFormer(former, apis);
    return { ...former, runtime, nodes };
  }
  const apiPort = await reservePorts(plan.apiPort, apis);
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
