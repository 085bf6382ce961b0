import { quantityValue } from '@kubus/shared/object';
import type { Container, Pod, Volume } from '@kubus/shared/schema';

/** Bytes on the node's disk. */
export interface LocalUsage {
  /** emptyDirs on disk, by volume. */
  volumes: ReadonlyMap<string, number>;
  /** What containers wrote outside of volumes, by container. */
  containers: ReadonlyMap<string, number>;
}

const limitOf = (container: Container): number | undefined => {
  const limit = container.resources?.limits?.['ephemeral-storage'];
  return limit === undefined ? undefined : quantityValue(limit);
};

const onDisk = ({ emptyDir }: Volume) => emptyDir !== undefined && (emptyDir.medium ?? '') === '';

/** emptyDirs that take up the node's disk. */
export const onDiskVolumes = (pod: Pod): Volume[] => (pod.spec?.volumes ?? []).filter(onDisk);

/** Volumes of the pod whose size matters: limited ones, or all on disk where the pod's storage is limited. */
export function measuredVolumes(pod: Pod): Volume[] {
  const limited = hasStorageLimit(pod);
  return onDiskVolumes(pod).filter((v) => limited || v.emptyDir?.sizeLimit !== undefined);
}

export const hasStorageLimit = ({ spec }: Pod): boolean =>
  (spec?.containers ?? []).some((container) => limitOf(container) !== undefined);

/** What of its limits on local storage a pod exceeds, in kubelet's words; it is evicted for it. Undefined: nothing. Pure. */
export function localStorageExcess(pod: Pod, usage: LocalUsage): string | undefined {
  return volumeExcess(pod, usage) ?? podExcess(pod, usage) ?? containerExcess(pod, usage);
}

function volumeExcess({ spec }: Pod, { volumes }: LocalUsage): string | undefined {
  for (const { name, emptyDir } of spec?.volumes ?? []) {
    const limit = emptyDir?.sizeLimit;
    if (limit === undefined || quantityValue(limit) <= 0 || (volumes.get(name) ?? 0) <= quantityValue(limit)) continue;
    return `Usage of EmptyDir volume "${name}" exceeds the limit "${limit}". `;
  }
  return undefined;
}

/** The pod's limit is the sum of its containers', when all have one. */
function podExcess({ spec }: Pod, { volumes, containers }: LocalUsage): string | undefined {
  const limits = (spec?.containers ?? []).map(limitOf);
  if (limits.length === 0 || limits.includes(undefined)) return undefined;
  const limit = limits.reduce((sum: number, each) => sum + (each ?? 0), 0);
  const used = [...volumes.values(), ...containers.values()].reduce((a, b) => a + b, 0);
  if (used <= limit) return undefined;
  const shown = (spec?.containers ?? []).map((c) => c.resources?.limits?.['ephemeral-storage']);
  return `Pod ephemeral local storage usage exceeds the total limit of containers ${shown.length === 1 ? shown[0] : limit}. `;
}

function containerExcess({ spec }: Pod, { containers }: LocalUsage): string | undefined {
  for (const container of spec?.containers ?? []) {
    const limit = limitOf(container);
    if (limit === undefined || (containers.get(container.name) ?? 0) <= limit) continue;
    return `Container ${container.name} exceeded its local ephemeral storage limit "${container.resources?.limits?.['ephemeral-storage']}". `;
  }
  return undefined;
}
