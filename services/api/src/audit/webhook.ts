import { setTimeout as delay } from 'node:timers/promises';
import type { AuditEvent, AuditSink } from './contract.ts';

export interface AuditWebhookOptions {
  /** Delivers an EventList; rejects when nobody took it. */
  send(text: string): Promise<unknown>;
  /** Events that may be under way, from being made to being delivered (kube-apiserver: --audit-webhook-batch-buffer-size). */
  bufferSize: number;
  /** Events of a list at most, and ms for which one waits for more (-batch-max-size, -batch-max-wait). */
  maxSize: number;
  maxWaitMs: number;
  /** Lists per second, and how many at once (-batch-throttle-qps, -batch-throttle-burst); absent: as they come. */
  throttle?: { qps: number; burst: number };
  /** Before a list is sent again; ms, half as long again each time (-initial-backoff). */
  initialBackoffMs: number;
  onError(error: unknown): void;
}

/** How often a list is sent at most. */
const TRIES = 5;

/** Sends events to a webhook in lists, as kube-apiserver does in the mode `batch`. Lists may arrive in another order; one that nobody takes is lost. */
export class AuditWebhook implements AuditSink {
  readonly #options: AuditWebhookOptions;
  readonly #stopping = new AbortController();
  readonly #sending = new Set<Promise<void>>();
  #next: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #underWay = 0;
  /** When the throttle has a place for the list after those that are under way; ms. */
  #freeAt = Number.NEGATIVE_INFINITY;

  constructor(options: AuditWebhookOptions) {
    this.#options = options;
  }

  write({ json }: AuditEvent): boolean {
    const { bufferSize, maxSize, maxWaitMs } = this.#options;
    if (this.#stopping.signal.aborted || this.#underWay >= bufferSize) return false;
    this.#underWay += 1;
    this.#next.push(json);
    if (this.#next.length >= maxSize) this.#cut();
    else this.#timer ??= setTimeout(() => this.#cut(), maxWaitMs).unref();
    return true;
  }

  /** What is left is sent once more, now. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#cut();
    await Promise.all(this.#sending);
  }

  #cut(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#next.length === 0) return;
    const events = this.#next;
    this.#next = [];
    const sending = this.#deliver(events)
      .catch((error: unknown) => this.#options.onError(error))
      .finally(() => {
        this.#underWay -= events.length;
        this.#sending.delete(sending);
      });
    this.#sending.add(sending);
  }

  async #deliver(events: readonly string[]): Promise<void> {
    const text = `{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[${events.join(',')}]}`;
    await this.#pause(this.#wait());
    for (let tried = 1, backoff = this.#options.initialBackoffMs; ; tried++, backoff *= 1.5) {
      try {
        await this.#options.send(text);
        return;
      } catch (error) {
        if (tried === TRIES || this.#stopping.signal.aborted) throw error;
        await this.#pause(backoff);
      }
    }
  }

  /** How long the throttle has the next list wait; ms. */
  #wait(): number {
    const { throttle } = this.#options;
    if (throttle === undefined) return 0;
    const now = performance.now();
    const each = 1000 / throttle.qps;
    this.#freeAt = Math.max(this.#freeAt, now - throttle.burst * each) + each;
    return Math.max(0, this.#freeAt - now);
  }

  /** Shorter when it is to stop. */
  async #pause(milliseconds: number): Promise<void> {
    if (milliseconds === 0) return;
    await delay(milliseconds, undefined, { signal: this.#stopping.signal, ref: false }).catch(() => undefined);
  }
}
