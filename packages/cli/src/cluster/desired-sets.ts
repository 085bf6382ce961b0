import { desiredBucket, parseDesiredKey, statusBucket } from '@kubus/shared/bus';
import type { KV, NatsConnection } from 'nats';
import { UsageError } from '../arguments.ts';

/** What the cluster made of a desired set; the value under the set's key in the bucket `kubus_status`. */
export interface SetOutcome {
  phase: 'Applied' | 'Rejected' | 'Failed' | 'Deleted';
  /** Revision of the key in `kubus_desired` that this outcome speaks of. */
  observedRevision: number;
  objects?: { kind: string; namespace?: string; name: string; result: string }[];
  errors?: { document?: number; object?: string; message: string; causes?: { field?: string; message?: string }[] }[];
}

/** The buckets; they are made by the controller-manager when it starts. */
export async function openBuckets(nats: NatsConnection): Promise<{ desired: KV; status: KV }> {
  const js = nats.jetstream();
  const [desired, status] = await Promise.all([
    js.views.kv(desiredBucket, { bindOnly: true }),
    js.views.kv(statusBucket, { bindOnly: true }),
  ]);
  return { desired, status };
}

export function checkKey(key: string | undefined): string {
  if (key === undefined || parseDesiredKey(key) === undefined) {
    throw new UsageError('--set takes <namespace>.<name>, or _cluster.<name> for cluster-scoped objects');
  }
  return key;
}

/** Waits for the outcome of this very revision of the key, or of a later one; undefined after `timeoutMs`. */
export async function waitForOutcome(
  status: KV,
  key: string,
  revision: number,
  timeoutMs: number,
): Promise<SetOutcome | undefined> {
  const watch = await status.watch({ key });
  const timer = setTimeout(() => watch.stop(), timeoutMs);
  try {
    for await (const entry of watch) {
      if (entry.operation !== 'PUT') continue;
      const outcome = entry.json<SetOutcome>();
      if (outcome.observedRevision >= revision) return outcome;
    }
    return undefined;
  } finally {
    clearTimeout(timer);
    watch.stop();
  }
}
