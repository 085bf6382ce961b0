import { cpus, freemem, totalmem } from 'node:os';
import type { NodeUsage } from './contract.ts';

/** What the machine has used, by its own counters: all but idle time, and the memory that nobody could be given now. */
export function machineUsage(): NodeUsage {
  const busyMs = cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
  return { cpuNanos: busyMs * 1_000_000, memoryBytes: totalmem() - freemem() };
}
