import type { Redis } from 'ioredis';
import { type BackoffOptions, backoffDelay } from './backoff.ts';
import { type Controller, type ReconcileKey, type ReconcileResult, TerminalError } from './contract.ts';
import type { Fence } from './fence.ts';
import type { Freshness } from './freshness.ts';
import { KeyInbox } from './key-inbox.ts';
import { KeyQueue, type QueueState } from './key-queue.ts';
import { KeyWorker, type RunAgain } from './key-worker.ts';
import { formatKey } from './keys.ts';
import type { ReconcileLog } from './log.ts';
import type { ReconcileMetrics } from './metrics.ts';

export interface ControllerLoopOptions {
  controller: Controller;
  redis: Redis;
  freshness: Freshness;
  fence: Fence | undefined;
  metrics: ReconcileMetrics;
  log: ReconcileLog;
  backoff: BackoffOptions;
  resyncMs: number;
  /** Whether changes of a key are this replica's to queue. */
  owns: (key: string) => boolean;
  /** 0 to 1; spreads the resyncs of controllers and replicas. */
  random: () => number;
}

/** Keys in the queue above which a resync waits: changes must not queue up behind it. */
const resyncChunk = 500;
/** Keys that were deleted one by one may be half gone: after the loss of the queue, resyncs follow at these times (milliseconds). */
const afterLossMs = [0, 5_000, 30_000];
/** An informer that lags for longer must not hold up the changes that other controllers wait for. */
const worthWaitingMs = 500;
/** What has to be queued when the process ends may take so long; the next process, or another replica, adds all keys anyway. */
const flushMs = 2_000;
/** Looks at the queue without progress, while keys wait, before its worker is replaced. */
const patience = 2;

/** One controller in one process: its queue, its worker, its resyncs, and the watch over all three. */
export class ControllerLoop {
  readonly controller: Controller;
  readonly queue: KeyQueue;
  readonly worker: KeyWorker;
  readonly #inbox: KeyInbox;
  /** Keys that have changed while they run here. */
  readonly #held = new Map<string, ReconcileKey>();
  readonly #options: ControllerLoopOptions;
  readonly #resyncMs: number;
  #resyncs: number[] = [];
  /** Keys may have become this replica's whose changes nobody has queued. */
  #toTakeOver = false;
  #resyncing: Promise<void> | undefined;
  #idleLooks = 0;
  #stopped = false;

  constructor(options: ControllerLoopOptions) {
    const { controller, redis, log } = options;
    this.#options = options;
    this.controller = controller;
    this.#resyncMs = controller.resyncMs ?? options.resyncMs;
    this.queue = new KeyQueue(controller.name, redis);
    this.#inbox = new KeyInbox({
      add: (keys) => this.add(keys),
      onError: (err) => log.warn({ err, controller: controller.name }, 'Keys could not be queued and are tried again'),
    });
    this.worker = new KeyWorker({
      controller: controller.name,
      redis,
      concurrency: controller.concurrency ?? 16,
      log,
      run: (key, signal) => this.#fenced(signal, () => this.#run(key, signal)),
      runAgain: (key, delayMs) => this.queue.addAfter(key, delayMs),
      crashed: (key) => this.#failed(key, new Error('the process died while it reconciled')),
    });
  }

  /** For how long some change, at the most, has not been queued yet; milliseconds. */
  get lagMs(): number {
    return this.#inbox.lagMs;
  }

  /** Queues keys that a change concerns, soon. */
  changed(keys: readonly ReconcileKey[]): void {
    this.#inbox.put(this.controller.worthwhile === undefined ? keys : keys.filter((key) => !this.#hold(key)));
  }

  /**
   * Whether a key is worthwhile shows at the end of the run that is under way: most changes that come meanwhile are what this run writes. Should the process die, the key
   * is run again for the run that did not end.
   */
  #hold(key: ReconcileKey): boolean {
    const text = formatKey(key);
    const run = this.worker.runOf(key);
    if (this.#stopped || run === undefined) return false;
    if (!this.#held.has(text)) void run.then(() => this.#letGo(text));
    this.#held.set(text, key);
    return true;
  }

  #letGo(text: string): void {
    const key = this.#held.get(text);
    if (key === undefined) return;
    this.#held.delete(text);
    this.#inbox.put([key]);
  }

  /** Those that are this replica's. */
  own(keys: readonly ReconcileKey[]): readonly ReconcileKey[] {
    return keys.filter((key) => this.#options.owns(formatKey(key)));
  }

  /** Adds keys that changes or a resync have brought. Resolves when they are in the queue. */
  async add(keys: readonly ReconcileKey[]): Promise<void> {
    await this.queue.add(this.controller.worthwhile === undefined ? keys : await this.#worthwhile(keys));
  }

  /** All, when it cannot be told: a run will see. */
  async #worthwhile(keys: readonly ReconcileKey[]): Promise<readonly ReconcileKey[]> {
    try {
      await this.#options.freshness.catchUp(this.controller.reads, worthWaitingMs);
      return this.controller.worthwhile?.(keys) ?? keys;
    } catch {
      return keys;
    }
  }

  /** Adds all keys soon, whoever else may have done so. */
  requestResync(): void {
    this.#resyncs.push(0);
  }

  /** Adds all keys that are this replica's, soon: their former owner may have died over changes. */
  takeOver(): void {
    this.#toTakeOver = true;
  }

  /** Looks after queue and worker: heals what is lost, wakes what sleeps, resyncs when it is time. Called every few seconds; `now` is monotonic. */
  async look(now: number): Promise<void> {
    if (await this.queue.claimCanary()) this.#onLost(now);
    const state = await this.queue.state();
    const { metrics } = this.#options;
    metrics.depth(this.controller.name, state.waiting + state.overdue, state.delayed);
    metrics.unqueued(this.controller.name, this.#inbox.size, this.#inbox.lagMs / 1000);
    this.#wake(state);
    this.#startResync(now, state);
  }

  async stop(graceMs: number): Promise<void> {
    this.#stopped = true;
    for (const text of [...this.#held.keys()]) this.#letGo(text);
    await this.#inbox.close(flushMs);
    await this.worker.close(graceMs);
    await this.queue.close();
  }

  #onLost(now: number): void {
    this.#options.log.info({ controller: this.controller.name }, 'The queue is new or was deleted: adding all keys');
    this.#resyncs = afterLossMs.map((ms) => now + ms);
  }

  /** A worker can be connected and yet sleep: its loop may have ended over an error, or its blocking read been lost. */
  #wake(state: QueueState): void {
    const { concurrency = 16, name } = this.controller;
    const idle = this.worker.takeProgress() === 0 && this.worker.running < concurrency;
    this.#idleLooks = idle && state.waiting + state.overdue > 0 ? this.#idleLooks + 1 : 0;
    if (this.#idleLooks <= patience) return;
    this.#idleLooks = 0;
    this.#options.log.warn(
      { controller: name, waiting: state.waiting },
      'Keys wait and the worker sleeps: replacing it',
    );
    this.#options.metrics.restarted(name);
    this.worker.replace();
  }

  #startResync(now: number, state: QueueState): void {
    if (this.#resyncing !== undefined || this.#stopped) return;
    const due = this.#resyncs.filter((time) => time <= now);
    this.#resyncs = this.#resyncs.filter((time) => time > now);
    const quiet = state.waiting + state.active < resyncChunk;
    const takesOver = this.#toTakeOver;
    this.#toTakeOver = false;
    this.#resyncing = this.#resync({ asked: due.length > 0, takesOver, quiet })
      .catch((err: unknown) => {
        this.#options.log.warn({ err, controller: this.controller.name }, 'Resync failed and is tried again');
        this.#toTakeOver ||= takesOver;
        this.#resyncs.push(now);
      })
      .finally(() => {
        this.#resyncing = undefined;
      });
  }

  async #resync({ asked, takesOver, quiet }: { asked: boolean; takesOver: boolean; quiet: boolean }): Promise<void> {
    const jitter = 0.9 + 0.2 * this.#options.random();
    const mine = await this.queue.claimResync(this.#resyncMs * jitter);
    if (!asked && !mine && !takesOver) return;
    if (quiet) await this.queue.sweepOrphans();
    const all = await this.controller.keys();
    const keys = asked || mine ? all : this.own(all);
    for (let from = 0; from < keys.length && !this.#stopped; from += resyncChunk) {
      await this.#untilShort();
      await this.add(keys.slice(from, from + resyncChunk));
    }
  }

  async #untilShort(): Promise<void> {
    while (!this.#stopped && (await this.queue.state()).waiting > resyncChunk) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  #fenced<T>(signal: AbortSignal, work: () => T): T {
    const { fence } = this.#options;
    return fence === undefined ? work() : fence.enter(signal, work);
  }

  async #run(key: ReconcileKey, signal: AbortSignal): Promise<RunAgain> {
    const { freshness, metrics } = this.#options;
    const started = performance.now();
    const took = () => (performance.now() - started) / 1000;
    try {
      await freshness.catchUp(this.controller.reads);
      const result = await this.controller.reconcile(key, signal);
      metrics.ran(this.controller.name, result === undefined ? 'success' : 'requeue_after', took());
      return await this.#succeeded(key, result);
    } catch (error) {
      metrics.ran(this.controller.name, error instanceof TerminalError ? 'terminal_error' : 'error', took());
      return this.#failed(key, error);
    }
  }

  async #succeeded(key: ReconcileKey, result: ReconcileResult): Promise<RunAgain> {
    await this.queue.forgetFailures(key);
    return result?.requeueAfter;
  }

  async #failed(key: ReconcileKey, err: unknown): Promise<RunAgain> {
    const fields = { err, controller: this.controller.name, namespace: key.namespace, name: key.name };
    if (err instanceof TerminalError) {
      this.#options.log.error(fields, 'Reconcile failed for good: nothing is tried until the object changes');
      return undefined;
    }
    const failures = await this.queue.countFailure(key).catch(() => 1);
    const retryAfterMs = backoffDelay(failures, this.#options.backoff);
    this.#options.log.warn({ ...fields, failures, retryAfterMs }, 'Reconcile failed');
    return retryAfterMs;
  }
}
