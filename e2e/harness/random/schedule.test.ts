import { expect, it } from 'vitest';
import { type Fault, planFaults } from './schedule.ts';

const programs = {
  services: { api: ['api', 'api-2'], scheduler: ['scheduler'] },
  servers: ['nats', 'redis'],
  agents: ['node-agent'],
  killAgents: false,
};

it('a seed gives the same faults again, another seed others', () => {
  expect(planFaults(7, 60_000, programs)).toEqual(planFaults(7, 60_000, programs));
  expect(planFaults(7, 60_000, programs)).not.toEqual(planFaults(8, 60_000, programs));
});

it('faults are of every kind, in order, within the time, and spare agents whose containers would die with them', () => {
  const planned = planFaults(1, 3_600_000, programs);
  expect(new Set(planned.map(({ fault }) => fault.kind)).size).toBe(6);
  expect(planned.map(({ at }) => at)).toEqual(planned.map(({ at }) => at).sort((a, b) => a - b));
  expect(planned.at(-1)?.at).toBeLessThan(3_600_000);
  const killed = (faults: Fault[]) => new Set(faults.flatMap((fault) => (fault.kind === 'kill' ? fault.programs : [])));
  expect([...killed(planned.map(({ fault }) => fault))].sort()).toEqual(['api', 'api-2', 'nats', 'redis', 'scheduler']);
});
