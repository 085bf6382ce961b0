import { StatusError } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import { beforeEach, describe, expect, it } from 'vitest';
import { nodes, pods, statefulSets } from '../common/testing/world.ts';
import type { Pod } from '../common/types.ts';
import { createPodGcController } from '../pod-gc/index.ts';
import { claimTemplate, newSet, SetWorld } from './testing/set-world.ts';

let world: SetWorld;
beforeEach(() => {
  world = new SetWorld();
});

describe('a StatefulSet', () => {
  it('gives each pod its ordinal as name, hostname and labels, under the domain of its service', async () => {
    world.create({ replicas: 1, ordinals: { start: 4 } });
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
    world.create();
    world.start('statefulset');
    await world.settle();
    expect(world.names()).toEqual(['db-0']);
    world.setReady(world.pod('db-0'));
    await world.settle();
    expect(world.names()).toEqual(['db-0', 'db-1']);
    world.setReady(world.pod('db-0'), false);
    world.setReady(world.pod('db-1'));
    await world.settle();
    expect(world.names()).toEqual(['db-0', 'db-1']);
    await world.converge();
    expect(world.names()).toEqual(['db-0', 'db-1', 'db-2']);
  });

  it('waits for minReadySeconds between them, and looks again by itself', async () => {
    world.create({ replicas: 2, minReadySeconds: 30 });
    const driver = world.start('statefulset');
    await world.settle();
    world.setReady(world.pod('db-0'));
    await world.settle();
    expect(world.names()).toEqual(['db-0']);
    expect(world.set()?.status).toMatchObject({ readyReplicas: 1, availableReplicas: 0 });
    await driver.advance(30_000);
    expect(world.names()).toEqual(['db-0', 'db-1']);
    expect(world.set()?.status).toMatchObject({ availableReplicas: 1 });
  });

  it('makes and deletes all at once when they are parallel', async () => {
    world.create({ podManagementPolicy: 'Parallel' });
    world.start('statefulset');
    await world.settle();
    expect(world.names()).toEqual(['db-0', 'db-1', 'db-2']);
    await world.scale(0);
    await world.settle();
    expect(world.leaving()).toEqual(['db-0', 'db-1', 'db-2']);
  });

  it('shrinks from the top, one at a time, and not while another pod is unwell', async () => {
    world.create();
    world.start('statefulset');
    await world.converge();
    world.setReady(world.pod('db-0'), false);
    await world.scale(1);
    await world.settle();
    expect(world.leaving()).toEqual([]);
    world.setReady(world.pod('db-0'));
    await world.settle();
    expect(world.leaving()).toEqual(['db-2']);
    world.terminate();
    await world.settle();
    expect(world.leaving()).toEqual(['db-1']);
  });

  it('deletes the lowest unwell pod that is too many, whatever the others do', async () => {
    world.create({ replicas: 2 });
    world.start('statefulset');
    await world.converge();
    world.setReady(world.pod('db-1'), false);
    await world.scale(1);
    await world.settle();
    expect(world.leaving()).toEqual(['db-1']);
  });

  it('moves to other ordinals when their start changes', async () => {
    world.create({ replicas: 2 });
    world.start('statefulset');
    await world.converge();
    await world.editSet(({ spec }) => Object.assign(spec, { ordinals: { start: 1 } }));
    await world.converge();
    expect(world.names()).toEqual(['db-1', 'db-2']);
  });

  it('replaces a pod that failed or succeeded by one of the same name, after it is gone', async () => {
    world.create({ replicas: 2 });
    world.start('statefulset');
    await world.converge();
    for (const phase of ['Failed', 'Succeeded']) {
      const before = world.pod('db-0').metadata.uid;
      world.setPhase(world.pod('db-0'), phase);
      await world.settle();
      expect(world.leaving()).toEqual(['db-0']);
      expect(world.pod('db-0').metadata.uid).toBe(before);
      await world.converge();
      expect(world.pod('db-0').metadata.uid).not.toBe(before);
    }
  });

  it('never makes a second pod while the first may run, however long its node is silent', async () => {
    world.create({ replicas: 1 });
    const driver = world.start('statefulset');
    await world.converge();
    const before = world.pod('db-0').metadata.uid;
    await world.remove('db-0');
    await driver.advance(86_400_000);
    driver.resync();
    await world.settle();
    expect(world.pods().map(({ metadata }) => metadata.uid)).toEqual([before]);
    expect(world.cluster.requests.filter(({ body }) => JSON.stringify(body ?? '').includes('gracePeriod'))).toEqual([]);
  });

  it('makes the pod of a silent node anew only when somebody vouches that the node is out of service', async () => {
    world.create({ replicas: 1 });
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
    world.create({ volumeClaimTemplates: [claimTemplate] });
    const driver = world.start('statefulset');
    await world.converge();
    const before = world.cluster.requests.length;
    driver.resync();
    await world.settle();
    expect(world.cluster.requests).toHaveLength(before);
  });

  it('adopts a pod with the name of one of its ordinals and gives it its labels; others it lets go', async () => {
    world.create({ replicas: 1 });
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
    world.create({ replicas: 1 });
    const undo = world.cluster.intercept(({ verb, resource }) =>
      verb === 'create' && resource === 'pods' ? new StatusError('Forbidden', 'exceeded quota: small') : undefined,
    );
    const driver = world.start('statefulset');
    await world.settle();
    expect([...new Set(world.events)]).toEqual([
      'Warning FailedCreate db: create Pod db-0 in StatefulSet db failed error: exceeded quota: small',
    ]);
    expect(world.set()?.status).toMatchObject({ replicas: 0, observedGeneration: 1 });
    undo();
    await driver.advance(1000);
    expect(world.names()).toEqual(['db-0']);
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
