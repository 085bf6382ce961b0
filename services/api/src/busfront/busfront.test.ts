import { isExpired } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bootstrapFlowSchemas, bootstrapPriorityLevels, FlowControl } from '../flowcontrol/index.ts';
import type { Pipeline } from '../pipeline/index.ts';
import { configMap, core, startCluster, type TestCluster } from '../pipeline/testing/cluster.ts';
import { PipelineHandler, userOf } from './index.ts';

const maps = { ...core, resource: 'configmaps', namespace: 'default' } as const;
const adminIdentity = { kind: 'user', name: 'admin' } as const;

let cluster: TestCluster;
let bus: PipelineHandler;

beforeAll(async () => {
  cluster = await startCluster();
  bus = new PipelineHandler(cluster.pipeline);
}, 60_000);
afterAll(() => cluster.stop());

const textOf = (part: string | Uint8Array) => Buffer.from(part).toString();

describe('an identity on the bus', () => {
  it('is a user of the API', () => {
    expect(userOf({ kind: 'service', name: 'scheduler' }).username).toBe('system:kube-scheduler');
    expect(userOf({ kind: 'service', name: 'controller-manager' }).username).toBe('system:kube-controller-manager');
    expect(userOf({ kind: 'node', name: 'n1' })).toEqual({
      username: 'system:node:n1',
      groups: ['system:nodes', 'system:authenticated'],
    });
    expect(userOf(adminIdentity).groups).toContain('system:masters');
    expect(userOf({ kind: 'user', name: 'eve' }).groups).toEqual(['system:authenticated']);
    expect(userOf({ kind: 'service', name: 'api' }).groups).toEqual(['system:authenticated']);
  });

  it('lets a desired set rule its own namespace and nothing else', async () => {
    const desired = { kind: 'desired', name: 'default' } as const;
    await eventually(async () => {
      const response = await bus.handle({ ...maps, verb: 'create', body: configMap('set') }, desired);
      expect([201, 409]).toContain(response.code);
    });
    const elsewhere = { ...maps, namespace: 'kube-system', verb: 'create', body: configMap('set') } as const;
    expect((await bus.handle(elsewhere, desired)).code).toBe(403);
    const namespace = { ...core, resource: 'namespaces', verb: 'create', body: { metadata: { name: 'own' } } } as const;
    expect((await bus.handle(namespace, desired)).code).toBe(403);
    expect((await bus.handle(namespace, { kind: 'desired', name: '_cluster' })).code).toBe(201);
    const trick = { kind: 'desired', name: 'default:kube-system' } as const;
    expect((await bus.handle({ ...maps, verb: 'list' }, trick)).code).toBe(403);
  });
});

describe('a watch on the bus', () => {
  it('yields encoded events until it is stopped', async () => {
    const stop = new AbortController();
    const seen: string[] = [];
    // From here on, whenever the watch begins.
    const { body: listed } = await bus.handle({ ...maps, verb: 'list' }, adminIdentity);
    const { resourceVersion } = (listed as { metadata: { resourceVersion: string } }).metadata;
    const done = (async () => {
      const request = { ...maps, verb: 'watch', query: { labelSelector: 'w=1', resourceVersion } } as const;
      for await (const text of bus.watch(request, adminIdentity, stop.signal)) {
        const { type, object } = JSON.parse(textOf(text)) as { type: string; object: KubeObject };
        seen.push(`${type} ${object.kind} ${object.metadata.name}`);
      }
    })();
    const body = { ...configMap('w'), metadata: { name: 'w', labels: { w: '1' } } };
    await bus.handle({ ...maps, verb: 'create', body }, adminIdentity);
    await bus.handle({ ...maps, verb: 'delete', name: 'w' }, adminIdentity);
    await eventually(() => expect(seen).toEqual(['ADDED ConfigMap w', 'DELETED ConfigMap w']));
    stop.abort();
    await done;
  });

  it('says where the initial events end', async () => {
    const stop = new AbortController();
    const query = {
      sendInitialEvents: 'true',
      resourceVersionMatch: 'NotOlderThan',
      allowWatchBookmarks: 'true',
      labelSelector: 'none=1',
    };
    for await (const text of bus.watch({ ...maps, verb: 'watch', query }, adminIdentity, stop.signal)) {
      expect(JSON.parse(textOf(text))).toEqual({
        type: 'BOOKMARK',
        object: {
          kind: 'ConfigMap',
          apiVersion: 'v1',
          metadata: { resourceVersion: expect.any(String), annotations: { 'k8s.io/initial-events-end': 'true' } },
        },
      });
      stop.abort();
    }
  });

  it('is refused before it begins', async () => {
    const first = async (request: object, identity: Parameters<PipelineHandler['watch']>[1]) => {
      const stream = bus.watch({ ...maps, ...request, verb: 'watch' }, identity, new AbortController().signal);
      return stream[Symbol.asyncIterator]().next();
    };
    await expect(first({}, { kind: 'node', name: 'n1' })).rejects.toThrow('cannot watch resource "configmaps"');
    await cluster.forgetHistory();
    await expect(first({ query: { resourceVersion: '1' } }, adminIdentity)).rejects.toSatisfy(isExpired);
  });
});

it('takes no parameters that no header could hold, one by one, in a batch or for a watch', async () => {
  const labelSelector = `app in (${'x,'.repeat(40_000)}y)`;
  const list = { ...maps, verb: 'list', query: { labelSelector } } as const;
  const refusal = { code: 413, body: { reason: 'RequestEntityTooLarge' } };
  expect(await bus.handle(list, adminIdentity)).toMatchObject(refusal);
  const [small, large] = await bus.handleBatch([{ ...maps, verb: 'list' }, list], adminIdentity);
  expect(small).toMatchObject({ code: 200 });
  expect(large).toMatchObject(refusal);
  const stream = bus.watch({ ...list, verb: 'watch' }, adminIdentity, new AbortController().signal);
  await expect(stream[Symbol.asyncIterator]().next()).rejects.toThrow('Request parameters too large');
});

describe('seats', () => {
  const get = { ...maps, verb: 'get', name: 'none' } as const;
  const eve = { kind: 'user', name: 'eve' } as const;
  const levelOf = (flow: FlowControl, name: string) => [...flow.levels()].find((level) => level.name === name);

  /** One seat for who is nobody in particular, and the pipeline held up until `go` is called. */
  function seated() {
    const view = <T>(values: readonly T[]) => ({ values: () => values, revision: 1 });
    const levels = bootstrapPriorityLevels().map((level) => structuredClone(level));
    for (const { spec } of levels) if (spec?.limited !== undefined) spec.limited.lendablePercent = 0;
    const flow = new FlowControl({ schemas: view(bootstrapFlowSchemas()), levels: view(levels), seats: 12 });
    const gate = Promise.withResolvers<void>();
    const held = {
      handle: async () => gate.promise.then(() => ({ code: 200, body: {} })),
      handleBatch: async () => gate.promise.then(() => []),
      time: () => 0,
    } as unknown as Pipeline;
    const handler = new PipelineHandler(held);
    handler.shareSeats(flow);
    return { flow, handler, go: gate.resolve };
  }

  it('are those of the level of who asks: a flood of users leaves services and nodes theirs', async () => {
    const { flow, handler, go } = seated();
    const asked = Array.from({ length: 10 }, () => handler.handle(get, eve));
    expect(levelOf(flow, 'global-default')).toMatchObject({ executing: 1, waiting: 9 });
    asked.push(
      handler.handle(get, { kind: 'service', name: 'scheduler' }),
      handler.handle(get, { kind: 'node', name: 'a' }),
    );
    asked.push(handler.handle(get, adminIdentity));
    for (const name of ['workload-high', 'system', 'exempt'])
      expect(levelOf(flow, name)).toMatchObject({ executing: 1, waiting: 0 });
    go();
    expect((await Promise.all(asked)).map(({ code }) => code)).toEqual(asked.map(() => 200));
    for (const level of flow.levels()) expect(level).toMatchObject({ executing: 0, seatsTaken: 0, waiting: 0 });
  });

  it('are one for a batch, and given up by who has no time to wait', async () => {
    const { flow, handler, go } = seated();
    const batch = handler.handleBatch([get, get, get], eve);
    expect(levelOf(flow, 'global-default')?.seatsTaken).toBe(1);
    await expect(handler.handle(get, eve, 1)).rejects.toMatchObject({ code: 429, details: { retryAfterSeconds: 1 } });
    go();
    await batch;
    expect(levelOf(flow, 'global-default')).toMatchObject({ executing: 0, waiting: 0 });
  });
});

it('answers each request of a batch in order', async () => {
  const requests = ['x1', 'x2', 'x1'].map((name) => ({ ...maps, verb: 'create', body: configMap(name) }) as const);
  const responses = await bus.handleBatch(requests, adminIdentity);
  expect(responses.map(({ code }) => code)).toEqual([201, 201, 409]);
  expect(responses[2]).toMatchObject({ body: { reason: 'AlreadyExists' } });
});
