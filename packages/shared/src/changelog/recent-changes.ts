import type { KubeObject, ObjectKey } from '../object/index.ts';
import type { Change } from './contract.ts';
import { headOf, parseChange, parseHead, type Reading } from './message.ts';

/** Messages remembered at most: how far one reader may be ahead of the other. */
const kept = 4_096;

/**
 * Changes that came to this process lately, for two who read the log by different ways (informers, and the durable consumers of reconciles): who comes
 * second gets the object that the first has parsed, as long as anybody holds it. Objects stay sealed. They are shared, and must not be changed.
 */
export class RecentChanges {
  readonly #objects = new Map<string, WeakRef<KubeObject>>();
  readonly #reading: Reading;

  /** With `trim`, both get objects without managedFields. */
  constructor(reading: Pick<Reading, 'trim'> = {}) {
    this.#reading = reading;
  }

  /** As `parseChange`. */
  parse(key: ObjectKey, data: Uint8Array): Change | undefined {
    const head = headOf(data);
    if (head === undefined) return parseChange(key, data, this.#reading);
    const known = this.#objects.get(head)?.deref();
    if (known === undefined) {
      const change = parseChange(key, data, this.#reading);
      if (change !== undefined) this.#remember(head, change.object);
      return change;
    }
    this.#objects.delete(head);
    const { type, revision, previousRevision } = parseHead(head);
    return { type, key, revision, previousRevision, object: known };
  }

  #remember(head: string, object: KubeObject): void {
    this.#objects.set(head, new WeakRef(object));
    const [oldest = ''] = this.#objects.size > kept ? this.#objects.keys() : [];
    this.#objects.delete(oldest);
  }
}
