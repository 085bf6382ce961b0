import { Gauge, type MetricsRegistry } from '@kubus/shared/telemetry';
import type { FlowControl } from './flow-control.ts';

/** Names of kube-apiserver's own. */
export function flowControlMetrics(registry: MetricsRegistry, flow: FlowControl): void {
  const gauge = (
    name: string,
    help: string,
    value: (level: {
      executing: number;
      seatsTaken: number;
      waiting: number;
      nominal: number;
      rejected: number;
      dispatched: number;
    }) => number,
  ) =>
    new Gauge({
      name: `apiserver_flowcontrol_${name}`,
      help,
      labelNames: ['priority_level'],
      registers: [registry],
      collect() {
        for (const level of flow.levels()) this.set({ priority_level: level.name }, value(level));
      },
    });
  gauge('current_executing_requests', 'Requests that have a seat.', ({ executing }) => executing);
  gauge('current_executing_seats', 'Seats that are taken.', ({ seatsTaken }) => seatsTaken);
  gauge('current_inqueue_requests', 'Requests that wait for one.', ({ waiting }) => waiting);
  gauge('nominal_limit_seats', 'Seats of the level.', ({ nominal }) => nominal);
  gauge('rejected_requests_total', 'Requests that were turned away.', ({ rejected }) => rejected);
  gauge('dispatched_requests_total', 'Requests that got a seat.', ({ dispatched }) => dispatched);
}
