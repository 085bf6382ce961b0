import { StatusError } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import { beforeEach, describe, expect, it } from 'vitest';
import { claims, nodes, pods, revisions, statefulSets, templateOf, World } from '../common/testing/world.ts';
import type { PersistentVolumeClaim, Pod, StatefulSet } from '../common/types.ts';
import { createPodGcController } from '../pod-gc/index.ts';
import { createStatefulSetController } from './index.ts';

let world: World;
beforeEach(() => {
  world = new World();
});

const newSet = (spec: Partial<StatefulSet['spec']> = {}): StatefulSet => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'db', namespace: 'shop' },
  spec: {
    replicas: 3,
    serviceName: 'db',
    selector: { matchLabels: { app: 'web' } },
    podManagementPolicy: 'OrderedReady',
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
    revisionHistoryLimit: 10,
    template: templateOf('db:1'),
    ...spec,
  },
});
const create = (spec: Partial<StatefulSet['spec']> = {}) => world.cluster.seed(statefulSets, newSet(spec));
const set = () => world.cluster.get<StatefulSet>(statefulSets).get('shop', 'db');
const edit = (change: (set: StatefulSet) => void) => world.editObject<StatefulSet>(statefulSets, 'db', change);
const setImage = (image: string) => edit(({ spec }) => Object.assign(spec, { template: templateOf(image) }));
const scale = (replicas: number) => edit(({ spec }) => Object.assign(spec, { replicas }));
const names = () => world.pods().map(({ metadata }) => metadata.name);
const images = () => Object.fromEntries(world.activePods().map((p) => [p.metadata.name, p.spec.containers[0]?.image]));
const leaving = () =>
  world
    .pods()
    .filter(({ metadata }) => metadata.deletionTimestamp !== undefined)
    .map(({ metadata }) => metadata.name);
const removed = (name: string) => world.cluster.request({ ...pods, verb: 'delete', namespace: 'shop', name });

describe('a StatefulSet', () => {
  it('gives each pod its ordinal as name, hostname and labels, under the domain of its service', async () => {
    create({ replicas: 1, ordinals: { start: 4 } });
    world.start('statefulset');
    await world.converge();
    const [revision] = world.revisions();
    expect(world.pods()).toMatchObject([
      {
        metadata: {
          name: 'db-4',
          generateName: 'db-',
          labels: {
            app: 'web',
            'statefulset.kubernetes.io/pod-name': 'db-4',
            'apps.kubernetes.io/pod-index': '4',
            'controller-revision-hash': revision?.metadata.name,
          },
          ownerReferences: [{ kind: 'StatefulSet', name: 'db', controller: true }],
        },
        spec: { hostname: 'db-4', subdomain: 'db' },
      },
    ]);
    expect(world.events).toContain('Normal SuccessfulCreate db: create Pod db-4 in StatefulSet db successful');
  });

  it('makes its pods in order, each when the one before is ready', async () => {
    create();
    world.start('statefulset');
    await world.settle();
    expect(names()).toEqual(['db-0']);
    world.setReady(world.pod('db-0'));
    await world.settle();
    expect(names()).toEqual(['db-0', 'db-1']);
    world.setReady(world.pod('db-0'), false);
    world.setReady(world.pod('db-1'));
    await world.settle();
    expect(names()).toEqual(['db-0', 'db-1']);
    await world.converge();
    expect(names()).toEqual(['db-0', 'db-1', 'db-2']);
  });

  it('waits for minReadySeconds between them, and looks again by itself', async () => {
    create({ replicas: 2, minReadySeconds: 30 });
    const driver = world.start('statefulset');
    await world.settle();
    world.setReady(world.pod('db-0'));
    await world.settle();
    expect(names()).toEqual(['db-0']);
    expect(set()?.status).toMatchObject({ readyReplicas: 1, availableReplicas: 0 });
    await driver.advance(30_000);
    expect(names()).toEqual(['db-0', 'db-1']);
    expect(set()?.status).toMatchObject({ availableReplicas: 1 });
  });

  it('makes and deletes all at once when they are parallel', async () => {
    create({ podManagementPolicy: 'Parallel' });
    world.start('statefulset');
    await world.settle();
    expect(names()).toEqual(['db-0', 'db-1', 'db-2']);
    await scale(0);
    await world.settle();
    expect(leaving()).toEqual(['db-0', 'db-1', 'db-2']);
  });

  it('shrinks from the top, one at a time, and not while another pod is unwell', async () => {
    create();
    world.start('statefulset');
    await world.converge();
    world.setReady(world.pod('db-0'), false);
    await scale(1);
    await world.settle();
    expect(leaving()).toEqual([]);
    world.setReady(world.pod('db-0'));
    await world.settle();
    expect(leaving()).toEqual(['db-2']);
    world.terminate();
    await world.settle();
    expect(leaving()).toEqual(['db-1']);
  });

  it('deletes the lowest unwell pod that is too many, whatever the others do', async () => {
    create({ replicas: 2 });
    world.start('statefulset');
    await world.converge();
    world.setReady(world.pod('db-1'), false);
    await scale(1);
    await world.settle();
    expect(leaving()).toEqual(['db-1']);
  });

  it('moves to other ordinals when their start changes', async () => {
    create({ replicas: 2 });
    world.start('statefulset');
    await world.converge();
    await edit(({ spec }) => Object.assign(spec, { ordinals: { start: 1 } }));
    await world.converge();
    expect(names()).toEqual(['db-1', 'db-2']);
  });

  it('replaces a pod that failed or succeeded by one of the same name, after it is gone', async () => {
    create({ replicas: 2 });
    world.start('statefulset');
    await world.converge();
    for (const phase of ['Failed', 'Succeeded']) {
      const before = world.pod('db-0').metadata.uid;
      world.setPhase(world.pod('db-0'), phase);
      await world.settle();
      expect(leaving()).toEqual(['db-0']);
      expect(world.pod('db-0').metadata.uid).toBe(before);
      await world.converge();
      expect(world.pod('db-0').metadata.uid).not.toBe(before);
    }
  });

  it('never makes a second pod while the first may run, however long its node is silent', async () => {
    create({ replicas: 1 });
    const driver = world.start('statefulset');
    await world.converge();
    const before = world.pod('db-0').metadata.uid;
    await removed('db-0');
    await driver.advance(86_400_000);
    driver.resync();
    await world.settle();
    expect(world.pods().map(({ metadata }) => metadata.uid)).toEqual([before]);
    expect(world.cluster.requests.filter(({ body }) => JSON.stringify(body ?? '').includes('gracePeriod'))).toEqual([]);
  });

  it('makes the pod of a silent node anew only when somebody vouches that the node is out of service', async () => {
    create({ replicas: 1 });
    const sets = world.start('statefulset');
    const gc = world.run(createPodGcController(world.context, { terminatedThreshold: 0 }));
    const condition = { type: 'Ready', status: 'Unknown' };
    const node = { apiVersion: 'v1', kind: 'Node', metadata: { name: 'silent' }, status: { conditions: [condition] } };
    world.cluster.seed(nodes, node as KubeObject);
    await world.converge();
    const { template } = newSet().spec;
    const first = world.pod('db-0');
    const { finalizers: _, ...metadata } = first.metadata;
    world.put({
      ...first,
      metadata: { ...metadata, deletionTimestamp: '2026-01-01T00:00:00Z' },
      spec: { ...first.spec, nodeName: 'silent' },
    });
    await gc.advance(3_600_000);
    await sets.settle();
    expect(world.pod('db-0').metadata.uid).toBe(first.metadata.uid);
    const taints = [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }];
    world.cluster.seed(nodes, { ...node, spec: { taints } } as KubeObject);
    await gc.advance(20_000);
    await sets.settle();
    expect(world.pod('db-0').metadata.uid).not.toBe(first.metadata.uid);
    expect(world.pod('db-0').spec.containers).toEqual(template.spec?.containers);
  });

  it('comes to rest: nothing is written when nothing has changed', async () => {
    create({ volumeClaimTemplates: [claimTemplate] });
    const driver = world.start('statefulset');
    await world.converge();
    const before = world.cluster.requests.length;
    driver.resync();
    await world.settle();
    expect(world.cluster.requests).toHaveLength(before);
  });

  it('adopts a pod with the name of one of its ordinals and gives it its labels; others it lets go', async () => {
    create({ replicas: 1 });
    const stray = { apiVersion: 'v1', kind: 'Pod', spec: { containers: [] }, status: { phase: 'Running' } };
    const metadata = { namespace: 'shop', labels: { app: 'web' } };
    world.cluster.seed(pods, { ...stray, metadata: { ...metadata, name: 'db-0' } } as Pod);
    world.cluster.seed(pods, { ...stray, metadata: { ...metadata, name: 'db-00' } } as Pod);
    world.start('statefulset');
    await world.settle();
    world.setReady(world.pod('db-0'));
    await world.settle();
    expect(world.pod('db-0').metadata).toMatchObject({
      labels: { 'statefulset.kubernetes.io/pod-name': 'db-0' },
      ownerReferences: [{ name: 'db' }],
    });
    expect(world.pod('db-00').metadata.ownerReferences).toBeUndefined();
    const { labels: _, ...unlabeled } = world.pod('db-0').metadata;
    world.put({ ...world.pod('db-0'), metadata: unlabeled });
    await world.settle();
    expect(world.pod('db-0').metadata.ownerReferences).toEqual([]);
  });

  it('tells of refusals, and tries again', async () => {
    create({ replicas: 1 });
    const undo = world.cluster.intercept(({ verb, resource }) =>
      verb === 'create' && resource === 'pods' ? new StatusError('Forbidden', 'exceeded quota: small') : undefined,
    );
    const driver = world.start('statefulset');
    await world.settle();
    expect([...new Set(world.events)]).toEqual([
      'Warning FailedCreate db: create Pod db-0 in StatefulSet db failed error: exceeded quota: small',
    ]);
    expect(set()?.status).toMatchObject({ replicas: 0, observedGeneration: 1 });
    undo();
    await driver.advance(1000);
    expect(names()).toEqual(['db-0']);
  });

  it('does nothing more once it is being deleted', async () => {
    const { metadata, ...rest } = newSet();
    const deleting = { ...metadata, deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['orphan'] };
    world.cluster.seed(statefulSets, { ...rest, metadata: deleting });
    world.start('statefulset');
    await world.settle();
    expect(world.cluster.writes()).toEqual([]);
  });
});

describe('a rolling update', () => {
  it('goes from the highest ordinal down, one pod at a time, and ends with one revision', async () => {
    create();
    world.start('statefulset');
    await world.converge();
    expect(set()?.status).toMatchObject({ currentReplicas: 3, updatedReplicas: 3 });
    await setImage('db:2');
    const order: string[] = [];
    for (let i = 0; i < 3; i++) {
      await world.settle();
      expect(leaving()).toHaveLength(1);
      order.push(...leaving());
      world.terminate();
      await world.settle();
      expect(leaving()).toEqual([]);
      for (const pod of world.pods()) world.setReady(pod);
    }
    await world.settle();
    expect(order).toEqual(['db-2', 'db-1', 'db-0']);
    const [one, two] = world.revisions();
    expect([one?.revision, two?.revision]).toEqual([1, 2]);
    expect(set()?.status).toEqual({
      observedGeneration: 2,
      replicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      currentReplicas: 3,
      updatedReplicas: 3,
      currentRevision: two?.metadata.name,
      updateRevision: two?.metadata.name,
      collisionCount: 0,
    });
  });

  it('takes one pod at a time also where pods are made in parallel', async () => {
    create({ podManagementPolicy: 'Parallel' });
    world.start('statefulset');
    await world.converge();
    await setImage('db:2');
    await world.settle();
    expect(leaving()).toEqual(['db-2']);
    world.terminate();
    await world.settle();
    expect(leaving()).toEqual([]);
    world.setReady(world.pod('db-2'));
    await world.settle();
    expect(leaving()).toEqual(['db-1']);
  });

  it('stops at a pod that does not get ready', async () => {
    create();
    world.start('statefulset');
    await world.converge();
    await setImage('db:2');
    await world.settle();
    world.terminate();
    await world.settle();
    expect(images()).toEqual({ 'db-0': 'db:1', 'db-1': 'db:1', 'db-2': 'db:2' });
    await world.settle();
    expect(leaving()).toEqual([]);
    expect(set()?.status).toMatchObject({ currentReplicas: 2 });
  });

  it('leaves the ordinals below the partition on the old revision, also when their pods are made anew', async () => {
    create();
    world.start('statefulset');
    await world.converge();
    await edit(({ spec }) =>
      Object.assign(spec, {
        template: templateOf('db:2'),
        updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 2 } },
      }),
    );
    await world.converge();
    expect(images()).toEqual({ 'db-0': 'db:1', 'db-1': 'db:1', 'db-2': 'db:2' });
    await removed('db-0');
    await removed('db-2');
    await world.converge();
    expect(images()).toEqual({ 'db-0': 'db:1', 'db-1': 'db:1', 'db-2': 'db:2' });
    const [one, two] = world.revisions();
    expect(set()?.status).toMatchObject({
      currentRevision: one?.metadata.name,
      updateRevision: two?.metadata.name,
      currentReplicas: 2,
      updatedReplicas: 1,
    });
  });

  it('waits for hands with OnDelete', async () => {
    create({ updateStrategy: { type: 'OnDelete' } });
    world.start('statefulset');
    await world.converge();
    await setImage('db:2');
    await world.converge();
    expect(Object.values(images())).toEqual(['db:1', 'db:1', 'db:1']);
    await removed('db-1');
    await world.converge();
    expect(images()).toEqual({ 'db-0': 'db:1', 'db-1': 'db:2', 'db-2': 'db:1' });
  });

  it('takes maxUnavailable pods at once only when that is switched on', async () => {
    const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: 0, maxUnavailable: '50%' } };
    for (const [maxUnavailable, expected] of [
      [false, ['db-3']],
      [true, ['db-2', 'db-3']],
    ] as const) {
      world = new World();
      create({ replicas: 4, updateStrategy });
      world.run(createStatefulSetController(world.context, { maxUnavailable }));
      await world.converge();
      await setImage('db:2');
      await world.settle();
      expect(leaving()).toEqual(expected);
    }
  });

  it('back to an old template takes its revision again, with a new number', async () => {
    create({ replicas: 1 });
    world.start('statefulset');
    await world.converge();
    const [first] = world.revisions();
    await setImage('db:2');
    await world.converge();
    await setImage('db:1');
    await world.converge();
    expect(world.revisions().map(({ revision }) => revision)).toEqual([2, 3]);
    expect(world.revisions()[1]?.metadata.uid).toBe(first?.metadata.uid);
    expect(set()?.status?.currentRevision).toBe(first?.metadata.name);
  });

  it('keeps as much history as asked for, and what pods still are of', async () => {
    create({ replicas: 1, revisionHistoryLimit: 1 });
    world.start('statefulset');
    await world.converge();
    for (const image of ['db:2', 'db:3', 'db:4']) {
      await setImage(image);
      await world.converge();
    }
    expect(world.revisions().map(({ revision }) => revision)).toEqual([3, 4]);
  });

  it('counts a collision when the name of its revision is taken, and takes another', async () => {
    create({ replicas: 1 });
    world.start('statefulset');
    await world.settle();
    const [mine] = world.revisions();
    world = new World();
    world.cluster.seed(revisions, {
      apiVersion: 'apps/v1',
      kind: 'ControllerRevision',
      metadata: { name: mine?.metadata.name ?? '', namespace: 'shop', labels: {} },
      data: { spec: { template: templateOf('other') } },
      revision: 1,
    });
    create({ replicas: 1 });
    const driver = world.start('statefulset');
    await world.settle();
    await driver.advance(100);
    expect(set()?.status).toMatchObject({ collisionCount: 1 });
    expect(names()).toEqual(['db-0']);
  });
});

const claimTemplate: PersistentVolumeClaim = {
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'data' },
  spec: { accessModes: ['ReadWriteOnce'] },
};

describe('claims', () => {
  const claim = (ordinal: number) => world.cluster.get(claims).get('shop', `data-db-${ordinal}`);
  const owners = (ordinal: number) =>
    claim(ordinal)?.metadata.ownerReferences?.map((owner) => `${owner.kind} ${owner.name}`);

  it('are made before their pods, one for each ordinal, and stay when the set shrinks', async () => {
    create({ replicas: 2, volumeClaimTemplates: [claimTemplate] });
    world.start('statefulset');
    await world.converge();
    expect(world.cluster.writes().filter((write) => write.startsWith('create'))).toEqual([
      expect.stringContaining('create controllerrevisions'),
      'create persistentvolumeclaims shop/data-db-0',
      'create pods shop/db-0',
      'create persistentvolumeclaims shop/data-db-1',
      'create pods shop/db-1',
    ]);
    expect(claim(0)).toMatchObject({ metadata: { labels: { app: 'web' } }, spec: { accessModes: ['ReadWriteOnce'] } });
    expect(world.pod('db-1').spec.volumes).toEqual([
      { name: 'data', persistentVolumeClaim: { claimName: 'data-db-1' } },
    ]);
    await scale(1);
    await world.converge();
    expect(claim(1)).toBeDefined();
    expect(owners(1)).toBeUndefined();
  });

  it('are made anew for a pod that waits for them, and for no pod that runs', async () => {
    create({ replicas: 1, volumeClaimTemplates: [claimTemplate] });
    world.start('statefulset');
    await world.settle();
    world.cluster.remove(claims, 'shop', 'data-db-0');
    await world.settle();
    expect(claim(0)).toBeUndefined();
    world.setPhase(world.pod('db-0'), 'Pending');
    await world.settle();
    expect(claim(0)).toBeDefined();
    world.setPhase(world.pod('db-0'), 'Running');
    await world.settle();
    world.cluster.remove(claims, 'shop', 'data-db-0');
    await edit(({ metadata }) => Object.assign(metadata, { annotations: { touched: 'yes' } }));
    await world.settle();
    expect(claim(0)).toBeUndefined();
  });

  it('that are refused keep their pod from being made', async () => {
    create({ volumeClaimTemplates: [claimTemplate] });
    world.cluster.intercept(({ resource, verb }) =>
      verb === 'create' && resource === claims.resource ? new StatusError('Forbidden', 'no storage') : undefined,
    );
    world.start('statefulset');
    await world.settle();
    expect(names()).toEqual([]);
    expect([...new Set(world.events)]).toEqual([
      'Warning FailedCreate db: create Claim data-db-0 Pod db-0 in StatefulSet db failed error: no storage',
    ]);
  });

  it('belong to the set when they are to go with it, and to a pod that is above the size', async () => {
    const policy = { whenDeleted: 'Delete', whenScaled: 'Delete' };
    create({
      replicas: 2,
      volumeClaimTemplates: [claimTemplate],
      persistentVolumeClaimRetentionPolicy: policy,
    });
    world.start('statefulset');
    await world.converge();
    expect([owners(0), owners(1)]).toEqual([['StatefulSet db'], ['StatefulSet db']]);
    await scale(1);
    await world.settle();
    expect([owners(0), owners(1)]).toEqual([['StatefulSet db'], ['Pod db-1']]);
    expect(leaving()).toEqual(['db-1']);
    await edit(({ spec }) => Object.assign(spec, { persistentVolumeClaimRetentionPolicy: undefined }));
    await world.settle();
    expect(owners(0)).toEqual([]);
  });

  it('of a former pod hold up the next one of the name until they are gone', async () => {
    create({
      replicas: 1,
      volumeClaimTemplates: [claimTemplate],
      persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete' },
    });
    const ownerReferences = [{ apiVersion: 'v1', kind: 'Pod', name: 'db-0', uid: 'former', controller: true }];
    world.cluster.seed(claims, {
      ...claimTemplate,
      metadata: { name: 'data-db-0', namespace: 'shop', ownerReferences },
    });
    world.start('statefulset');
    await world.settle();
    expect(names()).toEqual([]);
    world.cluster.remove(claims, 'shop', 'data-db-0');
    await world.settle();
    expect(names()).toEqual(['db-0']);
    expect(owners(0)).toBeUndefined();
  });
});
