import type { KubeObject } from '@kubus/shared/object';
import type { CacheEvent, WatchQuery, WatchSink } from './contract.ts';
import type { ChangeRecord } from './record.ts';

/** One watch: what it sees, and how far it is. */
export class Watcher {
  readonly query: WatchQuery;
  readonly sink: WatchSink;
  /** Everything up to here has been offered. */
  #last: number;
  #ended = false;

  constructor(query: WatchQuery, sink: WatchSink, last: number) {
    this.query = query;
    this.sink = sink;
    this.#last = last;
  }

  get ended(): boolean {
    return this.#ended;
  }

  sees(object: KubeObject): boolean {
    const { namespace, name } = object.metadata;
    return this.#inScope(namespace ?? '', name) && (this.query.predicate?.(object) ?? true);
  }

  /** False: the watcher cannot take more, and is to be forgotten. */
  offer(record: ChangeRecord): boolean {
    if (this.#ended || record.revision <= this.#last) return true;
    this.#last = record.revision;
    if (!this.#inScope(record.namespace, record.name)) return true;
    const { predicate } = this.query;
    const event = predicate === undefined ? record.eventForAll() : record.eventFor(predicate);
    return event === undefined || this.give(event);
  }

  give(event: CacheEvent): boolean {
    return this.#settle(this.sink.event(event));
  }

  bookmark(revision: number, initialEventsEnd: boolean): boolean {
    if (this.#ended) return true;
    if (!initialEventsEnd && revision <= this.#last) return true;
    this.#last = Math.max(this.#last, revision);
    return this.#settle(this.sink.bookmark(revision, initialEventsEnd));
  }

  /** Marks it as ended; nothing is given to it any more. False when it had been before. */
  end(): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    return true;
  }

  #settle(taken: boolean): boolean {
    return taken || this.#ended;
  }

  #inScope(namespace: string, name: string): boolean {
    const { query } = this;
    if (query.namespace !== undefined && query.namespace !== '' && query.namespace !== namespace) return false;
    return query.name === undefined || query.name === name;
  }
}
