import { expect, it } from 'vitest';
import type { Container, Pod, PodStatus, ResourceRequirements } from '../schema/index.ts';
import { heldSpec } from './pod-held.ts';
import { podRequests } from './pod-requests.ts';
import { podTotals } from './pod-totals.ts';

const asks = (cpu: string): ResourceRequirements => ({ requests: { cpu }, limits: { cpu } });
const container = (name: string, cpu: string, more: Partial<Container> = {}): Container => ({
  name,
  resources: asks(cpu),
  ...more,
});
const podOf = (status: PodStatus, spec: Partial<Pod['spec']> = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web' },
  spec: { containers: [container('main', '1'), container('other', '100m')], ...spec },
  status,
});
const has = (name: string, resources: string, allocated: string) => ({
  ...{ name, image: '', imageID: '', ready: true, restartCount: 0 },
  resources: asks(resources),
  allocatedResources: { cpu: allocated },
});
const infeasible = [{ type: 'PodResizePending', status: 'True', reason: 'Infeasible' }];
const cpu = (pod: Pod) => podRequests(heldSpec(pod)).get('cpu');

it.each([
  ['asks for more than it has', '500m', '500m', 1100],
  ['still has more than it asks for', '2', '1', 2100],
  ['was allocated more than it asks for', '1', '3', 3100],
])('a pod whose container %s counts with the most of it', (_, resources, allocated, expected) => {
  expect(cpu(podOf({ containerStatuses: [has('main', resources, allocated)] }))).toBe(expected);
});

it('what a pod cannot have on its node does not count', () => {
  const pod = podOf({ conditions: infeasible, containerStatuses: [has('main', '500m', '250m')] });
  expect(cpu(pod)).toBe(600);
  expect(podTotals(heldSpec(pod), 'limits').get('cpu')).toBe('600m');
});

it('sidecars count so, and the pod as a whole; init containers count with what they ask for', () => {
  const initContainers = [container('proxy', '1', { restartPolicy: 'Always' }), container('setup', '1')];
  const initContainerStatuses = [has('proxy', '2', '2'), has('setup', '9', '9')];
  expect(cpu(podOf({ initContainerStatuses }, { initContainers }))).toBe(3100);
  const whole = { resources: asks('3'), allocatedResources: { cpu: '4' }, containerStatuses: [has('main', '1', '1')] };
  expect(cpu(podOf(whole, { resources: asks('2') }))).toBe(4000);
});

it('is the very spec of a pod that is not being resized', () => {
  for (const status of [{}, { containerStatuses: [has('main', '1', '1'), has('other', '100m', '100m')] }]) {
    const pod = podOf(status);
    expect(heldSpec(pod)).toBe(pod.spec);
  }
});
