import type { ApiClient, ApiRequest, ApiResponse } from '../bus/contract.ts';
import { isAlreadyExists, isNotFound, isRetryable, type Status, StatusError } from '../errors/index.ts';
import type { KubeObject } from '../object/index.ts';
import { EventCorrelator } from './correlator.ts';
import {
  type EventObject,
  type EventSource,
  type EventType,
  newEvent,
  type ObjectReference,
  referenceTo,
} from './event.ts';

/** What a controller, scheduler or agent tells users about an object. Never blocks, never throws, never fails the caller. */
export interface EventRecorder {
  /** `reason` is short and in UpperCamelCase; `message` is for people. The event goes to the namespace of the object. */
  event(object: KubeObject | ObjectReference, type: EventType, reason: string, message: string): void;
}

export interface EventRecorderOptions {
  api: Pick<ApiClient, 'batch'>;
  source: EventSource;
  /** Milliseconds since 1970. */
  now?: () => number;
  /** How long events are collected into one batch; default 50 ms. */
  collectMs?: number;
  /** Events in one batch at most; default 100. */
  batchSize?: number;
  /** Events waiting to be sent at most; what comes on top is dropped. Default 10,000. */
  maxPending?: number;
  /** Pause after a failed batch, doubling up to ten times as much; default 1000 ms. */
  retryMs?: number;
  /** Attempts before an event is given up; default 12. */
  maxTries?: number;
  /** Milliseconds; default `performance.now`. */
  elapsed?: () => number;
  log?: { warn(fields: Record<string, unknown>, message: string): void };
}

/**
 * The next batch goes this many times as long after a batch as that one took. An API that takes its time has something else to do, for which
 * somebody waits: most events go when it has done that.
 */
const restFactor = 3;
/** Events do not rest for longer, however long a batch took; milliseconds. */
const longestRestMs = 2_000;

interface Pending {
  event: EventObject;
  /** The event exists as far as is known: raise its count. Else create it. */
  update: boolean;
  tries: number;
}

const defaults = {
  now: Date.now,
  collectMs: 50,
  batchSize: 100,
  maxPending: 10_000,
  retryMs: 1000,
  maxTries: 12,
  elapsed: () => performance.now(),
};

type Outcome = 'done' | 'retry' | 'drop';

/** Correlates events and writes them in the background, in batches, one batch at a time. */
export class BatchingEventRecorder implements EventRecorder {
  readonly #options: Required<Omit<EventRecorderOptions, 'log'>>;
  readonly #log: EventRecorderOptions['log'];
  readonly #correlator = new EventCorrelator();
  #pending = new Map<string, Pending>();
  #sequence = BigInt(Math.floor(Math.random() * 1e6));
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  /** On the clock of `elapsed`. */
  #restUntil = 0;
  #endRest: (() => void) | undefined;
  #failures = 0;
  #stopped = false;

  constructor(options: EventRecorderOptions) {
    const { log, ...rest } = options;
    this.#options = { ...defaults, ...rest };
    this.#log = log;
  }

  event(object: KubeObject | ObjectReference, type: EventType, reason: string, message: string): void {
    if (this.#stopped) return;
    const now = this.#options.now();
    const fresh = newEvent(
      { involvedObject: referenceTo(object), type, reason, message },
      this.#options.source,
      this.#unique(now),
      now,
    );
    const event = this.#correlator.correlate(fresh, now);
    if (event === undefined) return;
    this.#add(event);
    this.#schedule(Math.max(this.#options.collectMs, this.#restLeft));
  }

  /** Sends what is waiting now; resolves when that was tried once, whether or not it was accepted. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sending ??= this.#send().finally(() => {
      this.#sending = undefined;
      if (this.#pending.size > 0 && !this.#stopped) this.#schedule(this.#retryDelay());
    });
    return this.#sending;
  }

  /** Tries once more to send what is waiting, then ends. Later events are ignored. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#endRest?.();
    await this.#sending;
    await this.flush();
  }

  /** Nanoseconds like Kubernetes' event names; the low digits are a count, because the clock is not that fine. */
  #unique(now: number): bigint {
    this.#sequence = (this.#sequence + 1n) % 1_000_000n;
    return BigInt(Math.floor(now)) * 1_000_000n + this.#sequence;
  }

  #add(event: EventObject): void {
    const key = pendingKey(event);
    const waiting = this.#pending.get(key);
    if (waiting === undefined && this.#pending.size >= this.#options.maxPending) {
      this.#log?.warn({ event: describe(event) }, 'too many events waiting, dropped one');
      return;
    }
    this.#pending.set(key, { event, update: waiting?.update ?? event.count > 1, tries: waiting?.tries ?? 0 });
  }

  #schedule(delayMs: number): void {
    if (this.#timer !== undefined || this.#sending !== undefined) return;
    this.#timer = setTimeout(() => void this.flush(), delayMs).unref();
  }

  #retryDelay(): number {
    return Math.min(2 ** Math.max(0, this.#failures - 1), 10) * this.#options.retryMs;
  }

  async #send(): Promise<void> {
    while (this.#pending.size > 0) {
      const batch = this.#take();
      const began = this.#options.elapsed();
      const again = await this.#attempt(batch);
      this.#restFrom(began);
      for (const pending of again) this.#putBack(pending);
      const failed = again.some((pending) => pending.tries > 0);
      this.#failures = failed ? this.#failures + 1 : 0;
      if (failed) return;
      if (this.#pending.size > 0) await this.#rest();
    }
  }

  #restFrom(began: number): void {
    const now = this.#options.elapsed();
    this.#restUntil = now + Math.min((now - began) * restFactor, longestRestMs);
  }

  get #restLeft(): number {
    return this.#restUntil - this.#options.elapsed();
  }

  /** Who stops does not rest. */
  async #rest(): Promise<void> {
    if (this.#stopped) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#restLeft).unref();
      this.#endRest = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#endRest = undefined;
  }

  #take(): Pending[] {
    const batch: Pending[] = [];
    for (const [key, pending] of this.#pending) {
      if (batch.length === this.#options.batchSize) break;
      this.#pending.delete(key);
      batch.push(pending);
    }
    return batch;
  }

  /** What has to be sent again. */
  async #attempt(batch: Pending[]): Promise<Pending[]> {
    try {
      const responses = await this.#options.api.batch(
        batch.map(({ event, update }) => requestFor(event, update)),
        { brief: true },
      );
      return batch.flatMap((pending, index) => this.#settle(pending, responses[index]));
    } catch (error) {
      return batch.flatMap((pending) => this.#again(pending, outcomeOfError(error), error));
    }
  }

  #settle(pending: Pending, response: ApiResponse | undefined): Pending[] {
    if (response !== undefined && response.code < 400) return [];
    const error = response === undefined ? new Error('no answer') : StatusError.from(response.body as Status);
    if (pending.update && isNotFound(error)) return [{ ...pending, update: false, tries: 0 }];
    return this.#again(pending, outcomeOfError(error), error);
  }

  #again(pending: Pending, outcome: Outcome, error: unknown): Pending[] {
    const tries = pending.tries + 1;
    if (outcome === 'done') return [];
    if (outcome === 'retry' && tries < this.#options.maxTries) return [{ ...pending, tries }];
    this.#log?.warn({ event: describe(pending.event), err: error }, 'an event could not be written');
    return [];
  }

  #putBack(pending: Pending): void {
    const key = pendingKey(pending.event);
    const newer = this.#pending.get(key);
    const event = newer?.event ?? pending.event;
    this.#pending.set(key, { event, update: pending.update, tries: pending.tries });
  }
}

/** As client-go: what the server refuses is given up, what did not reach it is tried again. */
function outcomeOfError(error: unknown): Outcome {
  if (!(error instanceof StatusError)) return 'retry';
  if (isAlreadyExists(error) || isNamespaceTerminating(error)) return 'done';
  return isRetryable(error) ? 'retry' : 'drop';
}

const isNamespaceTerminating = (error: StatusError): boolean =>
  error.details?.causes?.some((cause) => cause.reason === 'NamespaceTerminating') ?? false;

function requestFor(event: EventObject, update: boolean): ApiRequest {
  const { namespace, name } = event.metadata;
  const target = { group: '', version: 'v1', resource: 'events', namespace };
  const query = { fieldManager: event.source.component };
  if (!update) return { ...target, verb: 'create', query, body: event };
  const { count, lastTimestamp, message } = event;
  const contentType = 'application/merge-patch+json';
  return { ...target, verb: 'patch', name, query, contentType, body: { count, lastTimestamp, message } };
}

const pendingKey = (event: EventObject): string => `${event.metadata.namespace}/${event.metadata.name}`;

const describe = (event: EventObject): Record<string, unknown> => ({
  kind: event.involvedObject.kind,
  namespace: event.involvedObject.namespace,
  name: event.involvedObject.name,
  reason: event.reason,
  message: event.message,
});
