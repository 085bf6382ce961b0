import type { Pod } from '@kubus/shared/schema';
import type { ContainerDisk, DiskUsage } from './contract.ts';

export interface DiskSources {
  /** What containers wrote outside of volumes, by id. */
  writtenBytes(): Promise<ReadonlyMap<string, number>>;
  /** Undefined where the log cannot be seen. */
  logBytes(id: string): Promise<number | undefined>;
  pods(): readonly Pod[];
  /** emptyDirs on disk. */
  volumes(pod: Pod): Promise<{ name: string; usedBytes: number }[]>;
}

/** What pods take up on the node's disk. Counting is a walk through their files: ask rarely. */
export async function diskUsage({ writtenBytes, logBytes, pods, volumes }: DiskSources): Promise<DiskUsage> {
  const containers = new Map<string, ContainerDisk>();
  for (const [id, written] of await writtenBytes()) {
    const log = await logBytes(id);
    containers.set(id, { writtenBytes: written, ...(log === undefined ? {} : { logBytes: log }) });
  }
  const byPod = new Map<string, { name: string; usedBytes: number }[]>();
  for (const pod of pods()) byPod.set(pod.metadata.uid ?? '', await volumes(pod));
  return { containers, volumes: byPod };
}
