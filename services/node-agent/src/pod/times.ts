import type { ContainerRecord } from '../runtime/contract.ts';

/** When a container ended; milliseconds since 1970, 0 when it has not. */
export function endOf(record: ContainerRecord): number {
  return record.finishedAt === undefined ? 0 : Date.parse(record.finishedAt);
}

/** RFC 3339 in whole seconds, as Kubernetes writes times. */
export function formatTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}

/** A time as Go prints it: `50ms`, `30s`, `1m20s`, `1h0m0s`. */
export function goDuration(seconds: number): string {
  if (seconds > 0 && seconds < 1) return `${seconds * 1000}ms`;
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  return `${hours > 0 ? `${hours}h` : ''}${minutes > 0 ? `${minutes % 60}m` : ''}${seconds % 60}s`;
}
