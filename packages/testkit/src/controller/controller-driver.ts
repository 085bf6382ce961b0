import { type Controller, type ReconcileKey, TerminalError } from '@kubus/shared/reconcile';
import type { MemoryCluster } from './memory-cluster.ts';

export interface ReconcileFailure {
  key: ReconcileKey;
  error: unknown;
}

/** Runs a controller over a MemoryCluster, one key at a time, in the time of its clock: what the queue does in production. */
export class ControllerDriver {
  /** What reconciles threw, in order. A failed key runs again after `backoffMs`, a TerminalError not at all. */
  readonly failures: ReconcileFailure[] = [];
  readonly #controller: Controller;
  readonly #cluster: MemoryCluster;
  readonly #backoffMs: number;
  /** Key to the time from which it may run. */
  readonly #due = new Map<string, number>();
  #resync = false;

  constructor(controller: Controller, cluster: MemoryCluster, options: { backoffMs?: number } = {}) {
    this.#controller = controller;
    this.#cluster = cluster;
    this.#backoffMs = options.backoffMs ?? 1000;
    for (const { resource, map } of controller.watches) {
      cluster.get(resource).onChange(({ type, object, previous }) => {
        const change = type === 'added' ? 'created' : type;
        const keys = map(object, previous, change);
        for (const key of controller.worthwhile?.(keys) ?? keys) this.#add(key, cluster.clock.now());
      });
    }
    this.resync();
  }

  /** Has the next `settle` begin with every key, as the periodic resync does. */
  resync(): void {
    this.#resync = true;
  }

  /** Reconciles until nothing is due now; returns how many runs that took. Throws when it does not come to rest within `limit` runs. */
  async settle(limit = 1000): Promise<number> {
    if (this.#resync) {
      this.#resync = false;
      for (const key of await this.#controller.keys()) this.#add(key, this.#cluster.clock.now());
    }
    for (let runs = 0; ; runs++) {
      if (runs === limit && this.#next() !== undefined) {
        throw new Error(`${this.#controller.name} does not come to rest, at ${this.#next()}`);
      }
      if (!(await this.step())) return runs;
    }
  }

  /** Reconciles one key that is due; false when none is. */
  async step(): Promise<boolean> {
    const key = this.#next();
    if (key === undefined) return false;
    this.#due.delete(key);
    await this.#run(parse(key));
    return true;
  }

  /** Lets time pass in one step, then settles. */
  async advance(milliseconds: number): Promise<number> {
    this.#cluster.clock.advance(milliseconds);
    return this.settle();
  }

  /** Milliseconds until the next key is due; undefined when nothing is planned. */
  get nextIn(): number | undefined {
    const times = [...this.#due.values()];
    return times.length === 0 ? undefined : Math.min(...times) - this.#cluster.clock.now();
  }

  #next(): string | undefined {
    const now = this.#cluster.clock.now();
    for (const [key, time] of this.#due) if (time <= now) return key;
    return undefined;
  }

  async #run(key: ReconcileKey): Promise<void> {
    try {
      const result = await this.#controller.reconcile(key, AbortSignal.timeout(30_000));
      if (result !== undefined) this.#add(key, this.#cluster.clock.now() + result.requeueAfter);
    } catch (error) {
      this.failures.push({ key, error });
      if (!(error instanceof TerminalError)) this.#add(key, this.#cluster.clock.now() + this.#backoffMs);
    }
  }

  /** The earliest time wins. */
  #add(key: ReconcileKey, time: number): void {
    if (key.name === '')
      throw new Error(`${this.#controller.name} gives a key without a name, which the queue would drop`);
    const text = `${key.namespace}/${key.name}`;
    this.#due.set(text, Math.min(this.#due.get(text) ?? Number.POSITIVE_INFINITY, time));
  }
}

function parse(text: string): ReconcileKey {
  const slash = text.indexOf('/');
  return { namespace: text.slice(0, slash), name: text.slice(slash + 1) };
}
