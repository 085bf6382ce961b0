import { expect, it } from 'vitest';
import { buildPod, container } from '../../test/rig.ts';
import { amountsOf, askedFor } from './resources.ts';

const of = (resources: object) => container('main', 'run', { resources });
const limited = buildPod('web', { resources: { limits: { cpu: '2', memory: '1Gi' }, requests: { cpu: '1' } } });

it('a container may use what its limits say', () => {
  const own = of({ limits: { cpu: '500m', memory: '64Mi' }, requests: { cpu: '250m' } });
  expect(amountsOf(buildPod('web', {}), own)).toEqual({
    limits: { cpuMillis: 500, memoryBytes: 64 * 2 ** 20 },
    requests: { cpuMillis: 250 },
  });
  expect(amountsOf(buildPod('web', {}), of({}))).toEqual({ limits: {}, requests: {} });
});

it('a container without limits may use what its pod may', () => {
  expect(amountsOf(limited, of({}))).toEqual({
    limits: { cpuMillis: 2000, memoryBytes: 2 ** 30 },
    requests: { cpuMillis: 2000 },
  });
  expect(amountsOf(limited, of({ limits: { memory: '64Mi' }, requests: { cpu: '250m' } }))).toEqual({
    limits: { cpuMillis: 2000, memoryBytes: 64 * 2 ** 20 },
    requests: { cpuMillis: 250 },
  });
});

it('a pod takes of its node what its containers ask for, or the largest of the first ones, or what it says as a whole, and its overhead', () => {
  const asks = (cpu: string) => of({ requests: { cpu, memory: '1Mi' } });
  const spec = { containers: [asks('1'), asks('1')], overhead: { cpu: '100m' } };
  expect(askedFor(buildPod('web', spec))).toEqual({ cpu: 2100, memory: 2 * 2 ** 20 });
  expect(askedFor(buildPod('web', { ...spec, initContainers: [asks('3')] })).cpu).toBe(3100);
  expect(askedFor(buildPod('web', { ...spec, resources: { requests: { cpu: '4' } } })).cpu).toBe(4100);
  const ended = buildPod('web', spec);
  expect(askedFor({ ...ended, status: { phase: 'Succeeded' } })).toEqual({ cpu: 0, memory: 0 });
});
