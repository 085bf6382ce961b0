import { eventually, MemoryInformer, startRedis, type TestServer } from '@kubus/testkit';
import { Redis } from 'ioredis';
import { Registry } from 'prom-client';
import { expect, vi } from 'vitest';
import type { Change } from '../../changelog/contract.ts';
import type { KubeObject } from '../../object/index.ts';
import type { ChangeFeed, ChangeFeedHandlers } from '../change-feed.ts';
import type { Controller, ReconcileKey, ReconcileResult } from '../contract.ts';
import { KeyQueue } from '../key-queue.ts';
import { ControllerRuntime, type ControllerRuntimeOptions } from '../runtime.ts';

export const pods = { group: '', resource: 'pods' };
/** No informer follows them. */
const sets = { group: 'kubus.io', resource: 'desiredsets' };

export function pod(name: string, owner = ''): KubeObject {
  const metadata = { name, namespace: 'a', labels: { owner }, resourceVersion: '1' };
  return { apiVersion: 'v1', kind: 'Pod', metadata };
}

/** Delivers changes by hand. */
class HandFeed implements ChangeFeed {
  handlers: ChangeFeedHandlers | undefined;

  async follow(_: unknown, handlers: ChangeFeedHandlers) {
    this.handlers = handlers;
    return { stop: async () => undefined };
  }

  async deliver(object: KubeObject, type: Change['type'] = 'updated'): Promise<void> {
    const { namespace = '', name } = object.metadata;
    const change = { type, key: { ...sets, namespace, name }, revision: 1, previousRevision: 0, object };
    await this.handlers?.onChanges([change]);
  }
}

export interface World {
  informer: MemoryInformer;
  feed: HandFeed;
  runs: string[];
  /** All keys, for resyncs. */
  keys: string[];
  revision: number;
  controller: Controller;
  registry: Registry;
}

export function world(
  reconcile: (key: ReconcileKey, signal: AbortSignal) => Promise<ReconcileResult> | ReconcileResult,
): World {
  const runs: string[] = [];
  const made: World = {
    informer: new MemoryInformer(pods),
    feed: new HandFeed(),
    runs,
    keys: [],
    revision: 0,
    registry: new Registry(),
    controller: {
      name: 'owners',
      watches: [
        { resource: pods, map: (object, previous) => [object, previous].flatMap(ownerOf) },
        { resource: sets, map: ownerOf },
      ],
      reads: [pods],
      keys: () => made.keys.map((name) => ({ namespace: 'a', name })),
      reconcile: async (key, signal) => {
        runs.push(key.name);
        return reconcile(key, signal);
      },
    },
  };
  return made;
}

export function ownerOf(object: KubeObject | undefined): ReconcileKey[] {
  const owner = object?.metadata.labels?.['owner'] ?? '';
  return owner === '' ? [] : [{ namespace: 'a', name: owner }];
}

/** Runtimes over a Redis of their own. */
export class Runtimes {
  readonly server: TestServer;
  readonly redis: Redis;
  readonly #running: ControllerRuntime[] = [];

  private constructor(server: TestServer) {
    this.server = server;
    this.redis = new Redis(server.url, { retryStrategy: () => 50, maxRetriesPerRequest: null });
    this.redis.on('error', () => undefined);
  }

  static async start(): Promise<Runtimes> {
    return new Runtimes(await startRedis());
  }

  async run(w: World, options: Partial<ControllerRuntimeOptions> = {}): Promise<ControllerRuntime> {
    const runtime = new ControllerRuntime({
      queueUrl: this.server.url,
      controllers: [w.controller],
      store: { revisions: async (resources) => ({ cluster: w.revision, resources: resources.map(() => w.revision) }) },
      informers: (resource) => (resource === sets ? undefined : w.informer),
      changes: w.feed,
      registry: w.registry,
      lookMs: 50,
      ...options,
    });
    this.#running.push(runtime);
    await runtime.start();
    return runtime;
  }

  /** Until no key waits or runs. */
  async quiet(): Promise<void> {
    await eventually(async () => {
      expect(await this.redis.llen('bull:owners:wait')).toBe(0);
      expect(await this.redis.llen('bull:owners:active')).toBe(0);
    });
  }

  /** For the next test. */
  async reset(): Promise<void> {
    await Promise.all(this.#running.splice(0).map((runtime) => runtime.stop()));
    await this.redis.flushall();
  }

  async stop(): Promise<void> {
    this.redis.disconnect();
    await this.server.stop();
  }
}

/** Until runtimes have looked at their queues so often from now on. */
export async function looks(count: number): Promise<void> {
  const spy = vi.spyOn(KeyQueue.prototype, 'state');
  await eventually(() => expect(spy.mock.calls.length).toBeGreaterThan(count));
}
