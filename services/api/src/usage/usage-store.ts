import { allUsageReports, decodeUsage, parseUsageSubject, type UsageReport } from '@kubus/shared/bus';
import type { NatsConnection } from 'nats';

/** A node that has said nothing for so long is not known any more. */
const maxAgeMs = 60_000;

interface Entry {
  receivedAt: number;
  bytes: Uint8Array | undefined;
  report: UsageReport | undefined;
}

/**
 * The last report of each node. Every replica of the api hears all of them; a report is read when somebody asks for it, so what nobody asks for costs
 * next to nothing.
 */
export class UsageStore {
  readonly #reports = new Map<string, Entry>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Hears what nodes say, until stopped. */
  listen(connection: NatsConnection): { stop(): void } {
    const subscription = connection.subscribe(allUsageReports, {
      callback: (error, { subject, data }) => {
        const node = error === null ? parseUsageSubject(subject) : undefined;
        if (node !== undefined) this.add(node, data);
      },
    });
    const timer = setInterval(() => this.#forgetOld(), maxAgeMs);
    timer.unref();
    return {
      stop: () => {
        clearInterval(timer);
        subscription.unsubscribe();
      },
    };
  }

  add(node: string, bytes: Uint8Array): void {
    this.#reports.set(node, { receivedAt: this.#now(), bytes, report: undefined });
  }

  /** Undefined when the node has said nothing lately, or nothing sensible. */
  of(node: string): UsageReport | undefined {
    const entry = this.#reports.get(node);
    if (entry === undefined || entry.receivedAt + maxAgeMs < this.#now()) return undefined;
    if (entry.bytes !== undefined) {
      entry.report = decodeUsage(entry.bytes);
      entry.bytes = undefined;
    }
    return entry.report;
  }

  #forgetOld(): void {
    for (const [node, { receivedAt }] of this.#reports) {
      if (receivedAt + maxAgeMs < this.#now()) this.#reports.delete(node);
    }
  }
}
