import { Counter, Gauge, Histogram, type MetricsRegistry } from '@kubus/shared/telemetry';
import type { PendingQueue } from './queue/pending-queue.ts';

/** Metrics under the names of kube-scheduler, where it has the same. */
export class SchedulerMetrics {
  readonly #registry: MetricsRegistry;
  readonly #attempts: Counter<'result'>;
  readonly #algorithm: Histogram;

  constructor(registry: MetricsRegistry) {
    this.#registry = registry;
    this.#attempts = new Counter({
      name: 'scheduler_schedule_attempts_total',
      help: 'Attempts to schedule pods, by the result. refused: the commit found less room than was thought.',
      labelNames: ['result'],
      registers: [registry],
    });
    this.#algorithm = new Histogram({
      name: 'scheduler_scheduling_algorithm_duration_seconds',
      help: 'Time to choose a node for a pod.',
      buckets: [0.00001, 0.00002, 0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.1],
      registers: [registry],
    });
  }

  attempt(result: 'scheduled' | 'unschedulable' | 'refused' | 'error'): void {
    this.#attempts.inc({ result });
  }

  algorithm(seconds: number): void {
    this.#algorithm.observe(seconds);
  }

  observe(queue: PendingQueue): void {
    new Gauge({
      name: 'scheduler_pending_pods',
      help: 'Pods that wait for a node, by where they wait. foreign: left to another replica.',
      labelNames: ['queue'],
      registers: [this.#registry],
      collect() {
        for (const [queue_, count] of Object.entries(queue.counts())) this.set({ queue: queue_ }, count);
      },
    });
  }
}
