import { StatusError } from '@kubus/shared/errors';
import type { GroupResource, KubeObject } from '@kubus/shared/object';
import { z } from 'zod';
import { parseConfigurationFile } from '../../configuration-file.ts';
import type { AdmissionOperation, AdmissionPlugin, AdmissionRequest } from '../contract.ts';

/** So many events per second, `burst` at once, for each of what the type tells apart. */
export interface EventLimit {
  type: 'Server' | 'Namespace' | 'User' | 'SourceAndObject';
  qps: number;
  burst: number;
  /** Keys that are remembered; whoever was not heard of for longest is forgotten. */
  cacheSize: number;
}

interface Event extends KubeObject {
  source?: { component?: string; host?: string };
  involvedObject?: { kind?: string; namespace?: string; name?: string; uid?: string; apiVersion?: string };
}

const keyOf: Readonly<Record<EventLimit['type'], (request: AdmissionRequest) => string>> = {
  Server: () => '',
  Namespace: ({ namespace }) => namespace,
  User: ({ user }) => user.username,
  SourceAndObject: ({ object }) => {
    const { source, involvedObject: about } = object as Event;
    const parts = [source?.component, source?.host, about?.kind, about?.namespace, about?.name, about?.uid];
    return [...parts, about?.apiVersion].map((part) => part ?? '').join('');
  },
};

/** Kubernetes: EventRateLimit. Counts the events that come to this replica. */
export class EventRateLimit implements AdmissionPlugin {
  readonly name = 'EventRateLimit';
  readonly #limits: readonly { limit: EventLimit; buckets: Buckets }[];
  readonly #now: () => number;

  /** `now`: milliseconds that only go forward. */
  constructor(limits: readonly EventLimit[], now: () => number = () => performance.now()) {
    this.#limits = limits.map((limit) => ({ limit, buckets: new Buckets(limit) }));
    this.#now = now;
  }

  concerns({ group, resource }: GroupResource, subresource: string, operation: AdmissionOperation): boolean {
    const isWritten = operation === 'CREATE' || operation === 'UPDATE';
    return (group === '' || group === 'events.k8s.io') && resource === 'events' && subresource === '' && isWritten;
  }

  /** Every limit counts the event, also after another has refused it. */
  validate(request: AdmissionRequest): void {
    if (request.dryRun) return;
    const now = this.#now() / 1000;
    const reached = this.#limits.flatMap(({ limit: { type }, buckets }) => {
      const key = keyOf[type](request);
      return buckets.take(key, now) ? [] : [`limit reached on type ${type} for key ${key}`];
    });
    if (reached.length === 0) return;
    const message = reached.length === 1 ? (reached[0] as string) : `[${reached.join(', ')}]`;
    throw new StatusError('TooManyRequests', message, { retryAfterSeconds: 1 });
  }
}

/** A token bucket for each key. */
class Buckets {
  readonly #limit: EventLimit;
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  constructor(limit: EventLimit) {
    this.#limit = limit;
  }

  take(key: string, now: number): boolean {
    const { qps, burst, cacheSize } = this.#limit;
    const { tokens, at } = this.#buckets.get(key) ?? { tokens: burst, at: now };
    const filled = Math.min(burst, tokens + (now - at) * qps);
    const isTaken = filled >= 1;
    this.#buckets.delete(key);
    this.#buckets.set(key, { tokens: isTaken ? filled - 1 : filled, at: now });
    if (this.#buckets.size > cacheSize) this.#buckets.delete(this.#buckets.keys().next().value as string);
    return isTaken;
  }
}

const file = z.strictObject({
  apiVersion: z.literal('eventratelimit.admission.k8s.io/v1alpha1'),
  kind: z.literal('Configuration'),
  limits: z
    .array(
      z.strictObject({
        type: z.enum(['Server', 'Namespace', 'User', 'SourceAndObject']),
        qps: z.number().int().positive(),
        burst: z.number().int().positive(),
        cacheSize: z
          .number()
          .int()
          .min(0)
          .default(0)
          .transform((size) => (size === 0 ? 4096 : size)),
      }),
    )
    .min(1),
});

/** Throws SettingsError. */
export function parseEventLimits(text: string, where: string): readonly EventLimit[] {
  return parseConfigurationFile(file, text, where).limits;
}
