import { StatusError } from '@kubus/shared/errors';
import { type KubeObject, tolerates } from '@kubus/shared/object';
import type { Pod, Taint, Toleration } from '@kubus/shared/schema';
import { ControllerDriver, MemoryCluster } from '@kubus/testkit';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { informerIndexes } from '../common/indexes.ts';
import { createTaintEvictionController } from './index.ts';
import { plan } from './plan.ts';

const nodes = { group: '', resource: 'nodes' };
const pods = { group: '', resource: 'pods' };
const unreachable = 'node.kubernetes.io/unreachable';

let cluster: MemoryCluster;
let driver: ControllerDriver;
let events: string[];

beforeEach(() => {
  cluster = new MemoryCluster({ indexes: informerIndexes });
  events = [];
  const recorder = {
    event: (_: unknown, _type: string, reason: string, message: string) => void events.push(`${reason}: ${message}`),
  };
  const context = { informers: cluster, api: cluster, clock: cluster.clock, events: () => recorder };
  driver = new ControllerDriver(createTaintEvictionController(context), cluster);
});

function node(
  taints: Taint[] = [{ key: unreachable, effect: 'NoExecute', timeAdded: cluster.clock.timestamp() }],
): void {
  cluster.seed(nodes, { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' }, spec: { taints } } as KubeObject);
}

function pod(name: string, tolerations: Toleration[] = []): void {
  const metadata = { name, namespace: 'a', finalizers: ['test/keep'] };
  cluster.seed(pods, { apiVersion: 'v1', kind: 'Pod', metadata, spec: { nodeName: 'n', tolerations } } as KubeObject);
}

const tolerate = (tolerationSeconds?: number): Toleration => ({
  ...{ key: unreachable, operator: 'Exists', effect: 'NoExecute' },
  ...(tolerationSeconds === undefined ? {} : { tolerationSeconds }),
});
const leaving = () =>
  cluster
    .get(pods)
    .list()
    .filter(({ metadata }) => metadata.deletionTimestamp !== undefined)
    .map(({ metadata }) => metadata.name);

describe('a node with a NoExecute taint', () => {
  it('loses pods that do not tolerate it at once, others when their time is over, some never', async () => {
    pod('never');
    pod('a while', [tolerate(300)]);
    pod('always', [tolerate()]);
    pod('shortest counts', [tolerate(600), tolerate(10), tolerate()]);
    node();
    await driver.settle();
    expect(leaving()).toEqual(['never']);
    await driver.advance(10_000);
    expect(leaving()).toEqual(['never', 'shortest counts']);
    await driver.advance(289_000);
    expect(leaving()).toHaveLength(2);
    await driver.advance(1_000);
    expect(leaving().sort()).toEqual(['a while', 'never', 'shortest counts']);
    expect(cluster.get<Pod>(pods).get('a', 'never')?.status?.conditions?.[0]).toMatchObject({
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'DeletionByTaintManager',
    });
    expect(events[0]).toBe('TaintManagerEviction: Marking for deletion Pod a/never');
  });

  it('loses none when the taint goes in time', async () => {
    pod('a while', [tolerate(300)]);
    node();
    await driver.advance(200_000);
    node([]);
    await driver.advance(200_000);
    expect(leaving()).toEqual([]);
  });

  it('does not keep a pod that is bound to it later', async () => {
    node();
    await driver.settle();
    pod('late');
    await driver.settle();
    expect(leaving()).toEqual(['late']);
  });

  it('gives a taint without a time its time from when it was first seen', async () => {
    pod('a while', [tolerate(30)]);
    node([{ key: unreachable, effect: 'NoExecute' }]);
    await driver.settle();
    await driver.advance(29_000);
    expect(leaving()).toEqual([]);
    await driver.advance(1_000);
    expect(leaving()).toEqual(['a while']);
  });

  it('evicts a pod whose status has changed meanwhile at the next look', async () => {
    pod('x');
    let refusals = 1;
    cluster.intercept(({ verb }) =>
      verb === 'update' && refusals-- > 0 ? new StatusError('Conflict', 'changed') : undefined,
    );
    node();
    await driver.settle();
    expect(leaving()).toEqual([]);
    await driver.advance(1_000);
    expect(leaving()).toEqual(['x']);
  });
});

it('other effects evict nobody', async () => {
  pod('x');
  node([{ key: unreachable, effect: 'NoSchedule' }]);
  await driver.settle();
  expect(leaving()).toEqual([]);
});

describe('a toleration', () => {
  const taint: Taint = { key: 'k', value: 'v', effect: 'NoExecute' };
  it.each<[Toleration, boolean]>([
    [{ key: 'k', operator: 'Exists' }, true],
    [{ key: 'k', operator: 'Equal', value: 'v' }, true],
    [{ key: 'k', value: 'v', effect: 'NoExecute' }, true],
    [{ operator: 'Exists' }, true],
    [{ key: 'k', value: 'other' }, false],
    [{ key: 'k', operator: 'Exists', effect: 'NoSchedule' }, false],
    [{ key: 'other', operator: 'Exists' }, false],
    [{}, false],
    [{ key: 'k', operator: 'Nonsense', value: 'v' }, false],
  ])('%j: %s', (toleration, expected) => {
    expect(tolerates([toleration], taint)).toBe(expected);
  });
});

it('evicts exactly those who do not tolerate every taint, and never before the time', () => {
  const key = fc.constantFrom('a', 'b');
  const tolerationsOf = fc.array(
    fc.record({
      key,
      operator: fc.constant('Exists'),
      tolerationSeconds: fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined }),
    }),
  );
  fc.assert(
    fc.property(fc.uniqueArray(key), tolerationsOf, fc.integer({ min: 0, max: 90 }), (keys, tolerations, age) => {
      const taints = keys.map((one) => ({ key: one, effect: 'NoExecute', timeAdded: '2026-01-01T00:00:00Z' }));
      const on = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n' }, spec: { taints } };
      const spec = {
        tolerations: tolerations.map(({ tolerationSeconds, ...rest }) =>
          tolerationSeconds === undefined ? rest : { ...rest, tolerationSeconds },
        ),
      };
      const one = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'p' }, spec } as unknown as Pod;
      const { evict, nextLook } = plan(on, [one], Date.UTC(2026, 0, 1) + age * 1000, () => 0);
      const mine = tolerations.filter((toleration) => keys.includes(toleration.key));
      const refused = keys.some((taintKey) => mine.every((toleration) => toleration.key !== taintKey));
      const shortest = Math.min(...mine.map(({ tolerationSeconds = Number.POSITIVE_INFINITY }) => tolerationSeconds));
      expect(evict.length === 1).toBe(refused || shortest <= age);
      if (evict.length === 0 && Number.isFinite(shortest)) expect(nextLook).toBe((shortest - age) * 1000);
    }),
  );
});
