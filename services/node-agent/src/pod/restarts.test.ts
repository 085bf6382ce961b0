import type { Container } from '@kubus/shared/schema';
import { expect, it } from 'vitest';
import { buildPod, container } from '../../test/rig.ts';
import type { ContainerRecord } from '../runtime/contract.ts';
import type { ObservedContainer } from './observe.ts';
import { restarts } from './restarts.ts';

const ended = (
  exitCode: number,
  kind: ObservedContainer['kind'],
  more: Partial<Container> = {},
): ObservedContainer => ({
  spec: container('main', 'run', more),
  kind,
  latest: { state: 'exited', exitCode } as ContainerRecord,
  previous: undefined,
  stale: [],
  unhealthy: false,
  replaced: false,
  outdated: false,
});

const table = (kind: ObservedContainer['kind'], policy: string, more: Partial<Container> = {}) =>
  [0, 1, 42].map((code) => restarts(buildPod('p', { restartPolicy: policy }), ended(code, kind, more)));

it('follows the policy of the pod', () => {
  expect(table('regular', 'Always')).toEqual([true, true, true]);
  expect(table('regular', 'OnFailure')).toEqual([false, true, true]);
  expect(table('regular', 'Never')).toEqual([false, false, false]);
  expect(table('init', 'Always')).toEqual([false, true, true]);
  expect(table('init', 'Never')).toEqual([false, false, false]);
  expect(table('sidecar', 'Never')).toEqual([true, true, true]);
});

it('follows the policy of the container before that of the pod', () => {
  expect(table('regular', 'Always', { restartPolicy: 'Never' })).toEqual([false, false, false]);
  expect(table('regular', 'Never', { restartPolicy: 'OnFailure' })).toEqual([false, true, true]);
  expect(table('init', 'Always', { restartPolicy: 'Never' })).toEqual([false, false, false]);
});

it('follows the rules of the container before its policy', () => {
  const rules = (operator: string) => ({
    restartPolicy: 'Never',
    restartPolicyRules: [{ action: 'Restart', exitCodes: { operator, values: [42] } }],
  });
  expect(table('regular', 'Always', rules('In'))).toEqual([false, false, true]);
  expect(table('regular', 'Always', rules('NotIn'))).toEqual([true, true, false]);
  expect(table('init', 'Always', rules('NotIn'))).toEqual([false, true, false]);
});

it('starts what was ended to be replaced in any case', () => {
  const pod = buildPod('p', { restartPolicy: 'Never' });
  expect(restarts(pod, { ...ended(0, 'regular'), replaced: true })).toBe(true);
});

it('counts what was ended for a failed probe as failed', () => {
  const pod = buildPod('p', { restartPolicy: 'OnFailure' });
  expect(restarts(pod, { ...ended(0, 'regular'), unhealthy: true })).toBe(true);
});
