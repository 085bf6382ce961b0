import { Registry } from 'prom-client';
import type { Informer } from '../informer/contract.ts';
import type { GroupResource } from '../object/index.ts';
import type { Store } from '../store/contract.ts';
import type { BackoffOptions } from './backoff.ts';
import type { ChangeFeed } from './change-feed.ts';
import type { Controller, Watch } from './contract.ts';
import { ControllerLoop } from './controller-loop.ts';
import { Dispatcher } from './dispatcher.ts';
import type { Fence } from './fence.ts';
import { Freshness } from './freshness.ts';
import { type ReconcileLog, silentLog } from './log.ts';
import { ReconcileMetrics } from './metrics.ts';
import { connectQueueRedis } from './queue-connection.ts';

export interface ControllerRuntimeOptions {
  /** The queue Redis; its data may be lost at any time. */
  queueUrl: string;
  controllers: readonly Controller[];
  store: Pick<Store, 'revisions'>;
  /** Undefined for a resource that this process does not follow. */
  informers: (resource: GroupResource) => Informer | undefined;
  /** Changes of what controllers watch and no informer follows. */
  changes?: ChangeFeed;
  /** Whether the changes of a key are this replica's to queue; each must be some replica's. Default: all, as for a single one. */
  owns?: (key: string) => boolean;
  log?: ReconcileLog;
  registry?: Registry;
  backoff?: BackoffOptions;
  /** Milliseconds between resyncs of all keys; default 10 minutes. A controller may ask for less. */
  resyncMs?: number;
  /** How often queues and workers are looked after; milliseconds, default 5,000. */
  lookMs?: number;
  /** How long jobs in flight may take when the runtime stops, before their signal is aborted; milliseconds, default 5,000: who stops processes (`kubus up`, Docker) kills them after ten seconds. */
  graceMs?: number;
  random?: () => number;
  /** What writes for the runs asks whether they still may; absent: nobody does. */
  fence?: Fence;
}

/** Runs controllers: every reconcile is a job in a BullMQ queue that all replicas share. */
export class ControllerRuntime {
  readonly #options: ControllerRuntimeOptions;
  readonly #log: ReconcileLog;
  readonly #redis: ReturnType<typeof connectQueueRedis>;
  readonly #loops: readonly ControllerLoop[];
  readonly #dispatcher: Dispatcher;
  #looking: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looked = false;
  #stopped = false;

  constructor(options: ControllerRuntimeOptions) {
    this.#options = options;
    this.#log = options.log ?? silentLog;
    this.#redis = connectQueueRedis(options.queueUrl, this.#log);
    const shared = {
      redis: this.#redis,
      freshness: new Freshness(options.store, options.informers),
      fence: options.fence,
      metrics: new ReconcileMetrics(options.registry ?? new Registry()),
      log: this.#log,
      backoff: options.backoff ?? {},
      resyncMs: options.resyncMs ?? 600_000,
      owns: options.owns ?? (() => true),
      random: options.random ?? Math.random,
    };
    this.#loops = options.controllers.map((controller) => new ControllerLoop({ ...shared, controller }));
    this.#dispatcher = new Dispatcher({
      loops: this.#loops,
      informers: options.informers,
      feed: options.changes,
      log: this.#log,
    });
  }

  /** True when the queues answer and changes are followed. */
  get ready(): boolean {
    return this.#redis.status === 'ready' && this.#looked && this.#dispatcher.ready;
  }

  /** For how long some change, at the most, has not been queued yet; milliseconds. */
  get lagMs(): number {
    return Math.max(0, ...this.#loops.map(({ lagMs }) => lagMs));
  }

  /** Keys have become this replica's (`owns`) whose former owner may have died over their changes: adds them. */
  takeOver(): void {
    for (const loop of this.#loops) loop.takeOver();
    this.#look();
  }

  /** The informers are to be started by the caller, before or after. */
  async start(): Promise<void> {
    await this.#dispatcher.start();
    for (const loop of this.#loops) loop.requestResync();
    const { lookMs = 5_000 } = this.#options;
    this.#timer = setInterval(() => this.#look(), lookMs);
    this.#look();
  }

  /** Lets a controller hear of a resource that came up after the start; gives what ends it. */
  follow(controller: string, watch: Watch, informer: Informer): () => void {
    return this.#dispatcher.follow(controller, watch, informer);
  }

  /** Takes no more work, waits for what is in flight, and closes the connections. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#dispatcher.stop();
    const { graceMs = 5_000 } = this.#options;
    await Promise.all(this.#loops.map((loop) => loop.stop(graceMs)));
    this.#redis.disconnect();
  }

  /** One look at a time: while Redis is away, looks wait for it. */
  #look(): void {
    if (this.#looking !== undefined || this.#stopped) return;
    const now = performance.now();
    this.#looking = Promise.all(this.#loops.map((loop) => loop.look(now)))
      .then(() => {
        this.#looked = true;
      })
      .catch((err: unknown) => {
        if (!this.#stopped) this.#log.warn({ err }, 'Queues could not be looked after');
      })
      .finally(() => {
        this.#looking = undefined;
      });
  }
}
