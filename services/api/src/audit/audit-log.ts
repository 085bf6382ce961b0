import { Counter, type MetricsRegistry } from '@kubus/shared/telemetry';
import type { AuditOrigin, AuditSink, AuditSubject, Stage } from './contract.ts';
import { type Policy, PolicyEvaluator } from './policy.ts';
import { AuditRecord } from './record.ts';

export interface AuditLogOptions {
  policy: Policy;
  sinks: readonly AuditSink[];
  metrics?: MetricsRegistry;
  now?: () => Date;
}

/** Writes down who did what (kubernetes.io: Auditing). Requests never wait for it: what the sinks cannot take is dropped and counted. */
export class AuditLog {
  readonly #evaluator: PolicyEvaluator;
  readonly #sinks: readonly AuditSink[];
  readonly #now: () => Date;
  readonly #count: (dropped: boolean) => void;

  constructor({ policy, sinks, metrics, now = () => new Date() }: AuditLogOptions) {
    this.#evaluator = new PolicyEvaluator(policy);
    this.#sinks = sinks;
    this.#now = now;
    this.#count = metrics === undefined ? () => undefined : counters(metrics);
  }

  /** Undefined when the policy wants nothing of the request. */
  begin(subject: AuditSubject, origin: () => AuditOrigin): AuditRecord | undefined {
    const decision = this.#evaluator.decide(subject);
    if (decision.level === 'None') return undefined;
    const emit = (record: AuditRecord, stage: Stage, at: Date): void => this.#emit(record, stage, at);
    return new AuditRecord({ subject, origin: origin(), decision, emit, now: this.#now });
  }

  now(): Date {
    return this.#now();
  }

  async stop(): Promise<void> {
    await Promise.all(this.#sinks.map((sink) => sink.stop()));
  }

  #emit(record: AuditRecord, stage: Stage, at: Date): void {
    const event = { json: JSON.stringify(record.event(stage, at)), subject: record.subject };
    for (const sink of this.#sinks) this.#count(!sink.write(event));
  }
}

function counters(metrics: MetricsRegistry): (dropped: boolean) => void {
  const events = new Counter({
    name: 'apiserver_audit_event_total',
    help: 'Audit events given to sinks.',
    registers: [metrics],
  });
  const errors = new Counter({
    name: 'apiserver_audit_error_total',
    help: 'Audit events that were dropped.',
    registers: [metrics],
  });
  return (dropped) => {
    events.inc();
    if (dropped) errors.inc();
  };
}
