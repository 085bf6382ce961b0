import fc from 'fast-check';
import { expect, it } from 'vitest';
import { controllerOf, newControllerRef } from '../common/owners.ts';
import { isPodActive } from '../common/pod-state.ts';
import { newPod, newReplicaSet } from '../common/testing/world.ts';
import type { Pod, ReplicaSet } from '../common/types.ts';
import { type Action, plan } from './plan.ts';

const now = Date.UTC(2026, 0, 1);
const time = new Date(now).toISOString();
const kind = { group: 'apps', version: 'v1', kind: 'ReplicaSet' };

const pods = fc.array(
  fc.record({
    owner: fc.constantFrom('own', 'own', 'other', undefined),
    app: fc.constantFrom('web', 'web', 'web', 'shop'),
    phase: fc.constantFrom('Pending', 'Running', 'Running', 'Failed', 'Succeeded'),
    going: fc.boolean(),
  }),
  { maxLength: 12 },
);
const worlds = fc.record({ replicas: fc.nat(8), going: fc.constantFrom(false, false, true), pods });
type World = typeof worlds extends fc.Arbitrary<infer W> ? W : never;

const ended = (going: boolean) => (going ? { deletionTimestamp: time } : {});
const refTo = (uid: string) => newControllerRef({ ...newReplicaSet(), metadata: { name: uid, uid } }, kind);

function build(world: World): { replicaSet: ReplicaSet; pods: Pod[] } {
  const base = newReplicaSet({ replicas: world.replicas });
  const replicaSet = { ...base, metadata: { ...base.metadata, uid: 'own', ...ended(world.going) } };
  const built = world.pods.map(({ owner, app, phase, going }, i) =>
    newPod(`pod-${i}`, {
      metadata: {
        labels: { app },
        ...ended(going),
        ...(owner === undefined ? {} : { ownerReferences: [refTo(owner)] }),
      },
      status: { phase },
    }),
  );
  return { replicaSet, pods: built };
}

const step = (replicaSet: ReplicaSet, all: readonly Pod[]) => {
  const isTaken = (name: string) => all.some(({ metadata }) => metadata.name === name);
  return plan({ replicaSet, pods: all, related: () => all, isTaken }, refTo('own'), now).actions;
};

/** The pods after the action; a pod that is deleted stays for its grace period. */
function after(all: readonly Pod[], { type, pods: named }: Action): Pod[] {
  if (type === 'create') return [...all, ...named];
  return all.map((pod) => {
    if (!named.includes(pod)) return pod;
    const { ownerReferences: _, ...metadata } = pod.metadata;
    if (type === 'release') return { ...pod, metadata };
    if (type === 'adopt') return { ...pod, metadata: { ...metadata, ownerReferences: [refTo('own')] } };
    return { ...pod, metadata: { ...pod.metadata, ...ended(true) } };
  });
}

const isOwn = (pod: Pod) => controllerOf(pod)?.uid === 'own';
const countOf = (all: readonly Pod[]) => all.filter((pod) => isOwn(pod) && isPodActive(pod)).length;

it('whatever is there, two steps lead to as many pods as are desired, and a third does nothing', () => {
  fc.assert(
    fc.property(worlds, (world) => {
      fc.pre(!world.going);
      const { replicaSet, pods: before } = build(world);
      let all: readonly Pod[] = before;
      for (let i = 0; i < 2; i++) all = step(replicaSet, all).reduce(after, all);
      expect(countOf(all)).toBe(world.replicas);
      expect(all.filter((pod) => isOwn(pod) && pod.metadata.labels?.app !== 'web')).toEqual([]);
      expect(new Set(all.map(({ metadata }) => metadata.name)).size).toBe(all.length);
      expect(step(replicaSet, all)).toEqual([]);
    }),
  );
});

it('never touches a pod of another controller, nor deletes one that is not selected or has ended, nor counts before it has claimed', () => {
  fc.assert(
    fc.property(worlds, (world) => {
      const { replicaSet, pods: all } = build(world);
      const actions = step(replicaSet, all);
      const types = actions.map(({ type }) => type);
      if (types.includes('adopt') || types.includes('release')) {
        expect(types).not.toContain('create');
        expect(types).not.toContain('delete');
      }
      if (world.going) expect(types).toEqual([]);
      for (const { type, pods: named } of actions)
        for (const pod of named) {
          expect(controllerOf(pod)?.uid).toBe(type === 'adopt' ? undefined : 'own');
          if (type !== 'release') expect(pod.metadata.labels?.app).toBe('web');
          if (type === 'adopt' || type === 'delete') expect(isPodActive(pod)).toBe(true);
        }
    }),
  );
});
