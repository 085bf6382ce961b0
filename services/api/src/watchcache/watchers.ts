import type { KubeObject } from '@kubus/shared/object';
import type { WatchQuery } from './contract.ts';
import type { ChangeRecord } from './record.ts';
import type { Watcher } from './watcher.ts';

/** Derives the value by which watches of a resource can be narrowed, e.g. a pod's spec.nodeName. */
export type Trigger = (object: KubeObject) => string;

/** The watchers of a resource, found by what concerns them: a change costs nothing for those who watch another object or another trigger value. */
export class Watchers {
  readonly #triggers: ReadonlyMap<string, Trigger>;
  readonly #broad = new Set<Watcher>();
  readonly #narrow = new Map<string, Set<Watcher>>();

  constructor(triggers: ReadonlyMap<string, Trigger>) {
    this.#triggers = triggers;
  }

  get size(): number {
    let size = this.#broad.size;
    for (const watchers of this.#narrow.values()) size += watchers.size;
    return size;
  }

  add(watcher: Watcher): void {
    const group = this.#groupOf(watcher.query);
    if (group === undefined) {
      this.#broad.add(watcher);
      return;
    }
    const watchers = this.#narrow.get(group) ?? new Set();
    this.#narrow.set(group, watchers.add(watcher));
  }

  remove(watcher: Watcher): void {
    this.#broad.delete(watcher);
    const group = this.#groupOf(watcher.query);
    if (group === undefined) return;
    const watchers = this.#narrow.get(group);
    watchers?.delete(watcher);
    if (watchers?.size === 0) this.#narrow.delete(group);
  }

  *all(): Generator<Watcher> {
    yield* this.#broad;
    for (const watchers of this.#narrow.values()) yield* watchers;
  }

  /** Calls `visit` for every watcher whom the change may concern. */
  concerned(record: ChangeRecord, visit: (watcher: Watcher) => void): void {
    for (const watcher of this.#broad) visit(watcher);
    if (this.#narrow.size === 0) return;
    this.#visitGroup(objectGroup(record.namespace, record.name), visit);
    for (const [name, trigger] of this.#triggers) {
      const now = record.current === undefined ? undefined : trigger(record.current);
      const before = record.previous === undefined ? undefined : trigger(record.previous);
      if (now !== undefined) this.#visitGroup(triggerGroup(name, now), visit);
      if (before !== undefined && before !== now) this.#visitGroup(triggerGroup(name, before), visit);
    }
  }

  #visitGroup(group: string, visit: (watcher: Watcher) => void): void {
    const watchers = this.#narrow.get(group);
    if (watchers !== undefined) for (const watcher of watchers) visit(watcher);
  }

  #groupOf({ namespace = '', name, trigger }: WatchQuery): string | undefined {
    if (name !== undefined && namespace !== '') return objectGroup(namespace, name);
    if (trigger !== undefined && this.#triggers.has(trigger.name)) return triggerGroup(trigger.name, trigger.value);
    return undefined;
  }
}

function objectGroup(namespace: string, name: string): string {
  return `o/${namespace}/${name}`;
}

function triggerGroup(name: string, value: string): string {
  return `t/${name}/${value}`;
}
