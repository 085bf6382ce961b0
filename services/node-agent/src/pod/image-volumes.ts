import type { Container, Pod, Volume } from '@kubus/shared/schema';
import type { PodMemory } from './memory.ts';

/** Where `PodMemory` notes of a volume from an image that it is filled, or when to try again; no container has such a name. */
export const imageVolumeKey = (volume: string): string => `volume ${volume}`;

const mountsIt = (volume: string, { volumeMounts = [] }: Pick<Container, 'volumeMounts'>) =>
  volumeMounts.some(({ name }) => name === volume);

/** Names of the containers that mount a volume. */
export const usersOf = ({ spec }: Pod, volume: string): string[] =>
  [...(spec?.initContainers ?? []), ...(spec?.containers ?? []), ...(spec?.ephemeralContainers ?? [])]
    .filter((container) => mountsIt(volume, container))
    .map(({ name }) => name);

/** Volumes from images that are still to be filled and that a container mounts; of one container when it is given. */
export const unfilledImageVolumes = (pod: Pod, memory: PodMemory, container?: Container): Volume[] =>
  (pod.spec?.volumes ?? []).filter(
    ({ name, image }) =>
      image !== undefined &&
      !memory.images.has(imageVolumeKey(name)) &&
      (container === undefined ? usersOf(pod, name).length > 0 : mountsIt(name, container)),
  );
