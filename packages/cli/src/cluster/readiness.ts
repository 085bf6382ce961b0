import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type Connection, connectToCluster } from './connection.ts';
import type { ClusterRecord, Layout } from './layout.ts';
import { listNodes } from './nodes.ts';
import type { Replicas } from './programs.ts';
import type { Progress } from './progress.ts';
import { natsAddress, redisAddress, waitAloud, waitForServer } from './servers.ts';

const timeoutMs = 120_000;

/**
 * Waits until an applied pod would be scheduled and run: every service says that it is connected and synced, every node can take pods, and the default
 * service account exists. Shows each as it comes. Throws, naming what is missing, after two minutes.
 */
export async function waitUntilReady(
  layout: Layout,
  record: ClusterRecord,
  replicas: Replicas,
  progress: Progress,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  const servers = progress.step('NATS and Redis');
  const [connection] = await Promise.all([
    natsBy(deadline, layout, record, progress),
    redisBy(deadline, layout, record, progress),
  ]);
  servers();
  try {
    for (const stage of stages(record, replicas)) {
      const done = progress.step(stage.title);
      await until(stage, connection, deadline, layout);
      done();
    }
  } finally {
    await connection.close();
  }
}

interface Stage {
  title: string;
  /** What is still missing; empty when the stage is reached. */
  missing(connection: Connection): Promise<string>;
}

function stages(record: ClusterRecord, replicas: Replicas): Stage[] {
  return [
    serviceStage('api', replicas.api),
    serviceStage('controller-manager', replicas.controllerManager),
    serviceStage('scheduler', replicas.scheduler),
    {
      title: `${record.nodes} nodes`,
      missing: async ({ api }) => {
        const ready = (await listNodes(api)).filter((node) => node.schedulable).length;
        return ready >= record.nodes ? '' : `${ready} of ${record.nodes} nodes can take pods`;
      },
    },
    {
      title: 'namespace default',
      missing: async ({ api }) => {
        await api.request({
          verb: 'get',
          group: '',
          version: 'v1',
          resource: 'serviceaccounts',
          namespace: 'default',
          name: 'default',
        });
        return '';
      },
    },
  ];
}

function serviceStage(service: string, count: number): Stage {
  return {
    title: count === 1 ? service : `${service} x ${count}`,
    missing: async (connection) => {
      const reports = (await connection.health(300)).filter((report) => report.service === service);
      if (reports.filter((report) => report.ready).length >= count) return '';
      const failing = reports.flatMap((r) => Object.entries(r.checks).filter(([, result]) => result !== 'ok'));
      const reasons = failing.map(([check, result]) => `${check}: ${result}`).join(', ');
      return `${service} is not ready (${reports.length === 0 ? 'no answer' : reasons})`;
    },
  };
}

async function until(stage: Stage, connection: Connection, deadline: number, layout: Layout): Promise<void> {
  for (;;) {
    const missing = await stage.missing(connection).catch(messageOf);
    if (missing === '') return;
    if (Date.now() > deadline) throw notReady(missing, layout);
    await delay(100);
  }
}

async function natsBy(
  deadline: number,
  layout: Layout,
  record: ClusterRecord,
  progress: Progress,
): Promise<Connection> {
  let why = '';
  const connect = async (): Promise<Connection> => {
    for (;;) {
      try {
        return await connectToCluster(layout);
      } catch (error) {
        if (Date.now() > deadline) throw notReady(messageOf(error), layout);
        why = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
      }
      await delay(100);
    }
  };
  return waitAloud(() => `${natsAddress(record).text}${why}`, progress, connect());
}

async function redisBy(deadline: number, layout: Layout, record: ClusterRecord, progress: Progress): Promise<void> {
  const address = redisAddress(record);
  await waitAloud(() => address.text, progress, waitForServer(address, deadline)).catch((error: unknown) => {
    throw notReady(messageOf(error), layout);
  });
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const notReady = (why: string, layout: Layout) =>
  new Error(`the cluster did not become ready: ${why}; see ${join(layout.logs, '*.log')}`);
