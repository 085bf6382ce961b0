import type { ContainerRecord } from '../runtime/contract.ts';

/** Bytes by pod uid and container, of bytes by container id: the starts of one container are added up. */
export function bytesByPod(
  records: readonly ContainerRecord[],
  bytes: ReadonlyMap<string, number>,
): Map<string, Map<string, number>> {
  const byPod = new Map<string, Map<string, number>>();
  for (const { id, podUid, container } of records) {
    const pod = byPod.get(podUid) ?? new Map<string, number>();
    pod.set(container, (pod.get(container) ?? 0) + (bytes.get(id) ?? 0));
    byPod.set(podUid, pod);
  }
  return byPod;
}
