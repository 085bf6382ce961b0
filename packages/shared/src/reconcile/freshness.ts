import type { Informer } from '../informer/contract.ts';
import { type GroupResource, groupResourceName } from '../object/index.ts';
import type { Store } from '../store/contract.ts';

/**
 * Keeps reconciles from acting on an old view: asks the state which revision each resource has now, and waits until the informers have seen it. All
 * who ask in the same turn of the event loop share one call.
 */
export class Freshness {
  readonly #store: Pick<Store, 'revisions'>;
  readonly #informers: (resource: GroupResource) => Informer | undefined;
  #next: { resources: Map<string, GroupResource>; answer: Promise<Map<string, number>> } | undefined;

  constructor(store: Pick<Store, 'revisions'>, informers: (resource: GroupResource) => Informer | undefined) {
    this.#store = store;
    this.#informers = informers;
  }

  /** Resolves when the informers of `reads` have seen everything committed before the call. Throws when they do not get there in time (milliseconds). */
  async catchUp(reads: readonly GroupResource[], timeoutMs?: number): Promise<void> {
    if (reads.length === 0) return;
    const revisions = await this.#revisions(reads);
    await Promise.all(
      reads.map((resource) => {
        const informer = this.#informers(resource);
        const name = groupResourceName(resource);
        if (informer === undefined) throw new Error(`no informer of ${name}`);
        const revision = revisions.get(name) ?? 0;
        return informer.synced && informer.revision >= revision ? undefined : informer.waitFor(revision, timeoutMs);
      }),
    );
  }

  #revisions(resources: readonly GroupResource[]): Promise<Map<string, number>> {
    this.#next ??= this.#collect();
    for (const resource of resources) this.#next.resources.set(groupResourceName(resource), resource);
    return this.#next.answer;
  }

  #collect() {
    const resources = new Map<string, GroupResource>();
    const answer = new Promise<void>((resolve) => setImmediate(resolve)).then(async () => {
      this.#next = undefined;
      const names = [...resources.keys()];
      const { resources: revisions } = await this.#store.revisions([...resources.values()]);
      return new Map(names.map((name, index) => [name, revisions[index] ?? 0]));
    });
    return { resources, answer };
  }
}
