import { expect, it } from 'vitest';
import { buildPod, container } from '../../test/rig.ts';
import { misfit } from './room.ts';

const room = { cpuMillis: 2000, memoryBytes: 2 ** 30, pods: 3 };
const asks = (name: string, requests: Record<string, string>, more: object = {}) =>
  buildPod(name, { containers: [container('main', 'run', { resources: { requests } })], ...more });
const opens = (name: string, ...ports: object[]) =>
  buildPod(name, { containers: [container('main', 'run', { ports })] });

it('takes what fits beside the others, and says what is missing else', () => {
  const others = [asks('a', { cpu: '1500m', memory: '256Mi' })];
  expect(misfit(asks('b', { cpu: '500m', memory: '768Mi' }), others, room)).toBe(undefined);
  expect(misfit(asks('b', { cpu: '501m' }), others, room)).toEqual({
    reason: 'OutOfcpu',
    message: "Pod was rejected: Node didn't have enough resource: cpu, requested: 501, used: 1500, capacity: 2000",
  });
  expect(misfit(asks('b', { memory: '769Mi' }), others, room)?.reason).toBe('OutOfmemory');
  expect(misfit(asks('b', {}), [...others, asks('c', {}), asks('d', {})], room)?.reason).toBe('OutOfpods');
});

it('takes whoever asks for nothing of what there is none left of, and what the node cannot be without', () => {
  const full = [asks('a', { cpu: '3' })];
  expect(misfit(asks('b', { memory: '1Mi' }), full, room)).toBe(undefined);
  expect(misfit(asks('b', { cpu: '1' }, { priority: 2_000_001_000 }), full, room)).toBe(undefined);
});

it('takes no two pods for one port of the host', () => {
  const others = [
    opens('a', { containerPort: 1, hostPort: 80 }, { containerPort: 2, hostPort: 81, hostIP: '10.0.0.1' }),
  ];
  const reason = (port: object) => misfit(opens('b', port), others, room)?.reason;
  expect(reason({ containerPort: 9, hostPort: 80, hostIP: '10.0.0.9' })).toBe('NodePorts');
  expect(reason({ containerPort: 9, hostPort: 81, hostIP: '0.0.0.0' })).toBe('NodePorts');
  expect(reason({ containerPort: 9, hostPort: 81, hostIP: '10.0.0.9' })).toBe(undefined);
  expect(reason({ containerPort: 9, hostPort: 80, protocol: 'UDP' })).toBe(undefined);
  expect(reason({ containerPort: 80 })).toBe(undefined);
});

it('counts the host ports of sidecars, which stay, and not those of init containers, which end', () => {
  const starts = (name: string, more: object) => {
    const first = container('first', 'run', { ports: [{ containerPort: 1, hostPort: 80 }], ...more });
    return buildPod(name, { initContainers: [first], containers: [container('main', 'run')] });
  };
  const others = [starts('a', { restartPolicy: 'Always' })];
  const asking = opens('b', { containerPort: 9, hostPort: 80 });
  expect(misfit(asking, others, room)?.reason).toBe('NodePorts');
  expect(misfit(asking, [starts('a', {})], room)).toBe(undefined);
});
