import { allAuditEvents, formatAuditSubject, keepReplicas } from '@kubus/shared/bus';
import { DiscardPolicy, type JetStreamManager, type NatsConnection, nanos, RetentionPolicy, StorageType } from 'nats';
import type { AuditEvent, AuditSink } from './contract.ts';

const auditStream = 'KUBUS_AUDIT';

const DAY_MS = 24 * 3600 * 1000;
/** Oldest events are dropped beyond. */
const MAX_BYTES = 256 * 1024 * 1024;
/** Between attempts to make the stream. */
const RETRY_MS = 5_000;

export interface AuditStreamOptions {
  connection: NatsConnection;
  /** Milliseconds; default a week. */
  maxAgeMs?: number;
  /** Copies in a NATS cluster; default 1. */
  replicas?: number;
  /** Bytes that may wait for the connection; default 16 MiB. */
  maxPending?: number;
  onError(error: unknown): void;
}

/** Publishes events on `kubus.audit.>`, where the JetStream stream KUBUS_AUDIT keeps them. Nothing waits for its acknowledgement. */
export class AuditStream implements AuditSink {
  readonly #options: AuditStreamOptions;
  #retry: NodeJS.Timeout | undefined;
  #pending = 0;
  #flushing = false;
  #stopped = false;

  constructor(options: AuditStreamOptions) {
    this.#options = options;
  }

  /** Makes the stream, now or as soon as JetStream is there. */
  start(): void {
    this.#create().catch((error: unknown) => {
      this.#options.onError(error);
      if (this.#stopped) return;
      this.#retry = setTimeout(() => this.start(), RETRY_MS);
      this.#retry.unref();
    });
  }

  write({ json, subject }: AuditEvent): boolean {
    const { connection, maxPending = 16 * 1024 * 1024 } = this.#options;
    if (this.#stopped || connection.isClosed() || this.#pending > maxPending) return false;
    connection.publish(formatAuditSubject(subject.resource, subject.verb), json);
    this.#pending += json.length;
    if (!this.#flushing) this.#flush();
    return true;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#retry);
    if (!this.#options.connection.isClosed()) await this.#options.connection.flush().catch(() => undefined);
  }

  /** The server's answer to a ping tells that what was written before has left. */
  #flush(): void {
    this.#flushing = true;
    const sent = this.#pending;
    const flushed = this.#options.connection.flush().catch(() => undefined);
    void flushed.then(() => {
      this.#pending -= sent;
      this.#flushing = false;
      if (this.#pending > 0 && !this.#stopped && !this.#options.connection.isClosed()) this.#flush();
    });
  }

  async #create(): Promise<void> {
    const { connection, maxAgeMs = 7 * DAY_MS, replicas = 1 } = this.#options;
    const manager: JetStreamManager = await connection.jetstreamManager({ checkAPI: false, timeout: 2_000 });
    const config = {
      subjects: [allAuditEvents],
      max_bytes: MAX_BYTES,
      max_age: nanos(maxAgeMs),
      num_replicas: replicas,
    };
    const known = await manager.streams.info(auditStream).catch(() => undefined);
    if (known !== undefined) return keepReplicas(manager, auditStream, replicas);
    await manager.streams.add({
      name: auditStream,
      ...config,
      retention: RetentionPolicy.Limits,
      storage: StorageType.File,
      discard: DiscardPolicy.Old,
      description: 'Audit events of the Kubernetes API (audit.k8s.io/v1)',
    });
  }
}
