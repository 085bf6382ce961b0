import type { CommitResult, Operation, Store } from '@kubus/shared/store';

/** Commits one operation that stands for itself; the store lets those that come at the same time travel together. */
export async function commitOne(store: Store, operation: Operation): Promise<CommitResult> {
  const [result] = await store.commit([operation]);
  return result as CommitResult;
}
