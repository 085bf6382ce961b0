import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** Names and meaning are those of client-go's workqueue and of controller-runtime; the label tells the controller. */
export class ReconcileMetrics {
  readonly #depth: Gauge<'name'>;
  readonly #delayed: Gauge<'name'>;
  readonly #unqueued: Gauge<'name'>;
  readonly #lag: Gauge<'name'>;
  readonly #runs: Counter<'name' | 'result'>;
  readonly #duration: Histogram<'name'>;
  readonly #retries: Counter<'name'>;
  readonly #restarts: Counter<'name'>;

  constructor(registry: Registry) {
    const registers = [registry];
    const labelNames = ['name'] as const;
    this.#depth = new Gauge({
      name: 'workqueue_depth',
      help: 'Keys that wait to be reconciled',
      labelNames,
      registers,
    });
    this.#delayed = new Gauge({
      name: 'workqueue_delayed',
      help: 'Keys that wait for their time to be reconciled again',
      labelNames,
      registers,
    });
    this.#unqueued = new Gauge({
      name: 'kubus_unqueued_keys',
      help: 'Keys that changes have brought and that are not in the queue yet',
      labelNames,
      registers,
    });
    this.#lag = new Gauge({
      name: 'kubus_unqueued_seconds',
      help: 'For how long, at the most, a change has not been queued yet',
      labelNames,
      registers,
    });
    this.#runs = new Counter({
      name: 'controller_runtime_reconcile_total',
      help: 'Reconciles by result: success, requeue_after, error, terminal_error',
      labelNames: ['name', 'result'],
      registers,
    });
    this.#duration = new Histogram({
      name: 'workqueue_work_duration_seconds',
      help: 'How long a reconcile takes, with the wait for its informers',
      labelNames,
      buckets: [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 60],
      registers,
    });
    this.#retries = new Counter({
      name: 'workqueue_retries_total',
      help: 'Keys that were put back because their reconcile failed',
      labelNames,
      registers,
    });
    this.#restarts = new Counter({
      name: 'kubus_queue_worker_restarts_total',
      help: 'Workers that were replaced because they did not fetch keys that waited',
      labelNames,
      registers,
    });
  }

  depth(name: string, waiting: number, delayed: number): void {
    this.#depth.set({ name }, waiting);
    this.#delayed.set({ name }, delayed);
  }

  unqueued(name: string, keys: number, seconds: number): void {
    this.#unqueued.set({ name }, keys);
    this.#lag.set({ name }, seconds);
  }

  ran(name: string, result: 'success' | 'requeue_after' | 'error' | 'terminal_error', seconds: number): void {
    this.#runs.inc({ name, result });
    this.#duration.observe({ name }, seconds);
    if (result === 'error') this.#retries.inc({ name });
  }

  restarted(name: string): void {
    this.#restarts.inc({ name });
  }
}
