import { expect, it } from 'vitest';
import type { Runtime } from '../runtime/contract.ts';
import { type AgentSettings, agentSettings } from '../settings.ts';
import { machineFacts } from './machine.ts';

const runtime = {
  capacity: async () => ({ cpuMillis: 4_000, memoryBytes: 8_000, ephemeralBytes: 1_000 }),
  version: 'docker://x',
  recursiveReadOnly: false,
} as unknown as Runtime;

const facts = (settings: Partial<AgentSettings>) =>
  machineFacts(
    {
      KUBUS_NODE_NAME: 'n1',
      KUBUS_MAX_PODS: 110,
      KUBUS_RESERVED_CPU_MILLIS: 100,
      KUBUS_RESERVED_MEMORY_BYTES: 1_000,
      KUBUS_EVICTION_HARD: [],
      ...settings,
    } as unknown as AgentSettings,
    runtime,
  );

it('gives away what the settings say, each for itself, and else what the runtime has', async () => {
  expect((await facts({})).allocatable).toEqual({});
  expect((await facts({ KUBUS_ALLOCATABLE_CPU_MILLIS: 500 })).allocatable).toEqual({ cpuMillis: 500 });
  expect((await facts({ KUBUS_ALLOCATABLE_MEMORY_BYTES: 700 })).allocatable).toEqual({ memoryBytes: 700 });
});

it('keeps back what evictions keep free, beside what is reserved', async () => {
  const thresholds = agentSettings.shape.KUBUS_EVICTION_HARD.parse('memory.available<10%');
  expect((await facts({})).reserved).toEqual({ cpuMillis: 100, memoryBytes: 1_000 });
  expect((await facts({ KUBUS_EVICTION_HARD: thresholds })).reserved?.memoryBytes).toBe(1_800);
});
