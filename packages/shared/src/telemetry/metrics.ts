import type { NatsConnection } from 'nats';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { metricsSubjects } from '../bus/subjects.ts';

export { Counter, Gauge, Histogram, Registry as MetricsRegistry } from 'prom-client';

/** The metrics of one service: a registry of its own, never prom-client's global one, so that a service can be started twice in a process. */
export function createMetrics(options: { service: string; instance: string; process?: boolean }): Registry {
  const registry = new Registry();
  registry.setDefaultLabels({ service: options.service, instance: options.instance });
  if (options.process ?? true) collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 20 });
  return registry;
}

/** Answers on `kubus.metrics.<service>` and `kubus.metrics.<service>.<instance>` with Prometheus' text format; gives back how to stop. */
export function serveMetrics(
  connection: NatsConnection,
  registry: Registry,
  options: { service: string; instance: string },
): () => void {
  const subscriptions = metricsSubjects(options.service, options.instance).map((subject) =>
    connection.subscribe(subject, {
      callback: (error, message) => {
        if (error !== null || message.reply === undefined) return;
        void registry.metrics().then((text) => connection.isClosed() || message.respond(text));
      },
    }),
  );
  return () => {
    for (const subscription of subscriptions) subscription.unsubscribe();
  };
}
