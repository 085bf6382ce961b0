import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { field, places } from './cgroups.ts';
import type { ContainerDetail, Stall, Stalls } from './contract.ts';

/** Clock ticks that the kernel tells processor time in; the same on every machine that Linux runs on. */
const ticksPerSecond = 100;

/**
 * What the kernel knows of containers beyond what is asked of it every few seconds: only for who asks, and only where the agent sees the machine's cgroups. Pressure (PSI) is there
 * with version 2 of cgroups alone.
 */
export class CgroupDetails {
  readonly #root: string;

  constructor(root = '/sys/fs/cgroup') {
    this.#root = root;
  }

  async of(ids: readonly string[]): Promise<ContainerDetail[]> {
    const found = await Promise.all(ids.map((id) => this.#of(id)));
    return found.filter((detail) => detail !== undefined);
  }

  async #of(id: string): Promise<ContainerDetail | undefined> {
    for (const place of places(id)) {
      const detail = (await version2(join(this.#root, place))) ?? (await version1(this.#root, place));
      if (detail !== undefined) return { id, ...detail };
    }
    return undefined;
  }
}

/** Pressure on the whole machine; empty where the kernel does not measure it. */
export const machineStalls = (root = '/proc/pressure'): Promise<Stalls> =>
  stallsIn({ cpu: join(root, 'cpu'), memory: join(root, 'memory'), io: join(root, 'io') });

type Detail = Omit<ContainerDetail, 'id'>;

async function version2(folder: string): Promise<Detail | undefined> {
  const [cpu, memory, usage] = await Promise.all([
    text(join(folder, 'cpu.stat')),
    text(join(folder, 'memory.stat')),
    text(join(folder, 'memory.current')),
  ]);
  if (cpu === undefined || memory === undefined || usage === undefined) return undefined;
  const pressure = (of: string) => join(folder, `${of}.pressure`);
  return {
    userNanos: field(cpu, 'user_usec') * 1_000,
    systemNanos: field(cpu, 'system_usec') * 1_000,
    periods: field(cpu, 'nr_periods'),
    throttledPeriods: field(cpu, 'nr_throttled'),
    throttledNanos: field(cpu, 'throttled_usec') * 1_000,
    memoryUsageBytes: Number(usage),
    rssBytes: field(memory, 'anon'),
    cacheBytes: field(memory, 'file'),
    stalls: await stallsIn({ cpu: pressure('cpu'), memory: pressure('memory'), io: pressure('io') }),
  };
}

async function version1(root: string, place: string): Promise<Detail | undefined> {
  const [shares, times, memory, usage] = await Promise.all([
    text(join(root, 'cpu', place, 'cpu.stat')),
    text(join(root, 'cpuacct', place, 'cpuacct.stat')),
    text(join(root, 'memory', place, 'memory.stat')),
    text(join(root, 'memory', place, 'memory.usage_in_bytes')),
  ]);
  if (shares === undefined || times === undefined || memory === undefined || usage === undefined) return undefined;
  const nanos = (ticks: number) => (ticks * 1e9) / ticksPerSecond;
  return {
    userNanos: nanos(field(times, 'user')),
    systemNanos: nanos(field(times, 'system')),
    periods: field(shares, 'nr_periods'),
    throttledPeriods: field(shares, 'nr_throttled'),
    throttledNanos: field(shares, 'throttled_time'),
    memoryUsageBytes: Number(usage),
    rssBytes: field(memory, 'total_rss'),
    cacheBytes: field(memory, 'total_cache'),
    stalls: {},
  };
}

async function stallsIn(files: Record<keyof Stalls, string>): Promise<Stalls> {
  const read = async (file: string) => stallOf((await text(file)) ?? '');
  const [cpu, memory, io] = await Promise.all([read(files.cpu), read(files.memory), read(files.io)]);
  return {
    ...(cpu === undefined ? {} : { cpu }),
    ...(memory === undefined ? {} : { memory }),
    ...(io === undefined ? {} : { io }),
  };
}

/** `some avg10=0.00 avg60=0.00 avg300=0.00 total=0`, and the same of `full`, which older kernels do not have for processors. */
function stallOf(file: string): Stall | undefined {
  const lines = new Map(
    file.split('\n').map((line) => {
      const [kind = '', ...pairs] = line.split(' ');
      const values = new Map(pairs.map((pair) => [pair.split('=', 1)[0], Number(pair.split('=')[1])]));
      const of = (name: string) => values.get(name) ?? 0;
      return [kind, { avg10: of('avg10'), avg60: of('avg60'), avg300: of('avg300'), totalMicros: of('total') }];
    }),
  );
  const some = lines.get('some');
  const none = { avg10: 0, avg60: 0, avg300: 0, totalMicros: 0 };
  return some === undefined ? undefined : { some, full: lines.get('full') ?? none };
}

const text = (path: string): Promise<string | undefined> => readFile(path, 'utf8').catch(() => undefined);
