import { type EventObject, formatTime } from './event.ts';
import { RecentMap } from './recent-map.ts';

/** Different messages under one reason after which they are combined into one event. */
const aggregateAfter = 10;
/** Quiet time after which combining starts anew. */
const aggregateWindowMs = 600_000;
/** How often a source may send one more event about an object after `spamBurst`. */
const spamRefillMs = 300_000;

export interface CorrelatorOptions {
  /** Events that one source may send about one object at once; default 25. */
  spamBurst?: number;
  /** Objects, reasons and messages remembered, each; the oldest is forgotten. Default 4096. */
  remembered?: number;
}

interface Similar {
  messages: Set<string>;
  lastSeen: number;
}

interface Bucket {
  tokens: number;
  filledAt: number;
}

interface Sent {
  name: string;
  count: number;
  firstTimestamp: string;
}

/**
 * Keeps events few and readable, by the rules of client-go's EventCorrelator: a repeated event becomes a higher count of the first,
 * many messages with one reason become one combined event, and an object that is always in trouble is reported ever more seldom.
 * Deterministic: time comes in with each call.
 */
export class EventCorrelator {
  readonly #options: Required<CorrelatorOptions>;
  readonly #similar: RecentMap<Similar>;
  readonly #sent: RecentMap<Sent>;
  readonly #buckets: RecentMap<Bucket>;

  constructor(options: CorrelatorOptions = {}) {
    this.#options = { spamBurst: 25, remembered: 4096, ...options };
    this.#similar = new RecentMap(this.#options.remembered);
    this.#sent = new RecentMap(this.#options.remembered);
    this.#buckets = new RecentMap(this.#options.remembered);
  }

  /** The event to write now: new (count 1), or a former one with its count raised; undefined when there have been too many. */
  correlate(event: EventObject, now: number): EventObject | undefined {
    const { event: combined, key } = this.#aggregate(event, now);
    const counted = this.#count(combined, key, now);
    return this.#allowed(event, now) ? counted : undefined;
  }

  #aggregate(event: EventObject, now: number): { event: EventObject; key: string } {
    const key = reasonKey(event);
    const known = this.#similar.get(key);
    const stale = known === undefined || now - known.lastSeen > aggregateWindowMs;
    const similar = stale ? { messages: new Set<string>(), lastSeen: now } : known;
    similar.messages.add(event.message);
    similar.lastSeen = now;
    this.#similar.set(key, similar);
    if (similar.messages.size < aggregateAfter) return { event, key: messageKey(event) };
    forgetOne(similar.messages);
    return { event: { ...event, message: `(combined from similar events): ${event.message}` }, key };
  }

  #count(event: EventObject, key: string, now: number): EventObject {
    const last = this.#sent.get(key);
    const counted = last === undefined ? event : repeated(event, last, now);
    this.#sent.set(key, {
      name: counted.metadata.name,
      count: counted.count,
      firstTimestamp: counted.firstTimestamp,
    });
    return counted;
  }

  #allowed(event: EventObject, now: number): boolean {
    const key = sourceAndObjectKey(event);
    const { spamBurst } = this.#options;
    const bucket = this.#buckets.get(key) ?? { tokens: spamBurst, filledAt: now };
    const refilled = bucket.tokens + Math.max(0, now - bucket.filledAt) / spamRefillMs;
    const tokens = Math.min(spamBurst, refilled);
    const allowed = tokens >= 1;
    this.#buckets.set(key, { tokens: allowed ? tokens - 1 : tokens, filledAt: now });
    return allowed;
  }
}

function repeated(event: EventObject, last: Sent, now: number): EventObject {
  return {
    ...event,
    metadata: { ...event.metadata, name: last.name },
    count: last.count + 1,
    firstTimestamp: last.firstTimestamp,
    lastTimestamp: formatTime(now),
  };
}

/** Keeps the set from growing while it stays at the threshold. */
function forgetOne(messages: Set<string>): void {
  for (const message of messages) {
    messages.delete(message);
    return;
  }
}

function sourceAndObject(event: EventObject): (string | undefined)[] {
  const { kind, namespace, name, uid, apiVersion } = event.involvedObject;
  return [event.source.component, event.source.host, kind, namespace, name, uid, apiVersion];
}

// JSON keeps the parts apart, so that no choice of names makes two different keys meet.
const sourceAndObjectKey = (event: EventObject): string => JSON.stringify(sourceAndObject(event));
const reasonKey = (event: EventObject): string => JSON.stringify([...sourceAndObject(event), event.type, event.reason]);
const messageKey = (event: EventObject): string =>
  JSON.stringify([...sourceAndObject(event), event.involvedObject.fieldPath, event.type, event.reason, event.message]);
