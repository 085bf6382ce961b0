import type { NatsConnection } from 'nats';
import { healthSubjects } from '../bus/subjects.ts';
import { within } from '../clock/within.ts';

/** Resolves when a condition of being ready holds; throws or rejects with the reason when it does not. */
export type HealthCheck = () => Promise<void> | void;

/** What a service's instance answers when it is asked for its health. */
export interface HealthReport {
  service: string;
  instance: string;
  /** Connected, synced, flushed. */
  ready: boolean;
  /** Check -> 'ok', or why not. */
  checks: Record<string, string>;
  pid: number;
  startedAt: string;
  /** Of a node-agent: its nodes. */
  nodes?: string[];
  /** Of an api: the ids of the keys that it has, the one it uses first. */
  keys?: KeyIds;
}

export interface KeyIds {
  serviceAccount: string[];
  encryption: string[];
}

export interface HealthOptions {
  service: string;
  instance: string;
  nodes?: () => string[];
  now?: () => Date;
  /** A check that takes longer has failed; milliseconds, default 5,000. */
  timeoutMs?: number;
}

/** The conditions under which a service's instance is ready. Without `started` being called it is not. */
export class Health {
  readonly #options: HealthOptions;
  readonly #checks = new Map<string, HealthCheck>();
  readonly #startedAt: string;
  #keys: (() => KeyIds) | undefined;
  #started = false;

  constructor(options: HealthOptions) {
    this.#options = options;
    this.#startedAt = (options.now ?? (() => new Date()))().toISOString();
  }

  add(name: string, check: HealthCheck): void {
    this.#checks.set(name, check);
  }

  /** What the report says of keys. */
  tellKeys(keys: () => KeyIds): void {
    this.#keys = keys;
  }

  /** Everything has been started. */
  started(): void {
    this.#started = true;
  }

  stopping(): void {
    this.#started = false;
  }

  async report(): Promise<HealthReport> {
    const results = await Promise.all(
      [...this.#checks].map(async ([name, check]) => [name, await this.#run(check)] as const),
    );
    const checks = [['started', this.#started ? 'ok' : 'not started'] as const, ...results];
    const { service, instance, nodes } = this.#options;
    return {
      service,
      instance,
      ready: checks.every(([, result]) => result === 'ok'),
      checks: Object.fromEntries(checks),
      pid: process.pid,
      startedAt: this.#startedAt,
      ...(nodes === undefined ? {} : { nodes: nodes() }),
      ...(this.#keys === undefined ? {} : { keys: this.#keys() }),
    };
  }

  /** Answers on `kubus.health`, `kubus.health.<service>` and `kubus.health.<service>.<instance>`; gives back how to stop. */
  serve(connection: NatsConnection): () => void {
    const { service, instance } = this.#options;
    const subscriptions = healthSubjects(service, instance).map((subject) =>
      connection.subscribe(subject, {
        callback: (error, message) => {
          if (error !== null || message.reply === undefined) return;
          void this.report().then((report) => connection.isClosed() || message.respond(JSON.stringify(report)));
        },
      }),
    );
    return () => {
      for (const subscription of subscriptions) subscription.unsubscribe();
    };
  }

  async #run(check: HealthCheck): Promise<string> {
    const limit = this.#options.timeoutMs ?? 5_000;
    try {
      return await within(
        limit,
        Promise.resolve(check()).then(() => 'ok'),
        () => `no answer within ${limit} ms`,
      );
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
}
