import type { KubeObject } from '@kubus/shared/object';
import type { CacheEvent } from './contract.ts';

type EventType = CacheEvent['type'];

class SharedEvent implements CacheEvent {
  readonly type: EventType;
  readonly object: KubeObject;
  readonly previous: KubeObject | undefined;
  readonly revision: number;
  text: Uint8Array | undefined;
  #encoded: Map<string, Uint8Array> | undefined;

  constructor(type: EventType, object: KubeObject, revision: number, text?: Uint8Array, previous?: KubeObject) {
    this.type = type;
    this.object = object;
    this.previous = previous;
    this.revision = revision;
    this.text = text;
  }

  encoded(representation: string, encode: (event: CacheEvent) => Uint8Array): Uint8Array {
    this.#encoded ??= new Map();
    const known = this.#encoded.get(representation);
    if (known !== undefined) return known;
    const bytes = encode(this);
    this.#encoded.set(representation, bytes);
    return bytes;
  }
}

/** ADDED for an object that is there when a watch begins. */
export function initialEvent(object: KubeObject): CacheEvent {
  return new SharedEvent('ADDED', object, Number(object.metadata.resourceVersion ?? 0));
}

/**
 * One change, with the state before it, and the events that it can be to a watcher. Each is made once, when first needed, and shared: what is
 * written to a thousand watchers at the time of the change is encoded once.
 */
export class ChangeRecord {
  readonly namespace: string;
  readonly name: string;
  readonly revision: number;
  /** After the change; undefined when it was deleted. */
  readonly current: KubeObject | undefined;
  readonly previous: KubeObject | undefined;
  /** False for a change out of the log whose object is not known as it was before: whether it matched a selector cannot be told. */
  readonly previousIsKnown: boolean;
  /** When it arrived; milliseconds of the cache's clock. */
  readonly at: number;
  readonly #last: KubeObject;
  #added: SharedEvent | undefined;
  #modified: SharedEvent | undefined;
  #deleted: SharedEvent | undefined;
  #text: Uint8Array | undefined;

  /** `object`: after the change, or the last state of what was deleted; `text`: its JSON, until `forgetEvents`. */
  constructor(
    deleted: boolean,
    object: KubeObject,
    previous: KubeObject | undefined,
    revision: number,
    at: number,
    text?: Uint8Array,
    previousIsKnown = true,
  ) {
    this.namespace = object.metadata.namespace ?? '';
    this.name = object.metadata.name;
    this.revision = revision;
    this.current = deleted ? undefined : object;
    this.previous = previous;
    this.previousIsKnown = previousIsKnown;
    this.at = at;
    this.#last = object;
    this.#text = text;
  }

  /**
   * To be called when all who watch have been given it. The text is a part of what came from the bus, which must not be kept; and what was made for them goes with them:
   * a watch that resumes, for which the change is kept, is rare.
   */
  forgetEvents(): void {
    this.#text = undefined;
    for (const event of [this.#added, this.#modified, this.#deleted]) if (event !== undefined) event.text = undefined;
    this.#added = undefined;
    this.#modified = undefined;
    this.#deleted = undefined;
  }

  /** What this change is to one who sees only objects that match. */
  eventFor(matches: (object: KubeObject) => boolean): CacheEvent | undefined {
    const now = this.current !== undefined && matches(this.current);
    const before = this.previous !== undefined && matches(this.previous);
    if (now) return before ? this.#modifiedEvent() : this.#addedEvent();
    return before ? this.#deletedEvent() : undefined;
  }

  /** The same for one who sees every object. */
  eventForAll(): CacheEvent | undefined {
    if (this.current === undefined) return this.previous === undefined ? undefined : this.#deletedEvent();
    return this.previous === undefined ? this.#addedEvent() : this.#modifiedEvent();
  }

  #addedEvent(): SharedEvent {
    this.#added ??= new SharedEvent('ADDED', this.#last, this.revision, this.#text);
    return this.#added;
  }

  #modifiedEvent(): SharedEvent {
    this.#modified ??= new SharedEvent('MODIFIED', this.#last, this.revision, this.#text, this.previous);
    return this.#modified;
  }

  /** One that ceased to match is shown as it last did, at the revision of the change (Kubernetes: cacher, "old object passed, current did not"). */
  #deletedEvent(): SharedEvent {
    if (this.#deleted !== undefined) return this.#deleted;
    const object = this.#lastSeen();
    this.#deleted = new SharedEvent('DELETED', object, this.revision, object === this.#last ? this.#text : undefined);
    return this.#deleted;
  }

  #lastSeen(): KubeObject {
    if (this.current === undefined || this.previous === undefined) return this.#last;
    const { metadata } = this.previous;
    return { ...this.previous, metadata: { ...metadata, resourceVersion: String(this.revision) } };
  }
}
