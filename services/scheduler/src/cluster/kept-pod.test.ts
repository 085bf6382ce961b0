import type { ContainerPort, EnvVar, Pod } from '@kubus/shared/schema';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { pod } from '../testing/builders.ts';
import { keptPod } from './kept-pod.ts';
import { podInfo } from './pod-info.ts';
import { ResourceColumns } from './resources.ts';

const requests = fc.dictionary(fc.constantFrom('cpu', 'memory', 'example.com/gpu'), fc.constantFrom('1', '2', '3'));
const container = fc.record(
  {
    name: fc.string(),
    image: fc.constant('busybox'),
    env: fc.constant<EnvVar[]>([{ name: 'A', value: 'b' }]),
    resources: fc.record({ requests }, { requiredKeys: [] }),
    ports: fc.constant<ContainerPort[]>([{ containerPort: 1, hostPort: 80, protocol: 'UDP', hostIP: '10.0.0.1' }]),
    restartPolicy: fc.constantFrom('Always', 'OnFailure'),
  },
  { requiredKeys: ['name'] },
);
const placedPods = fc
  .record({
    spec: fc.record(
      {
        containers: fc.array(container, { minLength: 1, maxLength: 3 }),
        initContainers: fc.array(container, { maxLength: 2 }),
        overhead: requests,
        resources: fc.record({ requests }),
        priority: fc.integer(),
      },
      { requiredKeys: ['containers'] },
    ),
    owner: fc.constantFrom(undefined, 'rs'),
  })
  .map(({ spec, owner }): Pod => {
    const made = pod('x', owner === undefined ? {} : { owner });
    return {
      ...made,
      spec: { ...spec, nodeName: 'a', volumes: [{ name: 'v', emptyDir: {} }] },
    };
  });

it('keeps of a pod on a node what is booked there', () => {
  fc.assert(
    fc.property(placedPods, (placed) => {
      const columns = new ResourceColumns();
      const { pod: _, constraints: __, ...whole } = podInfo(placed, columns);
      const { pod: kept, constraints: ___, ...info } = podInfo(keptPod(placed), columns);
      expect(info).toEqual(whole);
      expect(kept.spec?.volumes).toBeUndefined();
    }),
  );
});

it('a pod that is being resized is booked with the most of what it asks for and has; what it cannot have does not count', () => {
  const columns = new ResourceColumns();
  const placed = (has: string, reason: string): Pod => ({
    ...pod('x', { requests: { cpu: '1' }, spec: { nodeName: 'a' } }),
    status: {
      conditions: [{ type: 'PodResizePending', status: 'True', reason }],
      containerStatuses: [
        {
          ...{ name: 'main', image: '', imageID: '', ready: true, restartCount: 0 },
          ...{ resources: { requests: { cpu: has } }, allocatedResources: { cpu: has } },
        },
      ],
    },
  });
  for (const [has, reason, cpu] of [
    ['500m', 'Deferred', 1000],
    ['2', 'Deferred', 2000],
    ['500m', 'Infeasible', 500],
  ] as const)
    expect([podInfo(placed(has, reason), columns).cpu, podInfo(keptPod(placed(has, reason)), columns).cpu]).toEqual([
      cpu,
      cpu,
    ]);
});

it('keeps all of a pod that waits for a node, and of one that has ended only that it has', () => {
  const waiting = pod('x', { requests: { cpu: '1' } });
  expect(keptPod(waiting)).toBe(waiting);
  const ended = pod('y', { requests: { cpu: '1' }, phase: 'Succeeded', spec: { nodeName: 'a' } });
  expect(keptPod(ended)).toEqual({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'y', namespace: 'default', uid: 'pod-y' },
    spec: { nodeName: 'a', containers: [] },
    status: { phase: 'Succeeded' },
  });
});
