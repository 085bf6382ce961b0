import type { CommitResult, Operation, Store } from '@kubus/shared/store';
import type { Companion } from './contract.ts';

export type CompanionResult = CommitResult & { companion?: Companion };

/**
 * Commits an operation together with its companions, all or none. A refusal is that of the operation, or of the companion that it names; 'Aborted' is
 * left for what `before` was refused for: operations that go before it.
 */
export async function commitWith(
  store: Store,
  operation: Operation,
  companions: readonly Companion[],
  before: readonly Operation[] = [],
): Promise<CompanionResult> {
  const results = await store.commit([...before, operation, ...companions.map((companion) => companion.operation)]);
  const own = results[before.length] as CommitResult;
  if (own.ok || own.refusal.reason !== 'Aborted') return own;
  const at = results.findIndex((result) => !result.ok && result.refusal.reason !== 'Aborted');
  const companion = companions[at - before.length - 1];
  if (companion === undefined) return own;
  if (companion.optional) {
    const others = companions.filter((other) => other !== companion);
    return commitWith(store, operation, others, before);
  }
  return { ...(results[at] as CommitResult), companion };
}
