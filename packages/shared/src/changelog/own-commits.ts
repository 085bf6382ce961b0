import { type GroupResource, groupResourceName, type KubeObject } from '../object/index.ts';

interface OwnCommit {
  commit: string;
  object: KubeObject;
}

/** Remembered at most: what was committed and has not come back by the change log. */
const kept = 2_048;

/**
 * What this process has committed lately, so that it needs not be parsed when the change log brings it back. A revision alone does not name a change (state may have been
 * restored from a backup): the commit does. Objects are shared, and must not be changed.
 */
export class OwnCommits {
  readonly #objects = new Map<number, OwnCommit>();

  readonly #followed = new Set<string>();

  /** From now on changes of the resource come back. */
  follow(resource: GroupResource): void {
    this.#followed.add(groupResourceName(resource));
  }

  unfollow(resource: GroupResource): void {
    this.#followed.delete(groupResourceName(resource));
  }

  /** Of resources that nobody follows nothing is kept: no more than the garbage of their requests has to outlive these. */
  note(commit: string, revision: number, resource: GroupResource, object: KubeObject): void {
    if (!this.#followed.has(groupResourceName(resource))) return;
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
