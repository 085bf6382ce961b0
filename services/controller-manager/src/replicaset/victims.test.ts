import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newPod } from '../common/testing/world.ts';
import type { Pod } from '../common/types.ts';
import { chooseVictims } from './victims.ts';

const now = Date.UTC(2026, 0, 1);
const ago = (seconds: number) => new Date(now - seconds * 1000).toISOString();
const ready = (seconds: number) => [{ type: 'Ready', status: 'True', lastTransitionTime: ago(seconds) }];

interface Traits {
  node?: string;
  phase?: string;
  readyFor?: number;
  cost?: string;
  age?: number;
  restarts?: number;
  uid?: string;
}

/** A pod that has been running and ready on its own node for an hour, but for `traits`. */
function pod(name: string, traits: Traits = {}): Pod {
  const { node = `node-of-${name}`, phase = 'Running', readyFor = 3600, age = 7200, restarts = 0 } = traits;
  const base = newPod(name, {
    ...(node === '' ? {} : { nodeName: node }),
    metadata: {
      uid: traits.uid ?? name,
      creationTimestamp: ago(age),
      ...(traits.cost === undefined
        ? {}
        : { annotations: { 'controller.kubernetes.io/pod-deletion-cost': traits.cost } }),
    },
    status: {
      phase,
      conditions: readyFor < 0 ? [] : ready(readyFor),
      containerStatuses: [{ name: 'web', restartCount: restarts, ready: true, image: 'web', imageID: '' }],
    },
  });
  return base;
}

const first = (...pods: Pod[]) => chooseVictims(pods, pods, 1, now).map(({ metadata }) => metadata.name);

describe('the first pod to be deleted', () => {
  it.each<[string, Traits, Traits]>([
    ['is on no node yet', { node: '', phase: 'Pending', readyFor: -1 }, { phase: 'Pending', readyFor: -1 }],
    ['is pending rather than of unknown phase', { phase: 'Pending', readyFor: -1 }, { phase: 'Unknown', readyFor: -1 }],
    ['is of unknown phase rather than running', { phase: 'Unknown', readyFor: -1 }, { readyFor: -1 }],
    ['is not ready', { readyFor: -1, cost: '10' }, { cost: '-10' }],
    ['has the lower deletion cost', { cost: '-5', readyFor: 9000, age: 9000 }, { cost: '3', readyFor: 10, age: 10 }],
    ['costs less than nothing said', { cost: '-1' }, {}],
    ['is ready for a much shorter time', { readyFor: 60, restarts: 0 }, { readyFor: 6000, restarts: 9 }],
    ['has restarted more often', { restarts: 2 }, { restarts: 1 }],
    ['is much younger', { readyFor: -1, age: 60 }, { readyFor: -1, age: 6000 }],
  ])('%s', (_, victim, spared) => {
    expect(first(pod('spared', spared), pod('victim', victim))).toEqual(['victim']);
    expect(first(pod('victim', victim), pod('spared', spared))).toEqual(['victim']);
  });

  it('shares its node with more pods of the workload', () => {
    const pods = [
      pod('alone', { readyFor: 10 }),
      pod('one', { node: 'n', uid: 'b' }),
      pod('two', { node: 'n', uid: 'a' }),
    ];
    expect(first(...pods)).not.toEqual(['alone']);
  });

  it('counts pods of other ReplicaSets of the Deployment on the node, but none that is going', () => {
    const crowded = pod('crowded', { readyFor: 9000 });
    const free = pod('free', { readyFor: 10 });
    const sibling = pod('sibling', { node: 'node-of-crowded' });
    const leaving = { ...sibling, metadata: { ...sibling.metadata, deletionTimestamp: ago(1) } };
    const choose = (related: Pod[]) => chooseVictims([crowded, free], related, 1, now)[0]?.metadata.name;
    expect(choose([crowded, free, sibling])).toBe('crowded');
    expect(choose([crowded, free, leaving])).toBe('free');
  });

  it('is decided by uid among pods of about the same age, not by the last second', () => {
    expect(first(pod('older', { readyFor: 3500, uid: 'a' }), pod('younger', { readyFor: 3400, uid: 'b' }))).toEqual([
      'older',
    ]);
  });

  it.each(['1e3', '+5', ' 5', '05', '2147483648', ''])('takes a deletion cost of "%s" for none', (cost) => {
    expect(first(pod('none', { readyFor: 10 }), pod('odd', { cost, readyFor: 6000 }))).toEqual(['none']);
  });
});

describe('chooseVictims', () => {
  const traits = fc.record(
    {
      node: fc.constantFrom('', 'n1', 'n2'),
      phase: fc.constantFrom('Pending', 'Running', 'Unknown'),
      readyFor: fc.integer({ min: -1, max: 10_000 }),
      cost: fc.constantFrom('0', '5', '-5'),
      age: fc.integer({ min: 0, max: 10_000 }),
      restarts: fc.nat(3),
    },
    { requiredKeys: [] },
  );

  it('chooses the same whatever the order of the pods', () => {
    fc.assert(
      fc.property(fc.array(traits, { maxLength: 12 }), fc.nat(12), fc.infiniteStream(fc.nat()), (all, count, noise) => {
        const pods = all.map((one, index) => pod(`pod-${index}`, definedOnly(one)));
        const shuffled = pods
          .map((pod) => ({ pod, key: noise.next().value as number }))
          .sort((a, b) => a.key - b.key)
          .map(({ pod }) => pod);
        const names = (victims: Pod[]) => victims.map(({ metadata }) => metadata.name).sort();
        expect(names(chooseVictims(shuffled, pods, count, now))).toEqual(names(chooseVictims(pods, pods, count, now)));
      }),
    );
  });

  it('never takes a ready pod while one that is not ready is spared in the same phase', () => {
    fc.assert(
      fc.property(fc.array(traits, { minLength: 1, maxLength: 12 }), fc.nat(12), (all, count) => {
        const pods = all.map((one, index) => pod(`pod-${index}`, { ...definedOnly(one), node: 'n', phase: 'Running' }));
        const victims = new Set(chooseVictims(pods, pods, count, now));
        const isReady = (pod: Pod) => (pod.status?.conditions ?? []).length > 0;
        const tookReady = pods.some((pod) => victims.has(pod) && isReady(pod));
        const sparedUnready = pods.some((pod) => !victims.has(pod) && !isReady(pod));
        expect(tookReady && sparedUnready).toBe(false);
        expect(victims.size).toBe(Math.min(count, pods.length));
      }),
    );
  });
});

function definedOnly<T extends object>(record: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: Exclude<T[K], undefined>;
  };
}
