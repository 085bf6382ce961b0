import type { ContainerStatus, PodStatus } from '@kubus/shared/schema';
import { expect, it } from 'vitest';
import { isPassing } from './status-urgency.ts';

const main = (more: Partial<ContainerStatus>): ContainerStatus => ({
  name: 'main',
  image: 'busybox',
  imageID: '',
  ready: false,
  restartCount: 0,
  ...more,
});
const creating = main({ started: false, state: { waiting: { reason: 'ContainerCreating' } } });
const running = main({ started: true, ready: true, containerID: 'docker://1', state: { running: {} } });
const is = (type: string, status: string) => ({ type, status });

const bound: PodStatus = { phase: 'Pending', conditions: [is('PodScheduled', 'True')] };
const seen: PodStatus = {
  ...bound,
  podIP: '10.0.0.1',
  conditions: [is('PodReadyToStartContainers', 'True'), is('Initialized', 'True'), is('Ready', 'False')],
  containerStatuses: [creating],
};
const up: PodStatus = { ...seen, phase: 'Running', conditions: [is('Ready', 'True')], containerStatuses: [running] };

it('what leads to something else can wait', () => {
  expect(isPassing(undefined, { phase: 'Pending' })).toBe(true);
  expect(isPassing(bound, seen)).toBe(true);
  expect(isPassing(seen, { ...seen, observedGeneration: 2 })).toBe(true);
  expect(isPassing(up, { ...up, observedGeneration: 3 })).toBe(true);
});

it.each<[string, PodStatus, PodStatus]>([
  ['another phase', seen, { ...seen, phase: 'Running' }],
  ['a pod that is ready', { ...up, conditions: [is('Ready', 'False')] }, up],
  ['a pod that is ready no more', up, { ...up, conditions: [is('Ready', 'False')] }],
  ['a disruption', up, { ...up, conditions: [is('Ready', 'True'), is('DisruptionTarget', 'True')] }],
  ['a resize that is done', { ...up, conditions: [is('Ready', 'True'), is('PodResizeInProgress', 'True')] }, up],
  ['a reason', up, { ...up, reason: 'Evicted' }],
  ['a container that runs', seen, { ...seen, containerStatuses: [running] }],
  [
    'a container that has ended',
    up,
    { ...up, containerStatuses: [{ ...running, state: { terminated: { exitCode: 1 } } }] },
  ],
  ['a restart', up, { ...up, containerStatuses: [{ ...running, restartCount: 1 }] }],
  ['a container that is ready', up, { ...up, containerStatuses: [{ ...running, ready: false }] }],
  [
    'what keeps a container',
    seen,
    { ...seen, containerStatuses: [main({ state: { waiting: { reason: 'ErrImagePull' } } })] },
  ],
  ['other resources', up, { ...up, containerStatuses: [{ ...running, resources: { requests: { cpu: '2' } } }] }],
])('%s cannot', (_, known, next) => {
  expect(isPassing(known, next)).toBe(false);
});
