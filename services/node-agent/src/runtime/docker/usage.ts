import type Docker from 'dockerode';
import { Cgroups, type ContainerUsage } from '../../usage/index.ts';
import { accepted } from './calls.ts';

/** Statistics asked of the engine at once: each holds one of its connections. */
const parallel = 4;

/** What containers use: from the kernel's files where the agent sees them, else from the engine's statistics without its second sample. */
export class DockerUsage {
  readonly #docker: Docker;
  readonly #cgroups: Cgroups;

  constructor(docker: Docker, cgroups = new Cgroups()) {
    this.#docker = docker;
    this.#cgroups = cgroups;
  }

  async of(ids: readonly string[]): Promise<ContainerUsage[]> {
    const found: (ContainerUsage | undefined)[] = [];
    for (let from = 0; from < ids.length; from += parallel) {
      const some = ids.slice(from, from + parallel);
      found.push(...(await Promise.all(some.map(async (id) => (await this.#cgroups.usage(id)) ?? this.#ask(id)))));
    }
    return found.filter((usage) => usage !== undefined);
  }

  async #ask(id: string): Promise<ContainerUsage | undefined> {
    const options = { stream: false, 'one-shot': true } as const;
    const stats = await accepted(this.#docker.getContainer(id).stats(options), 404, 409);
    const cpuNanos = stats?.cpu_stats?.cpu_usage?.total_usage;
    const { usage = 0, stats: detail } = stats?.memory_stats ?? {};
    if (cpuNanos === undefined || cpuNanos === 0) return undefined;
    const { total_inactive_file: first = 0, inactive_file: second = 0 } = (detail ?? {}) as {
      [name in 'total_inactive_file' | 'inactive_file']?: number;
    };
    return { id, cpuNanos, memoryBytes: Math.max(0, usage - (first || second)) };
  }
}
