import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ContainerUsage } from './contract.ts';

/** Where Docker puts the cgroup of a container, under the mount of the hierarchy: with the cgroupfs driver, with the systemd driver. */
export const places = (id: string): string[] => [`docker/${id}`, `system.slice/docker-${id}.scope`];

/** What counts how much. Undefined: not this version, or not there. */
type Version = (root: string, place: string) => Promise<Omit<ContainerUsage, 'id'> | undefined>;

const version2: Version = async (root, place) => {
  const folder = join(root, place);
  const [cpu, memory, detail] = await readAll([
    join(folder, 'cpu.stat'),
    join(folder, 'memory.current'),
    join(folder, 'memory.stat'),
  ]);
  if (cpu === undefined || memory === undefined || detail === undefined) return undefined;
  return { cpuNanos: field(cpu, 'usage_usec') * 1000, memoryBytes: workingSet(memory, field(detail, 'inactive_file')) };
};

const version1: Version = async (root, place) => {
  const [cpu, memory, detail] = await readAll([
    join(root, 'cpuacct', place, 'cpuacct.usage'),
    join(root, 'memory', place, 'memory.usage_in_bytes'),
    join(root, 'memory', place, 'memory.stat'),
  ]);
  if (cpu === undefined || memory === undefined || detail === undefined) return undefined;
  return { cpuNanos: Number(cpu), memoryBytes: workingSet(memory, field(detail, 'total_inactive_file')) };
};

/**
 * Usage read from the files of the kernel: three small files for each container, where Docker's own statistics cost a round trip and two samples. Only
 * where the agent sees the machine's cgroups; undefined for a container that it does not see there.
 */
export class Cgroups {
  readonly #root: string;
  /** What answered last, tried first: one machine has one kind. */
  #known: { version: Version; place: number } | undefined;

  constructor(root = '/sys/fs/cgroup') {
    this.#root = root;
  }

  async usage(id: string): Promise<ContainerUsage | undefined> {
    for (const candidate of this.#candidates()) {
      const usage = await candidate.version(this.#root, places(id)[candidate.place] as string);
      if (usage === undefined) continue;
      this.#known = candidate;
      return { id, ...usage };
    }
    return undefined;
  }

  #candidates(): { version: Version; place: number }[] {
    if (this.#known !== undefined) return [this.#known];
    return [version2, version1].flatMap((version) => [0, 1].map((place) => ({ version, place })));
  }
}

const workingSet = (memory: string, inactive: number): number => Math.max(0, Number(memory) - inactive);

/** The number after a name at the beginning of a line; 0 when there is none. */
export function field(text: string, name: string): number {
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  return line === undefined ? 0 : Number(line.slice(name.length + 1));
}

const readAll = (paths: readonly string[]): Promise<(string | undefined)[]> =>
  Promise.all(paths.map((path) => readFile(path, 'utf8').catch(() => undefined)));
