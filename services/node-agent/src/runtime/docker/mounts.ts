import type Docker from 'dockerode';
import { type ContainerMount, ContainerStartError } from '../contract.ts';

/** Engines from this API version on (Docker 25) can make what is mounted below a read-only mount read-only too. */
const recursiveSince = [1, 44] as const;

export function canMountRecursively(apiVersion: string): boolean {
  const [major = 0, minor = 0] = apiVersion.split('.').map(Number);
  return major > recursiveSince[0] || (major === recursiveSince[0] && minor >= recursiveSince[1]);
}

/** A mount as the engine takes it. Such engines do it unless they are told not to; Kubernetes only when it is asked for (KEP-3857). */
export function bindMount(mount: ContainerMount, recursive: boolean): Docker.MountConfig[number] {
  const { recursiveReadOnly } = mount;
  if (recursiveReadOnly === 'must' && !recursive)
    throw new ContainerStartError(
      `recursive read-only mode was requested for ${mount.target}, but it is not supported by the runtime`,
    );
  const options = {
    // The engine's default; said outright, it refuses it for mounts that hold its own folder, the root of the host among them.
    ...(mount.propagation === 'rprivate' ? {} : { Propagation: mount.propagation }),
    ...(recursive && mount.readOnly
      ? recursiveReadOnly === undefined
        ? { ReadOnlyNonRecursive: true }
        : { ReadOnlyForceRecursive: recursiveReadOnly === 'must' }
      : {}),
  };
  return {
    ...{ Type: 'bind', Source: mount.source, Target: mount.target, ReadOnly: mount.readOnly },
    // Its type knows no mount without a propagation.
    BindOptions: options as Docker.MountSettings['BindOptions'],
  };
}
