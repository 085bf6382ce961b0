import { mkdir, open, readlink, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Container, VolumeMount } from '@kubus/shared/schema';
import { ConfigError } from '../pod/env.ts';
import type { ContainerMount } from '../runtime/contract.ts';
import type { MountStart } from './contract.ts';
import { mountBind, mountsBelow, receivesMounts, unmount } from './mount-table.ts';
import { openBelow, refusalOf } from './sub-path.ts';

interface VolumeAt {
  path: string;
  readOnly: boolean;
  /** Nothing is made in it. */
  fixed: boolean;
}

export interface MountPlaces {
  volumes: ReadonlyMap<string, VolumeAt>;
  /** Folder for what is bound for one container, emptied by unmounting. */
  subPaths(container: string, index: number): string;
  /** The node can mount so that the engine sees it. */
  canMount(): Promise<boolean>;
}

const propagations: ReadonlyMap<string, ContainerMount['propagation']> = new Map([
  ['None', 'rprivate'],
  ['HostToContainer', 'rslave'],
  ['Bidirectional', 'rshared'],
]);

/** Where nothing comes in from outside, there is nothing to follow; Docker would refuse to. */
async function propagationOf({ mountPropagation = 'None' }: VolumeMount, source: string) {
  const wanted = propagations.get(mountPropagation) ?? 'rprivate';
  return wanted === 'rslave' && !(await receivesMounts(source)) ? 'rprivate' : wanted;
}

/** The binds of a container's volumeMounts, in their order. */
export async function volumeMounts(
  container: Container,
  start: MountStart,
  places: MountPlaces,
): Promise<ContainerMount[]> {
  const mounts: ContainerMount[] = [];
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
    const volume = places.volumes.get(mount.name);
    if (volume === undefined)
      throw new ConfigError(`cannot find volume "${mount.name}" to mount into container "${container.name}"`);
    const subPath = subPathOf(mount, start.env);
    const source =
      subPath === '' ? volume.path : await subPathSource({ mount, container, index, subPath, volume, places });
    const readOnly = mount.readOnly === true || volume.readOnly;
    mounts.push({
      source,
      target: mount.mountPath.startsWith('/') ? mount.mountPath : `/${mount.mountPath}`,
      readOnly,
      propagation: await propagationOf(mount, source),
      ...(readOnly && mount.recursiveReadOnly !== undefined && mount.recursiveReadOnly !== 'Disabled'
        ? { recursiveReadOnly: mount.recursiveReadOnly === 'Enabled' ? ('must' as const) : ('ifPossible' as const) }
        : {}),
    });
  }
  return mounts;
}

/** `$(NAME)` in subPathExpr is a variable of the container; one that it does not have is an error (kubelet: ExpandContainerVolumeMounts). */
function subPathOf(mount: VolumeMount, env: MountStart['env']): string {
  if (mount.subPathExpr === undefined || mount.subPathExpr === '') return mount.subPath ?? '';
  const variables = new Map(env);
  return mount.subPathExpr.replace(/\$\$|\$\(([^)]*)\)/g, (_, name: string | undefined) => {
    if (name === undefined) return '$';
    const value = variables.get(name);
    if (value === undefined) throw new ConfigError(`missing value for "${name}"`);
    return value;
  });
}

interface SubPathWish {
  mount: VolumeMount;
  container: Container;
  index: number;
  subPath: string;
  volume: VolumeAt;
  places: MountPlaces;
}

/**
 * The open file is bound to a place of the agent's own, and that is what the engine is given: what containers do to the volume afterwards does not matter.
 * Where the agent cannot mount, only volumes that containers cannot write to are as safe by name.
 */
async function subPathSource({ mount, container, index, subPath, volume, places }: SubPathWish): Promise<string> {
  const refusal = refusalOf(subPath);
  if (refusal !== undefined) throw new ConfigError(refusal);
  const of = `for volumeMount "${mount.name}" of container "${container.name}"`;
  const mode = volume.fixed ? undefined : (await stat(volume.path)).mode & 0o7777;
  // No details: they would tell of the host's files.
  const opened = await openBelow(volume.path, subPath, mode).catch(() => {
    throw new ConfigError(`failed to prepare subPath ${of}`);
  });
  try {
    if (volume.readOnly) return await readlink(opened.fdPath);
    if (!(await places.canMount()))
      throw new ConfigError(
        `failed to prepare subPath ${of}: this node's agent may not mount, which a subPath of a writable volume needs`,
      );
    const target = places.subPaths(container.name, index);
    for (const { target: at } of await mountsBelow(target)) await unmount(at);
    await makeTarget(target, opened.isDirectory);
    await mountBind(opened.fdPath, target);
    return target;
  } finally {
    await opened.handle.close();
  }
}

/** What is bound over must be of the same sort. */
async function makeTarget(path: string, isDirectory: boolean): Promise<void> {
  await rm(path, { recursive: true, force: true });
  await mkdir(isDirectory ? path : dirname(path), { recursive: true });
  if (!isDirectory) await (await open(path, 'w', 0o600)).close();
}
