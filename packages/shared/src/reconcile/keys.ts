import type { ReconcileKey } from './contract.ts';

/** BullMQ's own default, so that the usual tools find the queues. */
export const queuePrefix = 'bull';

/** What a job carries: names, never objects. */
export interface JobData extends ReconcileKey {
  controller: string;
}

/** One text for a key: '<namespace>/<name>'. A namespace holds no slash, so the first one separates. */
export function formatKey(key: ReconcileKey): string {
  return `${key.namespace}/${key.name}`;
}

/** Undefined for a payload that no adapter of this version wrote. */
export function parseJobData(data: unknown, controller: string): ReconcileKey | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const { controller: owner, namespace, name } = data as Partial<JobData>;
  if (owner !== controller || typeof namespace !== 'string' || typeof name !== 'string' || name === '')
    return undefined;
  return { namespace, name };
}

/**
 * Keys of ours beside BullMQ's in a queue's key space. Two parts after the queue: BullMQ's own sweep of orphans takes a
 * single part for the id of a job.
 */
export const ownKeys = (queue: string) => {
  const base = `${queuePrefix}:${queue}:kubus`;
  return {
    /** There as long as nobody deleted the queue's keys. */
    canary: `${base}:canary`,
    /** Hash of key -> failures in a row. */
    failures: `${base}:failures`,
    /** Held by the replica that does the next periodic resync, until it is nearly over. */
    resync: `${base}:resync`,
  };
};
