import { Counter, Gauge, Histogram, type Registry as MetricRegistry } from 'prom-client';
import type { PathCall } from './call.ts';
import type { Observer } from './front.ts';
import type { InFlight, RequestClass } from './in-flight.ts';
import type { RequestInfo } from './request-info.ts';
import { send } from './respond.ts';

/** Names and labels of kube-apiserver's own metrics, so that its dashboards fit. */
export function requestMetrics(registry: MetricRegistry, inFlight: InFlight): Observer {
  const total = new Counter({
    name: 'apiserver_request_total',
    help: 'Requests by verb, resource and code.',
    labelNames: ['verb', 'group', 'version', 'resource', 'subresource', 'code'],
    registers: [registry],
  });
  const duration = new Histogram({
    name: 'apiserver_request_duration_seconds',
    help: 'Time to answer a request, watches and streams left out.',
    labelNames: ['verb', 'group', 'version', 'resource', 'subresource'],
    buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60],
    registers: [registry],
  });
  gaugeInFlight(registry, inFlight);
  return ({ info, code, seconds }) => {
    const labels = labelsOf(info, code);
    total.inc({ ...labels, code: String(code) });
    if (labels.verb !== 'WATCH' && labels.verb !== 'CONNECT') duration.observe(labels, seconds);
  };
}

function gaugeInFlight(registry: MetricRegistry, inFlight: InFlight): void {
  const classes: readonly [string, RequestClass][] = [
    ['readOnly', 'readonly'],
    ['mutating', 'mutating'],
    ['longRunning', 'longRunning'],
  ];
  new Gauge({
    name: 'apiserver_current_inflight_requests',
    help: 'Requests being served now.',
    labelNames: ['request_kind'],
    registers: [registry],
    collect() {
      for (const [label, requestClass] of classes) this.set({ request_kind: label }, inFlight.count(requestClass));
    },
  });
}

/** Only what was found becomes a label: names that clients make up would grow the metrics without bound. */
function labelsOf(info: RequestInfo | undefined, code: number): Record<string, string> {
  if (info?.type !== 'resource' || code === 404) {
    return { verb: 'other', group: '', version: '', resource: '', subresource: '' };
  }
  const { group, version, resource, subresource } = info;
  return { verb: info.verb.toUpperCase(), group, version, resource, subresource };
}

export function metricsHandler(registry: MetricRegistry): (call: PathCall) => Promise<void> {
  return async (call) => {
    const body = await registry.metrics();
    await send(call.request, call.response, { code: 200, contentType: registry.contentType, body });
  };
}
