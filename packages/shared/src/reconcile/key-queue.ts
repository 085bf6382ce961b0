import { type JobsOptions, Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import type { ReconcileKey } from './contract.ts';
import { formatKey, type JobData, ownKeys, queuePrefix } from './keys.ts';

export interface QueueState {
  waiting: number;
  active: number;
  delayed: number;
  /** Jobs whose time came more than `overdueMs` ago, which no worker has fetched. */
  overdue: number;
  /** False when somebody deleted the queue's keys. */
  intact: boolean;
}

/** The lists of a BullMQ queue that are read directly. */
type BullKeys = Record<'wait' | 'active' | 'delayed' | 'meta', string>;

/** A delayed job this long past its time counts as overdue. */
const overdueMs = 2_000;
/** BullMQ writes several events for each job into a stream that nobody here reads. */
const keptEvents = 100;
/** BullMQ orders delayed jobs by milliseconds since 1970 times this. */
const scorePerMs = 0x1000;
const failuresTtlSeconds = 3_600;

/**
 * The queue of one controller's keys: a key is in it at most once, and runs at most once at a time. Adding a key that waits changes nothing; adding
 * one that runs makes it run once more, after; adding one that waits for its time makes it run now.
 */
export class KeyQueue {
  readonly #controller: string;
  readonly #queue: Queue<JobData>;
  readonly #redis: Redis;
  readonly #keys: ReturnType<typeof ownKeys>;
  readonly #bullKeys: BullKeys;

  constructor(controller: string, redis: Redis) {
    this.#controller = controller;
    this.#redis = redis;
    this.#keys = ownKeys(controller);
    this.#queue = new Queue(controller, {
      connection: redis,
      prefix: queuePrefix,
      streams: { events: { maxLen: keptEvents } },
    });
    this.#bullKeys = this.#queue.keys as BullKeys;
    // The connection is shared, and reports its own errors.
    this.#queue.on('error', () => undefined);
  }

  /** Resolves when the jobs are in the queue. */
  async add(keys: readonly ReconcileKey[]): Promise<void> {
    // keepLastIfActive: a key that runs, runs again. replace: a key that waits for its time is moved to now.
    const jobs = keys.map((key) =>
      this.#job(key, { deduplication: { id: formatKey(key), keepLastIfActive: true, replace: true } }),
    );
    const [first, ...others] = jobs;
    if (first === undefined) return;
    // Most changes concern one key, and for that no pipeline is needed, which costs ioredis more than the command.
    if (others.length === 0) await this.#queue.add(first.name, first.data, first.opts);
    else await this.#queue.addBulk(jobs);
  }

  /**
   * Adds a key that is to run after `delayMs`. To be called after the run that asked for it has left the queue. A key that waits, or runs by now, is left
   * alone: that run is the newer one and decides anew. Of two times the earlier stays.
   */
  async addAfter(key: ReconcileKey, delayMs: number): Promise<void> {
    const delay = Math.max(1, Math.round(delayMs));
    // Without keepLastIfActive and replace, BullMQ never lets this take the place of something sooner.
    const { name, data, opts } = this.#job(key, { delay, deduplication: { id: formatKey(key) } });
    const { id = '', timestamp } = await this.#queue.add(name, data, opts);
    await this.#hasten(id, timestamp + delay);
  }

  /** Failures of the key in a row, this one included. */
  async countFailure(key: ReconcileKey): Promise<number> {
    const [counted] = await Promise.all([
      this.#redis.hincrby(this.#keys.failures, formatKey(key), 1),
      this.#redis.expire(this.#keys.failures, failuresTtlSeconds),
    ]);
    return counted;
  }

  async forgetFailures(key: ReconcileKey): Promise<void> {
    await this.#redis.hdel(this.#keys.failures, formatKey(key));
  }

  /** Asked of each controller every few seconds: by single commands, because a pipeline of ioredis copies the functions of every script of BullMQ, 13 KB. */
  async state(now: number = Date.now()): Promise<QueueState> {
    const { wait, active, delayed } = this.#bullKeys;
    const [waiting, running, later, overdue, canary] = await Promise.all([
      this.#redis.llen(wait),
      this.#redis.llen(active),
      this.#redis.zcard(delayed),
      this.#redis.zcount(delayed, '-inf', (now - overdueMs) * scorePerMs),
      this.#redis.exists(this.#keys.canary),
    ]);
    return { waiting, active: running, delayed: later, overdue, intact: canary === 1 };
  }

  /** Marks the queue as intact; true for the one caller who found it lost. */
  async claimCanary(): Promise<boolean> {
    const set = await this.#redis.set(this.#keys.canary, '1', 'NX');
    // BullMQ writes it when a queue is opened, and would fall back to 10,000.
    if (set === 'OK') await this.#redis.hset(this.#bullKeys.meta, 'opts.maxLenEvents', keptEvents);
    return set === 'OK';
  }

  /** True for one replica in each period. */
  async claimResync(periodMs: number): Promise<boolean> {
    return (await this.#redis.set(this.#keys.resync, '1', 'PX', Math.max(1, Math.round(periodMs)), 'NX')) === 'OK';
  }

  /** Removes jobs that are in no list any more, which would hold their keys for ever: what is left when keys were deleted one by one. */
  async sweepOrphans(): Promise<number> {
    return this.#queue.removeOrphanedJobs();
  }

  async close(): Promise<void> {
    await this.#queue.close();
  }

  #job(key: ReconcileKey, opts: JobsOptions) {
    const data: JobData = { controller: this.#controller, namespace: key.namespace, name: key.name };
    return { name: this.#controller, data, opts: { ...opts, attempts: 1 } };
  }

  /** When the key already waits in the job `id` for a later time, moves that to `due`. */
  async #hasten(id: string, due: number): Promise<void> {
    const score = await this.#redis.zscore(this.#bullKeys.delayed, id);
    if (score === null || Math.floor(Number(score) / scorePerMs) <= due) return;
    const job = await this.#queue.getJob(id);
    // Fails when the job has just left the delayed ones: then it runs anyway.
    await job?.changeDelay(Math.max(0, due - Date.now())).catch(() => undefined);
  }
}
