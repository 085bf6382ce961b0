import { readdir, readFile, statfs } from 'node:fs/promises';
import type { Signal, SignalName } from './thresholds.ts';

/** Measures the machine; what cannot be seen from here is left out. `dir` lies on the file system of the pods. */
export async function readSignals(dir: string): Promise<Map<SignalName, Signal>> {
  const [memory, disk, processes] = await Promise.all([readMemory(), readDisk(dir), readProcesses()]);
  const found: [SignalName, Signal | undefined][] = [
    ['memory.available', memory],
    ['nodefs.available', disk?.bytes],
    ['nodefs.inodesFree', disk?.inodes],
    ['pid.available', processes],
  ];
  return new Map(found.filter((entry): entry is [SignalName, Signal] => entry[1] !== undefined));
}

async function readMemory(): Promise<Signal | undefined> {
  const text = await readFile('/proc/meminfo', 'utf8').catch(() => '');
  const kilobytes = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) * 1024;
  const signal = { available: kilobytes('MemAvailable'), capacity: kilobytes('MemTotal') };
  return Number.isNaN(signal.available) || Number.isNaN(signal.capacity) ? undefined : signal;
}

async function readDisk(dir: string): Promise<{ bytes: Signal; inodes: Signal } | undefined> {
  const found = await statfs(dir).catch(() => undefined);
  if (found === undefined) return undefined;
  return {
    bytes: { available: found.bavail * found.bsize, capacity: found.blocks * found.bsize },
    inodes: { available: found.ffree, capacity: found.files },
  };
}

/** Only where this process sees those of the machine. */
async function readProcesses(): Promise<Signal | undefined> {
  const most = Number(await readFile('/proc/sys/kernel/pid_max', 'utf8').catch(() => ''));
  const own = await readdir('/proc').catch(() => []);
  const running = own.filter((name) => /^\d+$/.test(name)).length;
  return most > 0 ? { available: most - running, capacity: most } : undefined;
}
