import { readFileSync } from 'node:fs';
import type { ControlPlane } from './control-plane.ts';

const programs = ['redis', 'nats', 'api', 'scheduler', 'controller-manager', 'node-agent'];

/** User and system time of each program of a control plane since its start; seconds. */
export function cpuSeconds(plane: Pick<ControlPlane, 'pid'>): Map<string, number> {
  return new Map(programs.map((program) => [program, cpuOf(plane.pid(program))]));
}

/** What the programs have used since `before`, for each of `count` things: 'redis 0.21, nats 0.40, ... = 2.31 ms'. */
export function cpuPer(plane: Pick<ControlPlane, 'pid'>, before: ReadonlyMap<string, number>, count: number): string {
  return perEach(cpuSince(plane, before), count);
}

/** What each program has used since `before`; seconds. */
export function cpuSince(plane: Pick<ControlPlane, 'pid'>, before: ReadonlyMap<string, number>): Map<string, number> {
  return new Map([...cpuSeconds(plane)].map(([program, seconds]) => [program, seconds - (before.get(program) ?? 0)]));
}

/** Seconds of each program as milliseconds for each of `count` things, and their sum. */
export function perEach(seconds: ReadonlyMap<string, number>, count: number): string {
  const each = [...seconds].map(([program, used]) => [program, (used * 1000) / count] as const);
  const sum = each.reduce((total, [, ms]) => total + ms, 0);
  return `${each.map(([program, ms]) => `${program} ${text(ms)}`).join(', ')} = ${text(sum)} ms`;
}

const text = (ms: number) => ms.toFixed(ms < 1 ? 3 : 2);

/** 0 where /proc does not tell. */
function cpuOf(pid: number | undefined): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return (Number(fields[11]) + Number(fields[12])) / 100;
  } catch {
    return 0;
  }
}
