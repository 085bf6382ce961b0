import { type Job, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { ReconcileKey } from './contract.ts';
import { formatKey, type JobData, parseJobData, queuePrefix } from './keys.ts';
import type { ReconcileLog } from './log.ts';
import { isConnectionError } from './queue-connection.ts';

/** Milliseconds until the key is to run again; undefined: only when something changes. */
export type RunAgain = number | undefined;

export interface KeyWorkerOptions {
  controller: string;
  redis: Redis;
  concurrency: number;
  /**
   * How long a key stays locked when its process dies, half of it being the time between looks for such keys: what a crash costs. A process that does not
   * come to renew its locks for so long loses them, and its runs are aborted. Milliseconds, default 10,000.
   */
  lockMs?: number;
  log: ReconcileLog;
  /** Must not throw: what a failure means is decided there. */
  run(key: ReconcileKey, signal: AbortSignal): Promise<RunAgain>;
  /** Called when a run has left the queue. */
  runAgain(key: ReconcileKey, delayMs: number): Promise<void>;
  /** A key was taken from the queue without being run: its former runs ended with their process. Answers like `run`. */
  crashed(key: ReconcileKey): Promise<RunAgain>;
}

/** Default of `lockMs`. */
const defaultLockMs = 10_000;
/** A key whose processes die while they run it is set aside with a backoff after this many in a row. */
const maxStalls = 2;
/** Without jobs a worker blocks on its queue for this long, again and again. */
const blockSeconds = 10;

interface Running {
  key: string;
  abort: AbortController;
}

/** Takes keys from a queue and runs them. What is running can be waited for; a worker that has fallen asleep can be replaced. */
export class KeyWorker {
  readonly #options: KeyWorkerOptions;
  readonly #running = new Map<string, Running>();
  readonly #ofKey = new Map<string, Promise<unknown>>();
  readonly #afterwards = new Set<Promise<void>>();
  readonly #retired = new Set<Promise<void>>();
  #worker: Worker<JobData, RunAgain>;
  /** Jobs fetched since `takeProgress`. */
  #fetched = 0;

  constructor(options: KeyWorkerOptions) {
    this.#options = options;
    this.#worker = this.#open();
  }

  get running(): number {
    return this.#running.size;
  }

  /** Ends with the run of the key that is under way in this process; undefined when there is none. */
  runOf(key: ReconcileKey): Promise<unknown> | undefined {
    return this.#ofKey.get(formatKey(key));
  }

  /** Jobs fetched since the last call. */
  takeProgress(): number {
    const fetched = this.#fetched;
    this.#fetched = 0;
    return fetched;
  }

  /** Opens another BullMQ worker in place of this one, which ends when its jobs are done. */
  replace(): void {
    const old = this.#worker;
    this.#worker = this.#open();
    const closed: Promise<void> = old
      .close()
      .catch((err: unknown) =>
        this.#options.log.warn({ err, controller: this.#options.controller }, 'A worker could not be closed'),
      )
      .finally(() => this.#retired.delete(closed));
    this.#retired.add(closed);
  }

  /** Takes no more keys, waits for those that run and aborts them after `graceMs`. */
  async close(graceMs: number): Promise<void> {
    const timer = setTimeout(() => {
      for (const { abort } of this.#running.values()) abort.abort(new Error('the controller is stopping'));
    }, graceMs);
    const closed = Promise.all([this.#worker.close(), ...this.#retired]).then(() => Promise.all(this.#afterwards));
    // A Redis that does not answer must not hold up the end: the locks run out by themselves.
    const force = new Promise((resolve) => setTimeout(resolve, graceMs + closeMs).unref());
    await Promise.race([closed, force]);
    clearTimeout(timer);
    await this.#worker.close(true);
  }

  #open(): Worker<JobData, RunAgain> {
    const { controller, redis, concurrency, log, lockMs = defaultLockMs } = this.#options;
    const worker = new Worker<JobData, RunAgain>(controller, (job) => this.#process(job), {
      connection: redis,
      prefix: queuePrefix,
      concurrency,
      lockDuration: lockMs,
      stalledInterval: lockMs / 2,
      maxStalledCount: maxStalls,
      drainDelay: blockSeconds,
      runRetryDelay: 500,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    });
    worker.on('active', () => this.#fetched++);
    worker.on('completed', (job, delay) => this.#after(job, Promise.resolve(delay)));
    worker.on('failed', (job) => {
      if (job !== undefined) this.#after(job, this.#onFailed(job));
    });
    worker.on('lockRenewalFailed', (ids) => {
      for (const id of ids) this.#running.get(id)?.abort.abort(new Error('the lock on the key was lost'));
    });
    worker.on('error', (err) => {
      if (!isConnectionError(err)) log.warn({ err, controller }, 'Queue worker failed and goes on');
    });
    return worker;
  }

  async #process(job: Job<JobData, RunAgain>): Promise<RunAgain> {
    const { controller, log, run } = this.#options;
    const key = parseJobData(job.data, controller);
    // Its data went with the keys of the queue, or somebody else wrote it: a resync adds what is to be done.
    if (key === undefined) {
      log.warn({ controller, jobId: job.id }, 'Dropped a job that names no key');
      return undefined;
    }
    const text = formatKey(key);
    // Locks are lost with the queue's keys, or to a long pause; within a process a key still never runs twice at once.
    while (this.#ofKey.has(text)) await this.#ofKey.get(text);
    const abort = new AbortController();
    const result = run(key, abort.signal);
    const id = job.id ?? '';
    this.#running.set(id, { key: text, abort });
    this.#ofKey.set(text, result);
    try {
      return await result;
    } finally {
      this.#running.delete(id);
      this.#ofKey.delete(text);
    }
  }

  /** BullMQ gives a job up without running it when the processes that ran it before have died over it. */
  async #onFailed(job: Job<JobData, RunAgain>): Promise<RunAgain> {
    const key = parseJobData(job.data, this.#options.controller);
    return key === undefined ? undefined : this.#options.crashed(key);
  }

  #after(job: Job<JobData, RunAgain>, outcome: Promise<RunAgain>): void {
    const { controller, log, runAgain } = this.#options;
    const key = parseJobData(job.data, controller);
    const work: Promise<void> = outcome
      .then(async (delay) => {
        // An undefined result comes back from BullMQ as it was returned, or as null.
        if (key !== undefined && typeof delay === 'number') await runAgain(key, delay);
      })
      .catch((err: unknown) =>
        log.warn({ err, controller, ...key }, 'A key could not be queued again; the resync will'),
      )
      .finally(() => this.#afterwards.delete(work));
    this.#afterwards.add(work);
  }
}

/** What BullMQ is given, beyond the grace period of the jobs, to say good-bye to Redis. */
const closeMs = 3_000;
