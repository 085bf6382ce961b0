import type { ContainerRecord } from '../runtime/contract.ts';

/** When a container ended; milliseconds since 1970, 0 when it has not. */
export function endOf(record: ContainerRecord): number {
  return record.finishedAt === undefined ? 0 : Date.parse(record.finishedAt);
}

/** RFC 3339 in whole seconds, as Kubernetes writes times. */
export function formatTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
