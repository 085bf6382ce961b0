import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ApiClient } from '@kubus/shared/bus';
import type { Pod } from '@kubus/shared/schema';
import type { Logger } from '@kubus/shared/telemetry';
import type { ConfigSource, PodFacts } from '../pod/env.ts';
import type { PodFiles } from '../pod-files/index.ts';
import { ConfigWatches } from './config-watches.ts';
import { checkHostPath, checkUnseenHostPath } from './host-path.ts';
import { isMemoryDir } from './memory-dir.ts';
import { mountTmpfs, unmount } from './mount-table.ts';
import { NodeVolumes } from './node-volumes.ts';
import { Tokens } from './tokens.ts';

export { noVolumes, type PodVolumes } from './contract.ts';
export type { NodeVolumes } from './node-volumes.ts';
export { StorageWatch } from './storage-watch.ts';

export interface OpenVolumesOptions {
  /** The agent's own folder, at the same path for the engine. */
  dir: string;
  /** Wished for on a file system in memory. */
  memoryDir: string;
  api: Pick<ApiClient, 'request' | 'watch'>;
  config(pod: Pod): ConfigSource;
  facts(pod: Pod): Omit<PodFacts, 'podIPs'>;
  /** The engine finds a file of the agent's at the same path. */
  engineSees(path: string): Promise<boolean>;
  files: PodFiles;
  /** False in a container: then the engine is asked for what is on the host. */
  seesHost: boolean;
  log: Logger;
  now(): number;
}

/** The volumes of this node's pods, after a look at what this machine and its engine allow. */
export async function openVolumes(options: OpenVolumesOptions): Promise<NodeVolumes> {
  const { log, engineSees, api, now } = options;
  const dir = join(options.dir, 'volumes');
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const disk = await isSeen(dir, engineSees);
  if (!disk) log.warn({ dir }, "The engine does not see the agent's folder: pods with volumes will not start");
  const inMemory = disk && (await isMemoryDir(options.memoryDir)) && (await isSeen(options.memoryDir, engineSees));
  if (disk && !inMemory)
    log.warn(
      { dir: options.memoryDir },
      'No folder in memory that agent and engine share: secrets in volumes are on disk',
    );
  let mountable: Promise<boolean> | undefined;
  return NodeVolumes.open({
    ...options,
    dir,
    memoryDir: inMemory ? options.memoryDir : join(options.dir, 'volumes-secret'),
    watches: new ConfigWatches(api),
    hostPath: options.seesHost ? checkHostPath : (source) => checkUnseenHostPath(source, engineSees),
    tokens: new Tokens({ api, now }),
    canMount: () => {
      mountable ??= canMount(join(options.dir, 'mount-probe'), engineSees).then((can) => {
        if (!can)
          log.warn(
            'The agent cannot mount for the engine: no size limits for emptyDir in memory, no subPath of writable volumes',
          );
        return can;
      });
      return mountable;
    },
  });
}

async function isSeen(dir: string, engineSees: OpenVolumesOptions['engineSees']): Promise<boolean> {
  const probe = join(dir, '.probe');
  await writeFile(probe, '');
  try {
    return await engineSees(probe);
  } finally {
    await rm(probe, { force: true });
  }
}

/** Agent and engine may be in different mount namespaces: then a mount of the one is not there for the other. */
async function canMount(dir: string, engineSees: OpenVolumesOptions['engineSees']): Promise<boolean> {
  await mkdir(dir, { recursive: true });
  try {
    await mountTmpfs(dir, { mode: 0o700 });
  } catch {
    return false;
  }
  try {
    return await isSeen(dir, engineSees);
  } finally {
    await unmount(dir);
  }
}
