import { expect, it } from 'vitest';
import { type Fault, planFaults, planReplacements } from './schedule.ts';

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
  const withLinks = planFaults(1, 3_600_000, { ...programs, network: true }).map(({ fault }) => fault);
  expect(new Set(withLinks.map((fault) => (fault.kind === 'network' ? fault.how : fault.kind))).size).toBe(9);
  expect(planned.map(({ at }) => at)).toEqual(planned.map(({ at }) => at).sort((a, b) => a - b));
  expect(planned.at(-1)?.at).toBeLessThan(3_600_000);
  const killed = (faults: Fault[]) => new Set(faults.flatMap((fault) => (fault.kind === 'kill' ? fault.programs : [])));
  expect([...killed(planned.map(({ fault }) => fault))].sort()).toEqual(['api', 'api-2', 'nats', 'redis', 'scheduler']);
});

it('another version is replaced service by service, the api first, and comes back the other way round', () => {
  const planned = planReplacements(100_000, programs);
  expect(
    planned.map(({ fault }) => (fault.kind === 'replace' ? `${fault.programs.join()} by ${fault.by}` : '')),
  ).toEqual([
    'api by this version',
    'api-2 by this version',
    'scheduler by this version',
    'node-agent by this version',
    'node-agent by the other version',
    'scheduler by the other version',
    'api-2 by the other version',
    'api by the other version',
  ]);
  expect(planned.map(({ at }) => at)).toEqual([6_250, 18_750, 31_250, 43_750, 56_250, 68_750, 81_250, 93_750]);
});
