import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Pod } from '@kubus/shared/schema';
import type { Logger } from '@kubus/shared/telemetry';
import type { Doom } from '../pod/doom.ts';
import type { ContainerRecord } from '../runtime/contract.ts';
import { bytesByPod } from '../usage/index.ts';
import { hasStorageLimit, localStorageExcess, measuredVolumes, onDiskVolumes } from './local-storage.ts';

const run = promisify(execFile);

export interface StorageWatchOptions {
  pods(): Pod[];
  /** Where a volume of the pod is. */
  path(pod: Pod, volume: string): string;
  /** Containers of all pods, and the bytes that each wrote outside of volumes, by id. */
  containers(): Promise<ContainerRecord[]>;
  writtenBytes(): Promise<ReadonlyMap<string, number>>;
  evict(pod: Pod, doom: Doom): void;
  log: Logger;
  /** Between two looks; milliseconds, kubelet's 10,000. */
  intervalMs?: number;
}

/** Evicts pods that use more of the node's disk than they may (Kubernetes: "Local ephemeral storage"). Pods without such limits cost nothing. */
export class StorageWatch {
  readonly #options: StorageWatchOptions;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;

  constructor(options: StorageWatchOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#looking ??= this.look()
        .catch((err: unknown) => this.#options.log.warn({ err }, 'The local storage of pods could not be measured'))
        .finally(() => {
          this.#looking = undefined;
        });
    }, this.#options.intervalMs ?? 10_000);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#looking;
  }

  async look(): Promise<void> {
    const { pods, evict } = this.#options;
    const limited = pods().filter((pod) => !isOver(pod) && (hasStorageLimit(pod) || measuredVolumes(pod).length > 0));
    if (limited.length === 0) return;
    const written = limited.some(hasStorageLimit) ? await this.#written() : new Map<string, Map<string, number>>();
    for (const pod of limited) {
      const containers = written.get(pod.metadata.uid ?? '') ?? new Map<string, number>();
      const message = localStorageExcess(pod, { volumes: await this.#sizes(pod), containers });
      if (message !== undefined)
        evict(pod, {
          reason: 'Evicted',
          message,
          graceSeconds: 1,
          disruption: { reason: 'TerminationByKubelet', message },
        });
    }
  }

  /** Bytes on disk in each emptyDir of a pod, limited or not. */
  volumes(pod: Pod): Promise<{ name: string; usedBytes: number }[]> {
    const sizeOf = (name: string) => diskUsage(this.#options.path(pod, name));
    return Promise.all(onDiskVolumes(pod).map(async ({ name }) => ({ name, usedBytes: await sizeOf(name) })));
  }

  /** In all of them. */
  async volumeBytes(pod: Pod): Promise<number> {
    return (await this.volumes(pod)).reduce((sum, { usedBytes }) => sum + usedBytes, 0);
  }

  async #sizes(pod: Pod): Promise<Map<string, number>> {
    const sizes = new Map<string, number>();
    for (const { name } of measuredVolumes(pod)) sizes.set(name, await diskUsage(this.#options.path(pod, name)));
    return sizes;
  }

  async #written(): Promise<Map<string, Map<string, number>>> {
    const [records, bytes] = await Promise.all([this.#options.containers(), this.#options.writtenBytes()]);
    return bytesByPod(records, bytes);
  }
}

const isOver = ({ status }: Pod) => status?.phase === 'Succeeded' || status?.phase === 'Failed';

/** Bytes on disk below a folder, not into other file systems; counted by a process of its own, because it may hold any number of files. 0 when it is not there. */
async function diskUsage(path: string): Promise<number> {
  const { stdout } = await run('du', ['-skx', path]).catch((error: { stdout?: string }) => ({
    stdout: error.stdout ?? '',
  }));
  return Number.parseInt(stdout, 10) * 1024 || 0;
}
