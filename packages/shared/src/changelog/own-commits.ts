import type { KubeObject } from '../object/index.ts';

interface OwnCommit {
  commit: string;
  object: KubeObject;
}

/** Remembered at most: what was committed and has not come back by the change log. Of resources that nobody here follows nothing does. */
const kept = 2_048;

/**
 * What this process has committed lately, so that it needs not be parsed when the change log brings it back. A revision alone does not name a change (state may have been
 * restored from a backup): the commit does. Objects are shared, and must not be changed.
 */
export class OwnCommits {
  readonly #objects = new Map<number, OwnCommit>();

  note(commit: string, revision: number, object: KubeObject): void {
    this.#objects.set(revision, { commit, object });
    if (this.#objects.size <= kept) return;
    const [oldest = 0] = this.#objects.keys();
    this.#objects.delete(oldest);
  }

  /** What was committed at this revision, and by which commit; once. */
  take(revision: number): OwnCommit | undefined {
    const own = this.#objects.get(revision);
    if (own !== undefined) this.#objects.delete(revision);
    return own;
  }
}
