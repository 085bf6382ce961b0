import type { PodInfo } from '../cluster/pod-info.ts';
import { Heap } from './heap.ts';

/** After this long without a reason, a pod that fits nowhere is tried anyway. */
const flushMs = 300_000;

export interface PendingQueueOptions {
  /** Whether this replica is to try the pod; others are left to their replicas for a while. Default: all. */
  owns?: (info: PodInfo) => boolean;
  /** Milliseconds on any clock that does not go back. Default performance.now. */
  now?: () => number;
  /** Wait after the first failure, doubled with each further one; milliseconds, default 1,000 (kube-scheduler's podInitialBackoffSeconds). */
  firstBackoffMs?: number;
  /** Longest wait; milliseconds, default 10,000 (podMaxBackoffSeconds). */
  longestBackoffMs?: number;
  /** After this long a pod is tried although another replica ought to; milliseconds, default 30,000. */
  foreignMs?: number;
}

type Place = 'active' | 'backoff' | 'unschedulable' | 'foreign' | 'trying';

interface Entry {
  info: PodInfo;
  place: Place;
  /** Order among pods of one priority. */
  arrival: number;
  failures: number;
  /** When it leaves 'backoff'; when it came to 'unschedulable' or 'foreign'. */
  at: number;
  /** Something that may help happened while it was being tried. */
  awaken: boolean;
  /** Another replica ought to have tried it. */
  overdue: boolean;
}

/**
 * Pods that wait for a node. Active ones are tried, by priority and then by age; those that were refused wait out a backoff; those that fit nowhere wait until something
 * changes that may help them (kube-scheduler's activeQ, backoffQ and unschedulablePods).
 */
export class PendingQueue {
  readonly #options: Required<PendingQueueOptions>;
  readonly #entries = new Map<string, Entry>();
  readonly #active = new Heap<Entry>(comesFirst);
  readonly #backoff = new Heap<Entry>((a, b) => a.at < b.at);
  #arrivals = 0;
  #wake: (() => void) | undefined;

  constructor(options: PendingQueueOptions = {}) {
    this.#options = {
      owns: options.owns ?? (() => true),
      now: options.now ?? (() => performance.now()),
      firstBackoffMs: options.firstBackoffMs ?? 1_000,
      longestBackoffMs: options.longestBackoffMs ?? 10_000,
      foreignMs: options.foreignMs ?? 30_000,
    };
  }

  has(uid: string): boolean {
    return this.#entries.has(uid);
  }

  /** How many pods are where, for metrics. */
  counts(): Record<Place, number> {
    const counts = { active: 0, backoff: 0, unschedulable: 0, foreign: 0, trying: 0 };
    for (const { place } of this.#entries.values()) counts[place] += 1;
    return counts;
  }

  /** Adds a pod, or takes its new form: a change of what it asks for may help it. */
  put(info: PodInfo): void {
    const known = this.#entries.get(info.uid);
    if (known === undefined) {
      this.#arrivals += 1;
      const entry: Entry = {
        info,
        place: 'active',
        arrival: this.#arrivals,
        failures: 0,
        at: 0,
        awaken: false,
        overdue: false,
      };
      this.#entries.set(info.uid, entry);
      this.#activate(entry);
      return;
    }
    const changed = !sameWishes(known.info, info);
    known.info = info;
    if (!changed) return;
    if (known.place === 'unschedulable') this.#activate(known);
    else if (known.place === 'trying') known.awaken = true;
    // The heap is ordered by priority, which cannot be changed in place.
    else if (known.place === 'active') this.#requeue(known);
  }

  remove(uid: string): void {
    const entry = this.#entries.get(uid);
    if (entry === undefined) return;
    // Its place in a heap is passed over when it is reached.
    entry.place = 'trying';
    this.#entries.delete(uid);
  }

  /** The next pod to try, if one is due; `done`, `refused` or `unschedulable` has to be called for it. */
  pop(): PodInfo | undefined {
    this.#due();
    for (let entry = this.#active.pop(); entry !== undefined; entry = this.#active.pop()) {
      if (entry.place !== 'active' || this.#entries.get(entry.info.uid) !== entry) continue;
      if (entry.overdue || this.#options.owns(entry.info)) {
        entry.place = 'trying';
        entry.awaken = false;
        entry.overdue = false;
        return entry.info;
      }
      entry.place = 'foreign';
      entry.at = this.#options.now();
    }
    return undefined;
  }

  get hasActive(): boolean {
    this.#due();
    return this.#active.size > 0;
  }

  /** Bound, or gone. */
  done(uid: string): void {
    this.#entries.delete(uid);
  }

  /** Its binding was refused or failed: try again, after a backoff that grows, or at once. */
  refused(uid: string, atOnce = false): void {
    const entry = this.#trying(uid);
    if (entry === undefined) return;
    if (atOnce) this.#activate(entry);
    else this.#backOff(entry);
  }

  /** It fits nowhere: wait for a change. */
  unschedulable(uid: string): void {
    const entry = this.#trying(uid);
    if (entry === undefined) return;
    if (entry.awaken) {
      this.#backOff(entry);
      return;
    }
    entry.failures += 1;
    entry.place = 'unschedulable';
    entry.at = this.#options.now();
  }

  /** Lets the pods that fitted nowhere be tried again, if `helps` says that what changed may help them. Their backoff still counts. */
  awaken(helps: (info: PodInfo) => boolean): void {
    for (const entry of this.#entries.values()) {
      if (entry.place === 'trying') entry.awaken ||= helps(entry.info);
      else if (entry.place === 'unschedulable' && helps(entry.info)) this.#afterBackoff(entry);
    }
  }

  /** Which pods are this replica's has changed. */
  repartition(): void {
    for (const entry of this.#entries.values()) {
      if (entry.place === 'foreign' && this.#options.owns(entry.info)) this.#activate(entry);
    }
  }

  /** To be called now and then: tries what has waited for too long. */
  flush(): void {
    const { foreignMs } = this.#options;
    const now = this.#options.now();
    for (const entry of this.#entries.values()) {
      if (entry.place === 'unschedulable' && now - entry.at >= flushMs) this.#afterBackoff(entry);
      if (entry.place !== 'foreign' || now - entry.at < foreignMs) continue;
      entry.overdue = true;
      this.#activate(entry);
    }
  }

  /** Resolves when a pod becomes active, or after `ms`. */
  async wait(ms: number): Promise<void> {
    if (this.hasActive) return;
    const next = this.#backoff.peek();
    // Timers may be early by a part of a millisecond.
    const due = next === undefined ? ms : Math.min(ms, Math.ceil(next.at - this.#options.now()) + 1);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, due);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }

  /** Ends a `wait`. */
  interrupt(): void {
    this.#wake?.();
  }

  #trying(uid: string): Entry | undefined {
    const entry = this.#entries.get(uid);
    return entry?.place === 'trying' ? entry : undefined;
  }

  #activate(entry: Entry): void {
    entry.place = 'active';
    this.#active.push(entry);
    this.#wake?.();
  }

  #requeue(entry: Entry): void {
    const fresh = { ...entry };
    this.#entries.set(entry.info.uid, fresh);
    entry.place = 'trying';
    this.#active.push(fresh);
  }

  #backOff(entry: Entry): void {
    entry.failures += 1;
    const { firstBackoffMs, longestBackoffMs, now } = this.#options;
    entry.place = 'backoff';
    entry.at = now() + Math.min(firstBackoffMs * 2 ** (entry.failures - 1), longestBackoffMs);
    this.#backoff.push(entry);
    this.#wake?.();
  }

  /** The backoff began with the failure; what is over of it is over. */
  #afterBackoff(entry: Entry): void {
    const { firstBackoffMs, longestBackoffMs, now } = this.#options;
    const due = entry.at + Math.min(firstBackoffMs * 2 ** Math.max(0, entry.failures - 1), longestBackoffMs);
    if (due <= now()) {
      this.#activate(entry);
      return;
    }
    entry.place = 'backoff';
    entry.at = due;
    this.#backoff.push(entry);
    this.#wake?.();
  }

  #due(): void {
    const now = this.#options.now();
    for (let next = this.#backoff.peek(); next !== undefined && next.at <= now; next = this.#backoff.peek()) {
      this.#backoff.pop();
      if (next.place === 'backoff' && this.#entries.get(next.info.uid) === next) this.#activate(next);
    }
  }
}

function comesFirst(a: Entry, b: Entry): boolean {
  return a.info.priority === b.info.priority ? a.arrival < b.arrival : a.info.priority > b.info.priority;
}

/** Status and annotations may change as they like. */
function sameWishes(a: PodInfo, b: PodInfo): boolean {
  return (
    a.constraints === b.constraints &&
    a.priority === b.priority &&
    a.amounts.length === b.amounts.length &&
    a.amounts.every((amount, i) => amount === b.amounts[i] && a.columns[i] === b.columns[i])
  );
}
