import type { Pod } from '@kubus/shared/schema';
import type { PodMemory } from './memory.ts';

/** What of a pod its volumes are made from and that may change in its life: once they are set up for this, they need nothing until it differs. Pure. */
export function volumesWish({ metadata, spec }: Pod): string {
  const volumes = spec?.volumes ?? [];
  const reads = volumes.some(
    ({ downwardAPI, projected }) =>
      downwardAPI !== undefined || projected?.sources?.some((source) => source.downwardAPI !== undefined) === true,
  );
  if (!reads) return volumes.length === 0 ? '' : 'fixed';
  const resources = (spec?.containers ?? []).map((container) => container.resources);
  return JSON.stringify([metadata.labels, metadata.annotations, resources]);
}

/** All of them have been set up once. */
export const volumesAreThere = (pod: Pod, { volumes }: Pick<PodMemory, 'volumes'>): boolean =>
  volumes.wish !== undefined || volumesWish(pod) === '';
