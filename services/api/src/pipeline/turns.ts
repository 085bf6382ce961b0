import { within } from '@kubus/shared/clock';
import type { KubeObject } from '@kubus/shared/object';

/** Whoever is before may wait for a webhook, and that webhook for us: nobody is waited for longer than this. */
const MAX_WAIT_MS = 1_000;

/** The right to be the next to write an object, among the requests of this replica. */
export interface Turn {
  /** What whoever was before made of the object; it may be out of date. */
  readonly former: KubeObject | undefined;
  /** Lets the next one go on, with what the object is now. */
  done(object: KubeObject | undefined): void;
}

/**
 * Requests that want to write the same object at the same time would, each time one of them wins, make all others start again: 64 of them do the work of
 * two thousand. So those that have lost once go one after the other, each from what the one before has left. Only work is saved: that nothing is overwritten
 * rests on the revision that every commit names.
 */
export class Turns {
  readonly #last = new Map<string, Promise<KubeObject | undefined>>();
  readonly #maxWaitMs: number;

  constructor(maxWaitMs = MAX_WAIT_MS) {
    this.#maxWaitMs = maxWaitMs;
  }

  /** Whether somebody has a turn at this object: then it is better to wait for one than to try. */
  isTaken(id: string): boolean {
    return this.#last.has(id);
  }

  async take(id: string): Promise<Turn> {
    const before = this.#last.get(id);
    const own = Promise.withResolvers<KubeObject | undefined>();
    this.#last.set(id, own.promise);
    const former = before && (await within(this.#maxWaitMs, before));
    return {
      former,
      done: (object) => {
        if (this.#last.get(id) === own.promise) this.#last.delete(id);
        own.resolve(object);
      },
    };
  }
}
