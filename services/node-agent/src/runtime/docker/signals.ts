import { readFile } from 'node:fs/promises';
import { constants } from 'node:os';

/** glibc's; the kernel's first two are its own. */
const firstRealTime = 34;
const lastRealTime = 64;

/** The number of a signal as images and engines write it: 'SIGTERM', 'TERM', '15', 'SIGRTMIN+3'. Undefined for one that this machine does not know. */
export function signalNumber(text: string): number | undefined {
  if (/^\d+$/.test(text)) return validNumber(Number(text));
  const name = text.toUpperCase().replace(/^SIG/, '');
  const [, end, distance = '0'] = /^(RTMIN|RTMAX)(?:[+-](\d+))?$/.exec(name) ?? [];
  if (end === 'RTMIN') return validNumber(firstRealTime + Number(distance));
  if (end === 'RTMAX') return validNumber(lastRealTime - Number(distance));
  return Object.entries(constants.signals).find(([known]) => known === `SIG${name}`)?.[1];
}

const validNumber = (signal: number) => (signal >= 1 && signal <= lastRealTime ? signal : undefined);

/**
 * Signals a process of a container without the engine, which runs a program for each signal. False when the process is not to be seen here as one of this
 * container (the engine is on another machine, the agent in a container, the process has ended), or is not this agent's to signal.
 */
export async function signalProcess(containerId: string, pid: number, signal: number): Promise<boolean> {
  const cgroups = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '');
  if (!cgroups.includes(containerId)) return false;
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
