import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { apiConfigSource } from '../src/config-source.ts';
import { podFiles } from '../src/pod-files/index.ts';
import { ConfigWatches } from '../src/volumes/config-watches.ts';
import { checkHostPath } from '../src/volumes/host-path.ts';
import { NodeVolumes } from '../src/volumes/node-volumes.ts';
import { Tokens } from '../src/volumes/tokens.ts';
import type { FakeApi } from './fake-api.ts';
import { silent } from './rig.ts';

export interface TempVolumes {
  volumes: NodeVolumes;
  dir: string;
  /** As another agent finds it. */
  reopen(): Promise<NodeVolumes>;
  remove(): Promise<void>;
}

export interface TempVolumesOptions {
  canMount?: boolean;
  now?: () => number;
}

/** Volumes in a folder of the test's own. */
export async function tempVolumes(
  api: FakeApi,
  { canMount = false, now = Date.now }: TempVolumesOptions = {},
): Promise<TempVolumes> {
  const dir = await mkdtemp(join(tmpdir(), 'kubus-volumes-'));
  const opened: NodeVolumes[] = [];
  const open = async () => {
    const volumes = await NodeVolumes.open({
      dir: join(dir, 'disk'),
      memoryDir: join(dir, 'memory'),
      config: apiConfigSource(api, { shareMs: 1 }),
      watches: new ConfigWatches(api),
      tokens: new Tokens({ api, now }),
      facts: () => ({
        hostIPs: ['192.0.2.7'],
        allocatable: { cpuMillis: 4000, memoryBytes: 8 * 2 ** 30, storageBytes: 100 * 2 ** 30 },
      }),
      canMount: async () => canMount,
      hostPath: checkHostPath,
      files: podFiles({ clusterDns: [], clusterDomain: 'cluster.local' }),
      log: silent,
      now,
    });
    opened.push(volumes);
    return volumes;
  };
  return {
    volumes: await open(),
    dir,
    reopen: open,
    remove: async () => {
      for (const volumes of opened) volumes.stop();
      // An agent that was killed in the middle of something never ends it.
      const last = opened.at(-1);
      for (const uid of last?.uids() ?? []) await last?.remove(uid);
      await rm(dir, { recursive: true, force: true });
    },
  };
}
