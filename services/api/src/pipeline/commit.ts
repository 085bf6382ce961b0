import type { KubeObject } from '@kubus/shared/object';
import type { CommitResult, Operation, Store } from '@kubus/shared/store';
import type { StoredCall } from './call.ts';
import type { Deps } from './deps.ts';

/** Commits one operation that stands for itself; the store lets those that come at the same time travel together. */
export async function commitOne(store: Store, operation: Operation): Promise<CommitResult> {
  const [result] = await store.commit([operation]);
  return result as CommitResult;
}

/** Commits a creation or an update that may use more of a quota, together with what it uses. Throws Forbidden when there is no room. */
export function commitWithinQuota(
  { quota, store }: Deps,
  { storage, namespace }: StoredCall,
  operation: Operation & { object: KubeObject },
  subresource = '',
  old?: KubeObject,
): Promise<CommitResult> {
  const request = { resource: storage, subresource, namespace, object: operation.object, old };
  return quota.concerns(request) ? quota.commit(request, operation) : commitOne(store, operation);
}
