import { chmod, chown, mkdir } from 'node:fs/promises';
import { quantityValue } from '@kubus/shared/object';
import type { HostPathVolumeSource, Pod, Volume } from '@kubus/shared/schema';
import { groupFolderBits, type Payload, writeAtomically } from './atomic-writer.ts';
import { VolumeError } from './contract.ts';
import { hugePageBytes } from './huge-pages.ts';
import { filesIn } from './image-files.ts';
import { configMapFiles, downwardFiles, projectedFiles, type SourceContext, secretFiles } from './sources.ts';

/** Where one volume of one pod is. */
export interface Place {
  pod: Pod;
  /** On the node's disk and in its memory; neither exists before it is made. */
  disk: string;
  memory: string;
  /** fsGroup. */
  gid: number | undefined;
  context(defaultMode: number | undefined): SourceContext;
  hostPath(source: HostPathVolumeSource): Promise<void>;
  /** A file system of its own in memory; false where the node cannot mount. */
  mountMemory(path: string, sizeBytes: number): Promise<boolean>;
  /** One of huge pages; false where the node cannot mount. */
  mountHugePages(path: string, pageBytes: number): Promise<boolean>;
}

/** One kind of volume. */
export interface VolumePlugin {
  /** What containers are given. */
  path(volume: Volume, place: Place): string;
  /** Makes and fills it; once more it brings the content up to date. */
  setUp(volume: Volume, place: Place): Promise<void>;
  /** Containers never write to it. */
  readOnly: boolean;
  /** What is not in it cannot be made there: a subPath has to exist. */
  fixed?: true;
  /** Its content is made from objects of the API and follows them. */
  follows: boolean;
}

const emptyDir: VolumePlugin = {
  readOnly: false,
  follows: false,
  path: ({ emptyDir: source }, place) => (isOnDisk(source?.medium) ? place.disk : place.memory),
  setUp: async (volume, place) => {
    const { medium = '', sizeLimit } = volume.emptyDir ?? {};
    const pageBytes = hugePageBytes(medium, place.pod);
    if (pageBytes === undefined && medium !== 'Memory' && !isOnDisk(medium))
      throw new VolumeError(`unknown storage medium "${medium}"`);
    const path = emptyDir.path(volume, place);
    const isNew = (await mkdir(path, { recursive: true })) !== undefined;
    if (medium === 'Memory') await place.mountMemory(path, memorySize(sizeLimit, place));
    if (pageBytes !== undefined && !(await place.mountHugePages(path, pageBytes)))
      throw new VolumeError('this node cannot mount huge pages');
    if (isNew) await openToAll(path, place.gid);
  },
};

const isOnDisk = (medium: string | undefined): boolean => medium === undefined || medium === '';

/** kubelet: the limit, but no more than the pod may use in all. */
function memorySize(limit: string | number | undefined, place: Place): number {
  const { pod, facts } = place.context(undefined);
  const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])];
  const limits = containers.map((c) => quantityValue(c.resources?.limits?.['memory'] ?? 0));
  const ofContainers = limits.includes(0) ? Number.POSITIVE_INFINITY : limits.reduce((a, b) => a + b, 0);
  const ofPod = quantityValue(pod.spec?.resources?.limits?.['memory'] ?? 0) || ofContainers;
  const asked = limit === undefined ? 0 : quantityValue(limit);
  return Math.min(facts.allocatable.memoryBytes, ofPod, asked > 0 ? asked : Number.POSITIVE_INFINITY);
}

/** kubelet: 0777 whatever the umask; with fsGroup it and what is made in it belong to the group. */
async function openToAll(path: string, gid: number | undefined): Promise<void> {
  if (gid !== undefined) await chown(path, process.getuid?.() ?? 0, gid);
  await chmod(path, gid === undefined ? 0o777 : 0o2777);
}

const hostPath: VolumePlugin = {
  readOnly: false,
  follows: false,
  path: ({ hostPath: source }) => source?.path ?? '',
  setUp: async ({ hostPath: source }, place) => place.hostPath(source ?? { path: '' }),
};

/** Filled apart from the others, once its image is there. */
const image: VolumePlugin = {
  readOnly: true,
  fixed: true,
  follows: false,
  path: (_, place) => filesIn(place.disk),
  setUp: async (_, place) => void (await mkdir(place.disk, { recursive: true })),
};

type Fill = (volume: Volume, place: Place) => Payload | Promise<Payload>;

/** A volume of files that the agent writes. */
function files(medium: 'disk' | 'memory', fill: Fill): VolumePlugin {
  return {
    readOnly: true,
    follows: true,
    path: (_, place) => place[medium],
    setUp: async (volume, place) => {
      const payload = await fill(volume, place);
      const { gid } = place;
      const dir = place[medium];
      if ((await mkdir(dir, { recursive: true })) !== undefined) {
        if (gid !== undefined) await chown(dir, process.getuid?.() ?? 0, gid);
        await chmod(dir, gid === undefined ? 0o777 : 0o777 | groupFolderBits);
      }
      await writeAtomically(dir, payload, gid === undefined ? {} : { gid });
    },
  };
}

/** By the field of the volume that names its kind. Secrets and what may hold some stay in memory. */
const plugins: ReadonlyMap<string, VolumePlugin> = new Map([
  ['emptyDir', emptyDir],
  ['hostPath', hostPath],
  ['image', image],
  [
    'configMap',
    files('disk', ({ configMap = {} }, place) => configMapFiles(configMap, place.context(configMap.defaultMode))),
  ],
  [
    'secret',
    files('memory', ({ secret = {} }, place) => {
      const { secretName: name = '', defaultMode, ...rest } = secret;
      return secretFiles({ name, ...rest }, place.context(defaultMode));
    }),
  ],
  [
    'downwardAPI',
    files('memory', ({ downwardAPI = {} }, place) =>
      downwardFiles(downwardAPI.items ?? [], place.context(downwardAPI.defaultMode)),
    ),
  ],
  [
    'projected',
    files('memory', ({ projected = {} }, place) =>
      projectedFiles(projected.sources ?? [], place.context(projected.defaultMode)),
    ),
  ],
]);

export function pluginOf(volume: Volume): VolumePlugin {
  const kind = kindOf(volume);
  const plugin = plugins.get(kind);
  if (plugin === undefined) throw new VolumeError(`volumes of type ${kind} are not supported by this node`);
  return plugin;
}

function kindOf(volume: Volume): string {
  const found = Object.entries(volume).find(([name, source]) => name !== 'name' && source !== undefined);
  return found?.[0] ?? 'emptyDir';
}
