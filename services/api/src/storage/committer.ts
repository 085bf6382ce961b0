import type { CommitResult, Operation, Store } from '@kubus/shared/store';

/** Operations sent to Redis in one script; above it the script would hold up everybody else too long. */
const MAX_BATCH = 128;

interface Pending {
  operation: Operation;
  resolve(result: CommitResult): void;
  reject(error: unknown): void;
}

/**
 * Writes to the store. Operations that arrive in the same turn of the event loop travel in one commit, each standing for itself: a loaded replica
 * pays for one script where it would pay for dozens, and an idle one waits for nobody.
 */
export class Committer {
  readonly #store: Store;
  #pending: Pending[] = [];

  constructor(store: Store) {
    this.#store = store;
  }

  commit(operation: Operation): Promise<CommitResult> {
    return new Promise((resolve, reject) => {
      if (this.#pending.length === 0) setImmediate(() => this.#flush());
      this.#pending.push({ operation, resolve, reject });
      if (this.#pending.length >= MAX_BATCH) this.#flush();
    });
  }

  /** All or nothing. */
  commitTogether(operations: readonly Operation[]): Promise<CommitResult[]> {
    return this.#store.commit(operations, { atomic: true });
  }

  #flush(): void {
    const batch = this.#pending;
    if (batch.length === 0) return;
    this.#pending = [];
    const operations = batch.map(({ operation }) => operation);
    this.#store.commit(operations, { atomic: false }).then(
      (results) => {
        for (const [i, pending] of batch.entries()) pending.resolve(results[i] as CommitResult);
      },
      (error: unknown) => {
        for (const { reject } of batch) reject(error);
      },
    );
  }
}
