import type { KubeObject, ObjectKey } from '@kubus/shared/object';
import type { Event } from '@kubus/shared/schema';
import type { Operation, Store } from '@kubus/shared/store';

const events = { group: '', resource: 'events' } as const;

/** Objects that are looked at in one turn, and deletions of one commit. */
const PAGE = 500;
/** How often it is looked, in parts of the time that events are kept: so much longer than it may one stay. */
const ROUNDS = 12;

export interface EventExpiryOptions {
  store: Pick<Store, 'list' | 'commit'>;
  /** Milliseconds for which an event is kept after it was last written (kube-apiserver's --event-ttl). */
  ttlMs: number;
  now?: () => number;
  onError(error: unknown): void;
}

/**
 * Events go by themselves, so that a flood of them is over an hour later. Kubernetes' etcd forgets them; here every replica looks for them from time to time, and
 * deletes what is as it was when it was looked at: neither admission nor finalizers are asked, as there.
 */
export class EventExpiry {
  readonly #options: Required<EventExpiryOptions>;
  #timer: NodeJS.Timeout | undefined;
  #sweeping = false;
  #stopped = false;

  constructor(options: EventExpiryOptions) {
    this.#options = { now: Date.now, ...options };
  }

  start(): void {
    this.#timer = setInterval(() => this.#round(), this.#options.ttlMs / ROUNDS).unref();
  }

  stop(): void {
    this.#stopped = true;
    clearInterval(this.#timer);
  }

  /** Resolves with how many events are gone. */
  async sweep(): Promise<number> {
    const found: Operation[] = [];
    let next: string | undefined;
    do {
      const page = await this.#options.store.list({
        ...events,
        limit: PAGE,
        ...(next === undefined ? {} : { continue: next }),
      });
      const now = this.#options.now();
      for (const event of page.items)
        if (now - lastWritten(event, now) >= this.#options.ttlMs) found.push(deletion(event));
      next = page.continue;
    } while (next !== undefined && !this.#stopped);
    return this.#delete(found);
  }

  async #delete(found: readonly Operation[]): Promise<number> {
    let gone = 0;
    for (let at = 0; at < found.length && !this.#stopped; at += PAGE) {
      // Each by itself: one that was written meanwhile, or is gone, does not hold the others.
      const results = await Promise.all(found.slice(at, at + PAGE).map((one) => this.#options.store.commit([one])));
      gone += results.filter(([result]) => result?.ok).length;
    }
    return gone;
  }

  #round(): void {
    if (this.#sweeping) return;
    this.#sweeping = true;
    this.sweep()
      .catch(this.#options.onError)
      .finally(() => {
        this.#sweeping = false;
      });
  }
}

/** The latest time that an event tells of itself. What lies in the future is no time of a write. */
export function lastWritten(event: KubeObject, now: number): number {
  const { metadata, lastTimestamp, eventTime, series } = event as Event;
  const told = [
    metadata.creationTimestamp,
    ...(metadata.managedFields ?? []).map(({ time }) => time),
    lastTimestamp,
    eventTime,
    series?.lastObservedTime,
  ];
  const times = told.map((text) => Date.parse(text ?? '')).filter((time) => time <= now);
  return Math.max(0, ...times);
}

function deletion({ metadata }: KubeObject): Operation {
  const key: ObjectKey = { ...events, namespace: metadata.namespace ?? '', name: metadata.name };
  const preconditions = metadata.resourceVersion === undefined ? {} : { resourceVersion: metadata.resourceVersion };
  return { type: 'delete', key, preconditions };
}
