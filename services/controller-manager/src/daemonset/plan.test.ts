import fc from 'fast-check';
import { expect, it } from 'vitest';
import { newRevision, revisionHashLabel } from '../common/history/index.ts';
import { newControllerRef } from '../common/owners.ts';
import { isPodReady } from '../common/pod-state.ts';
import type { DaemonSet, Node, Pod } from '../common/types.ts';
import { FailedPodsBackoff } from './backoff.ts';
import { plan } from './plan.ts';

const kind = { group: 'apps', version: 'v1', kind: 'DaemonSet' };
const template = { metadata: { labels: { app: 'logs' } }, spec: { containers: [] } };

const set = (limits: { maxSurge: number; maxUnavailable: number }): DaemonSet => ({
  apiVersion: 'apps/v1',
  kind: 'DaemonSet',
  metadata: { name: 'logs', namespace: 'shop', uid: 'u' },
  spec: {
    selector: { matchLabels: { app: 'logs' } },
    template,
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: limits },
  },
});

/** What is on one node: old and new pods, each ready, not ready, or going. */
const present = fc.record({
  taint: fc.constantFrom(undefined, 'NoSchedule', 'NoExecute'),
  pods: fc.array(
    fc.record({
      fresh: fc.boolean(),
      ready: fc.boolean(),
      phase: fc.constantFrom('Running', 'Running', 'Failed'),
      going: fc.boolean(),
    }),
    { maxLength: 3 },
  ),
});

/** At most one pod of each template runs, and only one that is not going: the rest is cleaned up without regard to updates. */
function isOrderly(pods: readonly { fresh: boolean; phase: string; going: boolean }[]): boolean {
  return pods.filter(({ phase, going }) => phase === 'Running' && !going).length <= 1;
}

it('whatever is there, an update never takes more available pods than it may, and makes no second pod without surge', () => {
  const nodes = fc.array(present, { minLength: 1, maxLength: 6 });
  const limits = fc.constantFrom(
    { maxSurge: 0, maxUnavailable: 1 },
    { maxSurge: 0, maxUnavailable: 2 },
    { maxSurge: 2, maxUnavailable: 0 },
  );
  fc.assert(
    fc.property(nodes, limits, (world, strategy) => {
      fc.pre(world.every(({ pods }) => isOrderly(pods)));
      const owner = set(strategy);
      const ref = newControllerRef(owner, kind);
      const options = { template, revision: 1, collisionCount: 0, hashLabel: revisionHashLabel };
      const revision = newRevision(owner, ref, options);
      const hash = revision.metadata.labels?.[revisionHashLabel] ?? '';
      const pods = world.flatMap((node, at) =>
        node.pods.map(
          (pod, index): Pod => ({
            apiVersion: 'v1',
            kind: 'Pod',
            metadata: {
              name: `p-${at}-${index}`,
              labels: { app: 'logs', [revisionHashLabel]: pod.fresh ? hash : 'old' },
              ownerReferences: [ref],
              ...(pod.going ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
            },
            spec: { containers: [], nodeName: `n${at}` },
            status: {
              phase: pod.phase,
              conditions: [{ type: 'Ready', status: pod.ready && pod.phase === 'Running' ? 'True' : 'False' }],
            },
          }),
        ),
      );
      const observed = {
        set: owner,
        pods,
        revisions: [revision],
        nodes: world.map(
          ({ taint }, at): Node => ({
            apiVersion: 'v1',
            kind: 'Node',
            metadata: { name: `n${at}` },
            spec: taint === undefined ? {} : { taints: [{ key: 'k', effect: taint }] },
          }),
        ),
        backoff: () => 0,
      };
      const { actions } = plan(observed, ref, 0);
      const removed = new Set(actions.flatMap((one) => (one.do === 'deletePods' ? one.pods : [])));
      const created = actions.flatMap((one) => (one.do === 'createPods' ? one.pods : []));
      const wanted = world.map((node, at) => ({ ...node, name: `n${at}` })).filter(({ taint }) => taint === undefined);
      const up = (gone: ReadonlySet<Pod>) =>
        wanted.filter(({ name }) =>
          pods.some(
            (pod) =>
              pod.spec.nodeName === name &&
              isPodReady(pod) &&
              pod.metadata.deletionTimestamp === undefined &&
              !gone.has(pod),
          ),
        ).length;
      const [before, after] = [up(new Set()), up(removed)];
      const limit = strategy.maxSurge > 0 ? 0 : strategy.maxUnavailable;
      expect(after).toBeGreaterThanOrEqual(Math.min(before, wanted.length - limit));
      for (const pod of created) {
        const target = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
        const name = target?.nodeSelectorTerms[0]?.matchFields?.[0]?.values?.[0];
        expect(wanted.map((node) => node.name)).toContain(name);
        if (strategy.maxSurge === 0) {
          const there = pods.filter((one) => one.spec.nodeName === name);
          expect(
            there.filter((one) => one.status?.phase !== 'Failed' || one.metadata.deletionTimestamp === undefined),
          ).toEqual([]);
        }
      }
    }),
  );
});

it('a back-off doubles up to 15 minutes, and is forgotten after twice as long without failure', () => {
  const backoff = new FailedPodsBackoff();
  let now = 0;
  const waits: number[] = [];
  for (let i = 0; i < 12; i++) {
    backoff.record('x', now);
    const wait = backoff.remaining('x', now);
    waits.push(wait / 1000);
    now += wait;
    expect(backoff.remaining('x', now)).toBe(0);
  }
  expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
  expect(backoff.remaining('y', now)).toBe(0);
  backoff.record('x', now + 1_800_001);
  expect(backoff.remaining('x', now + 1_800_001)).toBe(1000);
});
