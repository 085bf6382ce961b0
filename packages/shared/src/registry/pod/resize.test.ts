import { expect, it } from 'vitest';
import type { Container, Pod, ResourceRequirements } from '../../schema/index.ts';
import { keepAllButResources, validateResize } from './resize.ts';

const podOf = (resources: ResourceRequirements, more: Partial<Container> = {}): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', labels: { from: JSON.stringify(resources) } },
  spec: { containers: [{ name: 'main', image: 'a', resources, ...more }] },
});
const small = podOf({ requests: { cpu: '100m', memory: '64Mi' } });
const errors = (resources: ResourceRequirements, old = small) =>
  validateResize(podOf(resources), old).map(({ field, detail }) => `${field}: ${detail}`);

it('takes the resources of containers, and nothing else that is sent', () => {
  const sent = podOf({ limits: { cpu: '2' }, requests: { memory: '1Gi' } }, { image: 'evil' });
  keepAllButResources(sent, small);
  expect(sent.spec?.containers[0]).toEqual({
    name: 'main',
    image: 'a',
    resources: { limits: { cpu: '2' }, requests: { cpu: '2', memory: '1Gi' } },
  });
  expect(sent.metadata.labels).toEqual(small.metadata.labels);
});

it('may change cpu and memory within the class of service', () => {
  expect(errors({ requests: { cpu: '200m', memory: '32Mi' } })).toEqual([]);
  expect(errors({ limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1', memory: '1Gi' } })).toEqual([
    'spec: Invalid value: "Guaranteed": Pod QOS Class may not change as a result of resizing',
  ]);
});

it('removes nothing, and changes nothing else', () => {
  expect(errors({ requests: { cpu: '100m' } })).toEqual([
    'spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed',
  ]);
  expect(errors({ requests: { cpu: '100m', memory: '64Mi', 'ephemeral-storage': '1Gi' } })).toEqual([
    'spec.containers[0].resources.requests: Forbidden: only cpu and memory resources are mutable',
  ]);
});

it.each([
  ['static', { metadata: { name: 'web', annotations: { 'kubernetes.io/config.mirror': 'a' } } }],
  ['windows', { spec: { ...small.spec, containers: small.spec?.containers ?? [], os: { name: 'windows' } } }],
])('takes nothing for %s pods', (sort, more) => {
  const [error] = validateResize(podOf({ requests: { cpu: '200m', memory: '64Mi' } }), { ...small, ...more });
  expect(error).toMatchObject({ detail: `Forbidden: ${sort} pods cannot be resized` });
});

it('is refused where the node does not tell what the first container that runs has: it cannot resize', () => {
  const status = (...containers: [running: boolean, resources?: object][]) => ({
    ...small,
    status: {
      containerStatuses: containers.map(([running, resources], i) => ({
        ...{ name: `c${i}`, image: 'a', imageID: '', ready: running, restartCount: 0 },
        state: running ? { running: { startedAt: '2026-01-01T00:00:00Z' } } : { waiting: { reason: 'ErrImagePull' } },
        ...(resources === undefined ? {} : { resources }),
      })),
    },
  });
  const wanted = { requests: { cpu: '200m', memory: '64Mi' } };
  const refused = ['spec: Forbidden: Pod running on node without support for resize'];
  expect(errors(wanted, status([false], [true]))).toEqual(refused);
  expect(errors(wanted, status([false], [true, {}], [true]))).toEqual([]);
  expect(errors(wanted, status([false]))).toEqual([]);
  expect(
    errors({ limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1', memory: '1Gi' } }, status([true])),
  ).toEqual(['spec: Invalid value: "Guaranteed": Pod QOS Class may not change as a result of resizing', ...refused]);
});

it('takes what a pod that has some is given as a whole, and gives none to others', () => {
  const whole = (cpu: string): Pod => {
    const { spec, ...rest } = small;
    return { ...rest, spec: { ...(spec ?? { containers: [] }), resources: { requests: { cpu } } } };
  };
  const [sent, refused] = [whole('2'), whole('2')];
  keepAllButResources(sent, whole('1'));
  expect(sent.spec?.resources).toEqual({ requests: { cpu: '2' } });
  expect(validateResize(sent, whole('1'))).toEqual([]);
  keepAllButResources(refused, small);
  expect(refused.spec).toEqual(small.spec);
  const emptied = { ...sent, spec: { ...(sent.spec ?? { containers: [] }), resources: { limits: { cpu: '3' } } } };
  expect(validateResize(emptied, whole('1')).map(({ field, detail }) => `${field}: ${detail}`)).toEqual([
    'spec.resources.requests: Forbidden: resource requests cannot be removed',
  ]);
});
