import { type GroupResource, groupResourceName, type ObjectKey } from '../object/index.ts';

/** A change on its way to the change log. */
export interface RelayedChange {
  readonly key: ObjectKey;
  readonly revision: number;
  readonly previousRevision: number;
  /** As it is published. */
  readonly message: Uint8Array;
}

/** Where the relay is: what it hands out next is the change after `position`. */
export interface RelayPlace {
  /** Of the change log. */
  epoch: string;
  position: number;
}

export interface RelayedListener {
  /** Every change after the relay's place is going to come. */
  begin(): void;
  take(change: RelayedChange): void;
  /** Nothing more comes; all changes up to here have been handed out. */
  end(position: number): void;
}

/**
 * What the relay of this process has copied to the change log, for readers in the same process: they need not have it back from JetStream. They get every change
 * of every resource, whoever committed it, in the order of the revisions, and only once JetStream has taken it: so a reader never has more than what is in the
 * log, and whoever finds that Redis has gone back behind the log finds what readers have seen.
 */
export class RelayedChanges {
  readonly #listeners = new Map<string, RelayedListener>();
  #place: RelayPlace | undefined;
  #sent: RelayedChange[] = [];

  /** Undefined while the relay of this process is not active. */
  get place(): Readonly<RelayPlace> | undefined {
    return this.#place;
  }

  /** One listener for each resource. */
  follow(resource: GroupResource, listener: RelayedListener): void {
    this.#listeners.set(groupResourceName(resource), listener);
  }

  unfollow(resource: GroupResource): void {
    this.#listeners.delete(groupResourceName(resource));
  }

  begin(place: RelayPlace): void {
    this.#place = { ...place };
    for (const listener of [...this.#listeners.values()]) listener.begin();
  }

  /** The next change has gone out. */
  sent(change: RelayedChange): void {
    this.#sent.push(change);
  }

  /** JetStream has all that was sent, up to this revision. */
  acknowledged(revision: number): void {
    const place = this.#place;
    if (place === undefined) return;
    const later = this.#sent.findIndex((change) => change.revision > revision);
    for (const change of this.#sent.splice(0, later < 0 ? this.#sent.length : later)) {
      this.#listeners.get(groupResourceName(change.key))?.take(change);
      place.position = change.revision;
    }
  }

  end(): void {
    const place = this.#place;
    this.#place = undefined;
    this.#sent = [];
    if (place !== undefined) for (const listener of [...this.#listeners.values()]) listener.end(place.position);
  }
}
