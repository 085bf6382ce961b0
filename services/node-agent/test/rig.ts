import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventRecorder } from '@kubus/shared/events';
import type { Informer } from '@kubus/shared/informer';
import type { Pod, PodStatus } from '@kubus/shared/schema';
import { type Logger, pino } from 'pino';
import { apiConfigSource } from '../src/config-source.ts';
import { type Checkpoint, openCheckpoint } from '../src/pod/checkpoint.ts';
import { deletePod } from '../src/pod/delete-pod.ts';
import type { PodEnvironment } from '../src/pod/environment.ts';
import { PodManager } from '../src/pod/manager.ts';
import { StatusReporter } from '../src/pod/status-reporter.ts';
import type { Runtime } from '../src/runtime/contract.ts';
import { startLimiter } from '../src/start-limiter.ts';
import type { StaticPods } from '../src/static-pods/index.ts';
import { noVolumes, type PodVolumes } from '../src/volumes/index.ts';
import { FakeApi } from './fake-api.ts';

export const silent: Logger = pino({ level: 'silent' });

export interface RigOptions {
  runtime: Runtime;
  api?: FakeApi;
  checkpoint?: Checkpoint;
  /** Default: none. */
  volumes?: PodVolumes;
  parallel?: number;
  now?: () => number;
  /** The bus is away: of the API nothing is known. */
  offline?: boolean;
  /** Joins pods of the node's own with those of the API. */
  statics?(pods: Informer<Pod>, report: (pod: Pod, status: PodStatus) => void): Promise<StaticPods>;
  /** Replaces parts of what pods get. */
  environment?: Partial<PodEnvironment>;
}

/** An agent's pods, over a runtime and a fake API. */
export interface Rig {
  api: FakeApi;
  manager: PodManager;
  stop(): Promise<void>;
  /** The agent is no more: it hears nothing and says nothing. */
  kill(): void;
}

export async function startRig(options: RigOptions): Promise<Rig> {
  const api = options.api ?? new FakeApi();
  const reporter = new StatusReporter({ api, log: silent, collectMs: 1, retryMs: 50 });
  const events: EventRecorder = { event: (_object, _type, reason, message) => api.events.push(`${reason} ${message}`) };
  let alive = true;
  const informer = options.offline === true ? new FakeApi().informer() : api.informer();
  const report = (pod: Pod, status: PodStatus) => {
    if (alive) reporter.report(pod, status);
  };
  const statics = await options.statics?.(informer, report);
  const { checkpoint, remove } = options.checkpoint === undefined ? await tempCheckpoint() : kept(options.checkpoint);
  const manager = new PodManager(
    {
      runtime: options.runtime,
      config: apiConfigSource(api, { shareMs: 1 }),
      facts: () => ({
        hostIPs: ['192.0.2.7'],
        allocatable: { cpuMillis: 4000, memoryBytes: 8 * 2 ** 30, storageBytes: 100 * 2 ** 30 },
      }),
      memoryCapacity: 16 * 2 ** 30,
      events,
      volumes: options.volumes ?? noVolumes,
      clusterDomain: 'cluster.local',
      checkpoint,
      log: silent,
      now: options.now ?? Date.now,
      retryMs: 100,
      report: (pod, status) => {
        if (statics?.report(pod, status) !== true) report(pod, status);
      },
      forget: (uid) => reporter.forget(uid),
      // How the containers ended is told before the pod goes.
      reportDeleted: async (pod) => {
        await reporter.settled(pod.metadata.uid ?? '');
        await deletePod(api, pod);
      },
      limit: startLimiter(options.parallel ?? 8),
      ...options.environment,
    },
    statics ?? informer,
  );
  manager.start();
  if (options.offline !== true) await manager.synced();
  return {
    api,
    manager,
    kill: () => {
      alive = false;
      informer.stop().catch(() => undefined);
      void manager.stop();
    },
    stop: async () => {
      await manager.stop();
      await reporter.stop().catch(() => undefined);
      await remove();
    },
  };
}

const kept = (checkpoint: Checkpoint) => ({ checkpoint, remove: async () => undefined });

export async function tempCheckpoint(): Promise<{ checkpoint: Checkpoint; dir: string; remove(): Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), 'kubus-agent-'));
  return { checkpoint: await openCheckpoint(dir), dir, remove: () => rm(dir, { recursive: true, force: true }) };
}

type Spec = NonNullable<Pod['spec']>;

/** A pod that is bound to the node; `containers` may be given as command lines. */
export function buildPod(name: string, spec: Partial<Spec> = {}, uid = `uid-${name}`): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', uid, creationTimestamp: '2026-01-01T00:00:00Z' },
    spec: { nodeName: 'n1', restartPolicy: 'Always', containers: [container('main', 'run')], ...spec },
  };
}

export function container(name: string, command: string, more: object = {}): Spec['containers'][number] {
  return { name, image: 'busybox', imagePullPolicy: 'IfNotPresent', command: command.split(' '), ...more };
}
