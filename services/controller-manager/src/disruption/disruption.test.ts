import { StatusError } from '@kubus/shared/errors';
import type { KubeObject, OwnerReference } from '@kubus/shared/object';
import { builtinKinds, Registry } from '@kubus/shared/registry';
import type { ControllerDriver } from '@kubus/testkit';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { RegistryKinds } from '../common/served-kinds.ts';
import { deployments, newPod, pods, replicaSets, World } from '../common/testing/world.ts';
import type { Pod, PodDisruptionBudget } from '../common/types.ts';
import { createDisruptionController, createStaleDisruptionController } from './index.ts';
import { plan } from './plan.ts';

const budgets = { group: 'policy', version: 'v1', resource: 'poddisruptionbudgets' };
const kinds = new RegistryKinds(new Registry(builtinKinds));

let world: World;
let driver: ControllerDriver;

beforeEach(() => {
  world = new World();
  driver = world.run(createDisruptionController(world.context, { kinds }));
});

const newBudget = (spec: PodDisruptionBudget['spec'], status?: PodDisruptionBudget['status']): PodDisruptionBudget => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: 'web', namespace: 'shop', generation: 3 },
  spec: { selector: { matchLabels: { app: 'web' } }, ...spec },
  ...(status === undefined ? {} : { status }),
});
const create = (spec: PodDisruptionBudget['spec'], status?: PodDisruptionBudget['status']) =>
  world.cluster.seed(budgets, newBudget(spec, status));
const status = () => world.cluster.get<PodDisruptionBudget>(budgets).get('shop', 'web')?.status;

const ownedBy = (kind: string, name: string, apiVersion = 'apps/v1'): OwnerReference[] => [
  { apiVersion, kind, name, uid: `uid-of-${name}`, controller: true },
];

function addPods(count: number, ownerReferences?: OwnerReference[], ready = count): void {
  for (let i = 0; i < count; i++) {
    const name = `${ownerReferences?.[0]?.name ?? 'bare'}-${i}`;
    const metadata = ownerReferences === undefined ? {} : { ownerReferences };
    const conditions = [{ type: 'Ready', status: i < ready ? 'True' : 'False' }];
    world.cluster.seed(pods, newPod(name, { metadata, status: { phase: 'Running', conditions } }));
  }
}

function addReplicaSet(name: string, replicas: number, owner?: OwnerReference[]): void {
  const metadata = { name, namespace: 'shop', uid: `uid-of-${name}`, ...(owner && { ownerReferences: owner }) };
  world.cluster.seed(replicaSets, {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata,
    spec: { replicas },
  } as KubeObject);
}

describe('a budget', () => {
  it('with a number of pods that are to be there allows what is above', async () => {
    create({ minAvailable: 2 });
    addPods(4, undefined, 3);
    await driver.settle();
    expect(status()).toEqual({
      observedGeneration: 3,
      disruptionsAllowed: 1,
      currentHealthy: 3,
      desiredHealthy: 2,
      expectedPods: 4,
      conditions: [
        {
          type: 'DisruptionAllowed',
          status: 'True',
          reason: 'SufficientPods',
          message: '',
          observedGeneration: 3,
          lastTransitionTime: '2026-01-01T00:00:00Z',
        },
      ],
    });
  });

  it('follows its pods', async () => {
    create({ minAvailable: 2 });
    addPods(3);
    await driver.settle();
    world.setReady(world.pod('bare-0'), false);
    await driver.settle();
    expect(status()).toMatchObject({
      disruptionsAllowed: 0,
      conditions: [{ status: 'False', reason: 'InsufficientPods' }],
    });
    world.cluster.remove(pods, 'shop', 'bare-0');
    await driver.settle();
    expect(status()).toMatchObject({ expectedPods: 2, currentHealthy: 2 });
  });

  it('counts by what the owners ask for, a Deployment once for all its ReplicaSets', async () => {
    const deployment = { name: 'web', namespace: 'shop', uid: 'uid-of-web' };
    world.cluster.seed(deployments, {
      ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: deployment, spec: { replicas: 8 } },
    } as KubeObject);
    addReplicaSet('old', 3, ownedBy('Deployment', 'web'));
    addReplicaSet('new', 5, ownedBy('Deployment', 'web'));
    addReplicaSet('alone', 2);
    for (const [name, count] of [
      ['old', 3],
      ['new', 5],
      ['alone', 2],
    ] as const)
      addPods(count, ownedBy('ReplicaSet', name));
    create({ maxUnavailable: '25%' });
    await driver.settle();
    expect(status()).toMatchObject({ expectedPods: 10, desiredHealthy: 7, currentHealthy: 10, disruptionsAllowed: 3 });
  });

  it('does not take a Deployment for the one of the same name that was before', async () => {
    const deployment = { name: 'web', namespace: 'shop', uid: 'uid-of-the-next' };
    world.cluster.seed(deployments, {
      ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: deployment, spec: { replicas: 8 } },
    } as KubeObject);
    addReplicaSet('old', 3, ownedBy('Deployment', 'web'));
    addPods(3, ownedBy('ReplicaSet', 'old'));
    create({ minAvailable: '50%' });
    await driver.settle();
    expect(status()).toMatchObject({
      disruptionsAllowed: 0,
      conditions: [{ reason: 'SyncFailed', message: 'found no controllers for pod "old-0"' }],
    });
  });

  it('asks any other owner by its scale', async () => {
    world.cluster.intercept(({ subresource, name }) =>
      subresource === 'scale' ? new StatusError('NotFound', `no scale of ${name}`) : undefined,
    );
    create({ minAvailable: '50%' });
    addPods(1, ownedBy('DaemonSet', 'logs'));
    world.cluster.seed({ group: 'apps', version: 'v1', resource: 'daemonsets' } as never, {
      apiVersion: 'apps/v1',
      kind: 'DaemonSet',
      metadata: { name: 'logs', namespace: 'shop' },
    });
    await driver.settle();
    const message = 'daemonsets.apps does not implement the scale subresource';
    expect(status()).toMatchObject({
      disruptionsAllowed: 0,
      conditions: [{ type: 'DisruptionAllowed', status: 'False', reason: 'SyncFailed', message }],
    });
    expect(world.events).toContain(
      `Warning CalculateExpectedPodCountFailed web: Failed to calculate the number of expected pods: ${message}`,
    );
    expect(driver.nextIn).toBe(30_000);
  });

  it('says of pods that nobody manages that they do not count', async () => {
    create({ maxUnavailable: 1 });
    addPods(1);
    await driver.settle();
    expect(status()).toMatchObject({ expectedPods: 0, disruptionsAllowed: 0 });
    expect(world.events.join()).toContain('Warning UnmanagedPods web: Pods selected by this PodDisruptionBudget');
  });

  it('without pods allows nothing, and says so', async () => {
    create({ minAvailable: 0 });
    await driver.settle();
    expect(status()).toMatchObject({ expectedPods: 0, disruptionsAllowed: 0 });
    expect(world.events).toContain('Normal NoPods web: No matching pods found');
  });

  it('remembers granted evictions for two minutes, or until the pod is being deleted', async () => {
    create(
      { minAvailable: 1 },
      {
        disruptedPods: {
          'bare-0': '2026-01-01T00:00:00Z',
          'bare-1': '2026-01-01T00:00:00Z',
          'bare-9': '2026-01-01T00:00:00Z',
        },
      },
    );
    addPods(3);
    await driver.settle();
    expect(status()).toMatchObject({ currentHealthy: 1, disruptionsAllowed: 0 });
    expect(Object.keys(status()?.disruptedPods ?? {})).toEqual(['bare-0', 'bare-1']);
    const { metadata, ...rest } = world.pod('bare-1');
    world.cluster.seed(pods, { ...rest, metadata: { ...metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } } as Pod);
    await driver.settle();
    expect(Object.keys(status()?.disruptedPods ?? {})).toEqual(['bare-0']);
    await driver.advance(120_001);
    expect(status()).toMatchObject({ currentHealthy: 2, disruptionsAllowed: 1 });
    expect(status()).not.toHaveProperty('disruptedPods');
    expect(world.events).toContain(
      "Warning NotDeleted bare-0: Pod was expected by PDB shop/web to be deleted but it wasn't",
    );
  });

  it('comes to rest, and counts anew when somebody was faster', async () => {
    create({ minAvailable: 1 });
    addPods(2);
    const undo = world.cluster.intercept(({ subresource }) =>
      subresource === 'status' ? new StatusError('Conflict', 'modified') : undefined,
    );
    await driver.settle();
    expect(driver.failures).toEqual([]);
    undo();
    await driver.advance(100);
    expect(status()).toMatchObject({ disruptionsAllowed: 1 });
    const before = world.cluster.requests.length;
    driver.resync();
    await driver.settle();
    expect(world.cluster.requests).toHaveLength(before);
  });
});

it('never allows so much that fewer stay healthy than are to', () => {
  const condition = (ready: boolean) => [{ type: 'Ready', status: ready ? 'True' : 'False' }];
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 9 }), fc.nat(9), fc.nat(9), (ready, limit, replicas) => {
      const ownerReferences = ownedBy('ReplicaSet', 'rs');
      const selected = ready.map((one, i) =>
        newPod(`p-${i}`, { metadata: { ownerReferences }, status: { conditions: condition(one) } }),
      );
      const scales = new Map([['uid-of-rs', { uid: 'uid-of-rs', replicas }]]);
      for (const spec of [{ minAvailable: limit }, { maxUnavailable: limit }, { minAvailable: `${limit * 10}%` }]) {
        const { status } = plan({ budget: newBudget(spec), pods: selected, scales }, 0);
        const { disruptionsAllowed = 0, currentHealthy = 0, desiredHealthy = 0 } = status;
        expect(disruptionsAllowed === 0 || currentHealthy - disruptionsAllowed >= desiredHealthy).toBe(true);
      }
    }),
  );
});

it('the word that a pod is about to go is taken back when it stays', async () => {
  const stale = world.run(createStaleDisruptionController(world.context));
  const mark = (name: string, reason: string) =>
    world.cluster.seed(
      pods,
      newPod(name, {
        status: {
          phase: 'Running',
          conditions: [
            { type: 'DisruptionTarget', status: 'True', reason, lastTransitionTime: '2026-01-01T00:00:00Z' },
          ],
        },
      }),
    );
  mark('stays', 'EvictionByEvictionAPI');
  mark('ends', 'TerminationByKubelet');
  await stale.settle();
  await stale.advance(119_999);
  expect(world.pod('stays').status?.conditions).toMatchObject([{ status: 'True' }]);
  await stale.advance(1);
  expect(world.pod('stays').status?.conditions).toMatchObject([{ type: 'DisruptionTarget', status: 'False' }]);
  expect(world.pod('ends').status?.conditions).toMatchObject([{ status: 'True' }]);
});
