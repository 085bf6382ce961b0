import type { Node, Pod } from '@kubus/shared/schema';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { outOfServiceTaint, plan } from './plan.ts';

const now = Date.UTC(2026, 0, 1);

const pods = fc.array(
  fc.record({
    node: fc.constantFrom('', 'fine', 'out', 'gone', 'just-gone'),
    phase: fc.constantFrom('Running', 'Succeeded', 'Failed'),
    deleted: fc.boolean(),
    minutes: fc.nat(100),
  }),
  { maxLength: 12 },
);
const podOf = (
  { node, phase, deleted, minutes }: { node: string; phase: string; deleted: boolean; minutes: number },
  i: number,
): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    ...{ name: `p${i}`, creationTimestamp: new Date(now - minutes * 60_000).toISOString() },
    ...(deleted ? { deletionTimestamp: new Date(now).toISOString() } : {}),
  },
  spec: { containers: [], ...(node === '' ? {} : { nodeName: node }) },
  status: { phase },
});
const node = (name: string, taints: { key: string; effect: string }[], ready: string): Node => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name },
  spec: { taints },
  status: { conditions: [{ type: 'Ready', status: ready }] },
});
const nodes = new Map([
  ['fine', node('fine', [], 'True')],
  ['out', node('out', [{ key: outOfServiceTaint, effect: 'NoExecute' }], 'Unknown')],
]);

it('takes pods that nobody will ever clean up, each once, and none that an agent looks after', () => {
  fc.assert(
    fc.property(pods, fc.nat(5), (drawn, terminatedThreshold) => {
      const all = drawn.map(podOf);
      const missingSince = (name: string) => (name === 'gone' ? now - 40_000 : now - 39_999);
      const taken = plan({ pods: all, nodes, missingSince, terminatedThreshold }, now);
      expect(new Set(taken.map(({ pod }) => pod)).size).toBe(taken.length);
      for (const { pod, reason } of taken) {
        const on = pod.spec?.nodeName ?? '';
        const terminating = pod.metadata.deletionTimestamp !== undefined;
        if (reason === 'orphaned') expect(on).toBe('gone');
        if (reason === 'unscheduled') expect([on, terminating]).toEqual(['', true]);
        if (reason === 'outOfService') expect([on, terminating]).toEqual(['out', true]);
        if (reason === 'terminated') expect(pod.status?.phase).not.toBe('Running');
      }
      const left = all.filter((pod) => !taken.some((one) => one.pod === pod));
      expect(left.some(({ spec }) => spec?.nodeName === 'gone')).toBe(false);
      const ended = left.filter(({ status }) => status?.phase !== 'Running');
      if (terminatedThreshold > 0) expect(ended.length).toBeLessThanOrEqual(terminatedThreshold);
    }),
  );
});
