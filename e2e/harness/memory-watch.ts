import { readFile } from 'node:fs/promises';
import type { Cluster } from './cluster.ts';

const MiB = 2 ** 20;

/** How far programs of a cluster grow over the resident memory that they had when it began; MiB. */
export class MemoryWatch {
  readonly #before: ReadonlyMap<string, number>;
  readonly #peaks = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;

  static async over(cluster: Cluster, programs: readonly string[]): Promise<MemoryWatch> {
    const pids = await Promise.all(programs.map(async (name) => [name, await cluster.pid(name)] as const));
    const before = await Promise.all(pids.map(async ([name, pid]) => [name, await residentBytes(pid)] as const));
    return new MemoryWatch(pids, new Map(before));
  }

  private constructor(pids: readonly (readonly [string, number])[], before: ReadonlyMap<string, number>) {
    this.#before = before;
    this.#timer = setInterval(() => {
      for (const [name, pid] of pids) {
        // A program that has ended holds nothing.
        residentBytes(pid).then(
          (now) => this.#peaks.set(name, Math.max(now, this.#peaks.get(name) ?? 0)),
          () => undefined,
        );
      }
    }, 50);
  }

  stop(): Map<string, number> {
    clearInterval(this.#timer);
    return new Map([...this.#peaks].map(([name, peak]) => [name, (peak - (this.#before.get(name) ?? 0)) / MiB]));
  }
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
}
