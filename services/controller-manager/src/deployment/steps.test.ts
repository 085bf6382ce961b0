import type { IntOrString } from '@kubus/shared/object';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newDeployment, newReplicaSet } from '../common/testing/world.ts';
import type { Deployment, ReplicaSet } from '../common/types.ts';
import { scaledSizes } from './proportional.ts';
import { newReplicaSetSize, rollingStep } from './rolling.ts';
import { availableOf, type Sizes, sizeOf, sum, totalSize } from './sizes.ts';
import { maxSurge, maxUnavailable } from './strategy.ts';

function replicaSet(
  name: string,
  replicas: number,
  available = 0,
  annotated?: [desired: number, max: number],
): ReplicaSet {
  const base = newReplicaSet({ replicas });
  const annotations =
    annotated === undefined
      ? {}
      : {
          'deployment.kubernetes.io/desired-replicas': String(annotated[0]),
          'deployment.kubernetes.io/max-replicas': String(annotated[1]),
        };
  const creationTimestamp = `2026-01-01T00:00:${name.slice(-2).padStart(2, '0')}Z`;
  return {
    ...base,
    metadata: { ...base.metadata, name, annotations, creationTimestamp },
    status: { replicas, availableReplicas: available },
  };
}

function deployment(replicas: number, surge: IntOrString, unavailable: IntOrString): Deployment {
  const rollingUpdate = { maxSurge: surge, maxUnavailable: unavailable };
  return newDeployment({ replicas, strategy: { type: 'RollingUpdate', rollingUpdate } });
}

const apply = (sizes: Sizes, replicaSets: readonly ReplicaSet[]): ReplicaSet[] =>
  replicaSets.map((rs) => ({ ...rs, spec: { ...rs.spec, replicas: sizes.get(rs.metadata.name) ?? sizeOf(rs) } }));

describe('limits of a rolling update', () => {
  it.each<[IntOrString, IntOrString, number, number, number]>([
    ['25%', '25%', 10, 3, 2],
    ['25%', '25%', 3, 1, 0],
    [0, 0, 5, 0, 1],
    ['0%', '10%', 5, 0, 1],
    [2, 20, 5, 2, 5],
    ['100%', '100%', 4, 4, 4],
    ['25%', '25%', 0, 0, 0],
  ])('surge %s and unavailable %s of %i pods', (surge, unavailable, replicas, wantSurge, wantUnavailable) => {
    const d = deployment(replicas, surge, unavailable);
    expect([maxSurge(d), maxUnavailable(d)]).toEqual([wantSurge, wantUnavailable]);
  });

  it('are 25% where nothing is said, and none for Recreate', () => {
    expect(maxSurge(newDeployment({ replicas: 4, strategy: { type: 'RollingUpdate' } }))).toBe(1);
    const recreate = newDeployment({ replicas: 4, strategy: { type: 'Recreate' } });
    expect([maxSurge(recreate), maxUnavailable(recreate)]).toEqual([0, 0]);
  });
});

describe('a step of a rolling update', () => {
  it('adds as many new pods as the surge allows', () => {
    expect([...rollingStep(deployment(10, 3, 2), replicaSet('new', 0), [replicaSet('old', 10, 10)])]).toEqual([
      ['new', 3],
    ]);
  });

  it('then takes old pods away, down to the minimum', () => {
    expect([...rollingStep(deployment(10, 3, 2), replicaSet('new', 3), [replicaSet('old', 10, 10)])]).toEqual([
      ['old', 8],
    ]);
  });

  it('takes nothing away for new pods that are not available', () => {
    expect([...rollingStep(deployment(10, 3, 2), replicaSet('new', 5, 0), [replicaSet('old', 8, 8)])]).toEqual([]);
  });

  it('waits, when it is undone, for the pods that the ReplicaSet was told to give up, unless it cannot', () => {
    // Five pods are counted as available, two of which are being deleted.
    const shrinking = { ...replicaSet('new', 3), status: { replicas: 5, availableReplicas: 5 } };
    const old = [replicaSet('old', 3, 2)];
    expect([...rollingStep(deployment(6, 2, 1), shrinking, old)]).toEqual([]);
    const shrunk = { ...shrinking, status: { replicas: 3, availableReplicas: 3 } };
    expect([...rollingStep(deployment(6, 2, 1), shrunk, old)]).toEqual([['new', 5]]);
    const failing = [{ type: 'ReplicaFailure', status: 'True', reason: 'FailedDelete' }];
    const stuck = { ...shrinking, status: { ...shrinking.status, conditions: failing } };
    expect([...rollingStep(deployment(6, 2, 1), stuck, old)]).toEqual([['new', 5]]);
  });

  it('takes old pods away first that are not available, of the oldest ReplicaSet first', () => {
    const old = [replicaSet('b-02', 4, 1), replicaSet('a-01', 4, 3)];
    expect([...rollingStep(deployment(8, 0, 4), replicaSet('new', 0), old)]).toEqual([
      ['a-01', 3],
      ['b-02', 1],
    ]);
  });

  it('shrinks a new ReplicaSet that has too many', () => {
    expect([...rollingStep(deployment(2, 1, 0), replicaSet('new', 5, 5), [])]).toEqual([['new', 2]]);
  });

  it('does not take pods for a reserve that an old status still counts', () => {
    const old = { ...replicaSet('old', 8), status: { replicas: 10, availableReplicas: 10 } };
    expect([...rollingStep(deployment(10, 3, 2), replicaSet('new', 5, 1), [old])]).toEqual([['old', 7]]);
  });

  const scenario = fc.record({
    replicas: fc.nat(20),
    surge: fc.oneof(fc.nat(5), fc.constantFrom('0%', '25%', '100%')),
    unavailable: fc.oneof(fc.nat(5), fc.constantFrom('0%', '25%', '100%')),
    newest: fc.tuple(fc.nat(20), fc.nat(20)),
    old: fc.array(fc.tuple(fc.nat(15), fc.nat(15)), { maxLength: 4 }),
  });

  it('never goes above desired and surge, nor takes what the minimum needs', () => {
    fc.assert(
      fc.property(scenario, ({ replicas, surge, unavailable, newest: [size, available], old }) => {
        const d = deployment(replicas, surge, unavailable);
        const newest = replicaSet('new', size, available);
        const before = [newest, ...old.map(([s, a], index) => replicaSet(`old-0${index}`, s, a))];
        const sizes = rollingStep(d, newest, before.slice(1));
        const after = apply(sizes, before);
        const grows = totalSize(after) > totalSize(before);
        if (grows) expect(totalSize(after)).toBeLessThanOrEqual(replicas + maxSurge(d));
        expect(after.every((rs) => sizeOf(rs) >= 0)).toBe(true);
        const least = Math.min(replicas - maxUnavailable(d), sum(before.map(availableOf)));
        const shrunkNew = sizeOf(newest) > replicas;
        if (!shrunkNew) expect(sum(after.map(availableOf))).toBeGreaterThanOrEqual(least);
      }),
      { numRuns: 1000 },
    );
  });

  it('always leads to all pods being new when those that exist become available', () => {
    fc.assert(
      fc.property(scenario, ({ replicas, surge, unavailable, newest: [size], old }) => {
        const d = deployment(replicas, surge, unavailable);
        let all = [replicaSet('new', size), ...old.map(([s], index) => replicaSet(`old-0${index}`, s, 0))];
        for (let steps = 0; ; steps++) {
          expect(steps).toBeLessThan(200);
          all = all.map((rs) => ({ ...rs, status: { replicas: sizeOf(rs), availableReplicas: sizeOf(rs) } }));
          const [newest, ...rest] = all as [ReplicaSet, ...ReplicaSet[]];
          const sizes = rollingStep(d, newest, rest);
          if (sizes.size === 0) break;
          all = apply(sizes, all);
        }
        expect(all.map(sizeOf)).toEqual([replicas, ...old.map(() => 0)]);
      }),
    );
  });
});

describe('the size of a ReplicaSet that does not exist yet', () => {
  it('is what the surge leaves, or all for Recreate', () => {
    expect(newReplicaSetSize(deployment(10, 3, 2), undefined, [replicaSet('old', 10)])).toBe(3);
    expect(newReplicaSetSize(deployment(10, 3, 2), undefined, [replicaSet('old', 13)])).toBe(0);
    expect(newReplicaSetSize(deployment(10, 3, 2), undefined, [])).toBe(10);
    expect(newReplicaSetSize(newDeployment({ replicas: 4, strategy: { type: 'Recreate' } }), undefined, [])).toBe(4);
  });
});

describe('scaling in the middle of a rollout', () => {
  it('gives every ReplicaSet its share, as in the example of the Kubernetes documentation', () => {
    const sizes = scaledSizes(deployment(15, 3, 2), replicaSet('new', 5, 0, [10, 13]), [
      replicaSet('old', 8, 8, [10, 13]),
    ]);
    expect([...sizes]).toEqual([
      ['old', 11],
      ['new', 7],
    ]);
  });

  it('gives all to the only one with pods, or to the newest when none has any', () => {
    expect([...scaledSizes(deployment(5, 1, 1), replicaSet('new', 0), [replicaSet('old', 3)])]).toEqual([['old', 5]]);
    expect([...scaledSizes(deployment(5, 1, 1), replicaSet('new', 0), [replicaSet('old', 0)])]).toEqual([['new', 5]]);
    expect([...scaledSizes(deployment(5, 1, 1), undefined, [replicaSet('a-01', 0), replicaSet('b-02', 0)])]).toEqual([
      ['b-02', 5],
    ]);
    expect([...scaledSizes(deployment(5, 1, 1), undefined, [])]).toEqual([]);
  });

  it('empties old ReplicaSets when the new one has all that is wanted', () => {
    const sizes = scaledSizes(deployment(5, 1, 1), replicaSet('new', 5, 5, [5, 6]), [replicaSet('old', 1, 1, [4, 5])]);
    expect([...sizes]).toEqual([['old', 0]]);
  });

  it('goes by the number of pods where sizes were never recorded', () => {
    const d = { ...deployment(20, 0, 1), status: { replicas: 10 } };
    const sizes = scaledSizes(d, replicaSet('new', 4), [replicaSet('old', 6)]);
    expect(new Map(sizes)).toEqual(
      new Map([
        ['old', 12],
        ['new', 8],
      ]),
    );
  });

  it('adds up to the desired number and surge, and no size is negative', () => {
    const scenario = fc.record({
      before: fc.integer({ min: 1, max: 30 }),
      after: fc.nat(30),
      surge: fc.nat(5),
      sizes: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 2, maxLength: 5 }),
    });
    fc.assert(
      fc.property(scenario, ({ before, after, surge, sizes }) => {
        const all = sizes.map((size, index) => replicaSet(`rs-0${index}`, size, 0, [before, before + surge]));
        const [newest, ...old] = all as [ReplicaSet, ...ReplicaSet[]];
        const scaled = apply(scaledSizes(deployment(after, surge, 1), newest, old), all);
        expect(scaled.every((rs) => sizeOf(rs) >= 0)).toBe(true);
        const wanted = after === 0 ? 0 : after + maxSurge(deployment(after, surge, 1));
        const clamped = scaled.some((rs) => sizeOf(rs) === 0);
        if (clamped) expect(totalSize(scaled)).toBeGreaterThanOrEqual(wanted);
        else expect(totalSize(scaled)).toBe(wanted);
      }),
      { numRuns: 500 },
    );
  });
});
