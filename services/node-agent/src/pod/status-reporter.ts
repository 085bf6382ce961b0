import type { ApiClient } from '@kubus/shared/bus';
import { isConflict, isNotFound, isRetryable, type Status, StatusError } from '@kubus/shared/errors';
import { equal } from '@kubus/shared/object';
import type { Pod, PodStatus } from '@kubus/shared/schema';
import type { Logger } from '@kubus/shared/telemetry';
import { HeldStatuses } from './held-statuses.ts';
import { isPassing } from './status-urgency.ts';

export interface StatusReporterOptions {
  api: Pick<ApiClient, 'batch'>;
  log: Logger;
  /** How long changes are collected before they are sent; milliseconds, default 10. */
  collectMs?: number;
  /** How long a status that nobody acts on may wait for one that says more; milliseconds, default 1,000. */
  holdMs?: number;
  /** The same for a pod that ends, and where many pods start together; milliseconds, default 5,000. */
  longHoldMs?: number;
  /** Pause after a failed attempt; milliseconds, default 1,000. */
  retryMs?: number;
}

const batchSize = 100;

interface Pending {
  pod: Pod;
  status: PodStatus;
}

/** A status that the API has taken. */
interface Accepted {
  status: PodStatus;
  /** Revision that the write got. */
  revision: number;
  /** The status as the API keeps it, once it has been seen. */
  kept?: PodStatus;
}

/**
 * Sends the newest status of each pod, and sends it until it is accepted; what the API has is not sent again. A status on the way to another one
 * (`isPassing`) is held back a little: every status is a commit, of which all who follow pods are told.
 */
export class StatusReporter {
  readonly #options: Required<StatusReporterOptions>;
  readonly #pending = new Map<string, Pending>();
  readonly #held: HeldStatuses<Pending>;
  readonly #accepted = new Map<string, Accepted>();
  readonly #waiting = new Map<string, () => void>();
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #stopped = false;

  constructor(options: StatusReporterOptions) {
    this.#options = { collectMs: 10, holdMs: 1_000, longHoldMs: 5_000, retryMs: 1_000, ...options };
    this.#held = new HeldStatuses(this.#options, (uid, pending) => this.#add(uid, pending));
  }

  /** `pod` is the newest that was seen of it: when somebody overwrote what was accepted, that shows there and the status is sent again. */
  report(pod: Pod, status: PodStatus): void {
    const uid = pod.metadata.uid ?? '';
    const pending = this.#pending.get(uid);
    const waiting = pending ?? this.#held.get(uid);
    if (waiting === undefined ? this.#isKnown(pod, status) : equal(waiting.status, status)) return;
    if (pending === undefined && isPassing(pod.status, status)) {
      this.#held.hold(uid, { pod, status }, pod.metadata.deletionTimestamp !== undefined);
      return;
    }
    this.#held.forget(uid);
    this.#add(uid, { pod, status });
  }

  #add(uid: string, pending: Pending): void {
    this.#pending.set(uid, pending);
    this.#schedule(this.#options.collectMs);
  }

  /** Resolves when nothing of the pod waits to be sent, and after `limitMs` all the same: a bus that is away holds nothing up for longer. */
  async settled(uid: string, limitMs = 2_000): Promise<void> {
    this.#held.release(uid);
    if (!this.#pending.has(uid)) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, limitMs);
      this.#waiting.set(uid, () => {
        clearTimeout(timer);
        resolve();
      });
    });
    this.#waiting.delete(uid);
  }

  forget(uid: string): void {
    this.#pending.delete(uid);
    this.#held.forget(uid);
    this.#waiting.get(uid)?.();
    this.#accepted.delete(uid);
  }

  /** Tries once more to send what waits. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#sending;
    this.#held.stop();
    if (this.#pending.size > 0) await this.#send();
  }

  #isKnown({ metadata, status: shown = {} }: Pod, status: PodStatus): boolean {
    const accepted = this.#accepted.get(metadata.uid ?? '');
    if (accepted === undefined) return equal(shown, status);
    if (!equal(accepted.status, status)) return false;
    const revision = Number(metadata.resourceVersion ?? 0);
    if (revision < accepted.revision) return true;
    if (revision > accepted.revision && !equal(accepted.kept, shown)) return false;
    // The pod's own, which is in memory anyway.
    accepted.kept = shown;
    if (equal(accepted.status, shown)) accepted.status = shown;
    return true;
  }

  #schedule(delayMs: number): void {
    if (this.#timer !== undefined || this.#sending !== undefined || this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#sending = this.#send().then((ok) => {
        this.#sending = undefined;
        if (this.#pending.size > 0) this.#schedule(ok ? this.#options.collectMs : this.#options.retryMs);
      });
    }, delayMs);
  }

  /** False when something has to be tried again. */
  async #send(): Promise<boolean> {
    const batch = [...this.#pending].slice(0, batchSize);
    try {
      const answers = await this.#options.api.batch(
        batch.map(([, pending]) => patchOf(pending)),
        { brief: true },
      );
      const settled = batch.map(([uid, pending], i) => this.#settle(uid, pending, answers[i]));
      return settled.every(Boolean);
    } catch (err) {
      this.#options.log.warn({ err }, 'Pod statuses could not be sent; trying again');
      return false;
    }
  }

  /** False when the status has to be sent again. */
  #settle(uid: string, pending: Pending, answer: { code: number; body: unknown } | undefined): boolean {
    if (answer === undefined) return false;
    if (answer.code >= 300) return this.#refused(uid, pending, StatusError.from(answer.body as Status));
    const revision = Number((answer.body as Pod).metadata.resourceVersion ?? 0);
    // Forgotten meanwhile: then nothing of it is kept.
    if (this.#pending.has(uid)) this.#accepted.set(uid, { status: pending.status, revision });
    this.#done(uid, pending);
    return true;
  }

  #refused(uid: string, pending: Pending, error: StatusError): boolean {
    // Another pod may have the name now; then this one is soon forgotten.
    if (isRetryable(error) || isConflict(error)) return false;
    // Nobody waits for the status of a pod that is gone.
    if (!isNotFound(error)) {
      const { namespace, name } = pending.pod.metadata;
      this.#options.log.error({ err: error, namespace, name }, 'A pod status was refused');
    }
    this.#done(uid, pending);
    return true;
  }

  /** Unless a newer one has come meanwhile. */
  #done(uid: string, pending: Pending): void {
    if (this.#pending.get(uid) !== pending) return;
    this.#pending.delete(uid);
    this.#waiting.get(uid)?.();
  }
}

/**
 * Replaces what an agent reports; conditions of others stay in the list that it was given. Why a pod had ended holds no more when it runs
 * again, as static pods do after a shutdown of their node.
 */
const patchOf = ({ pod, status }: Pending) => ({
  verb: 'patch' as const,
  group: '',
  version: 'v1',
  resource: 'pods',
  subresource: 'status',
  namespace: pod.metadata.namespace ?? '',
  name: pod.metadata.name,
  contentType: 'application/merge-patch+json',
  body: { metadata: { uid: pod.metadata.uid }, status: { ...takenBack(pod.status), ...status } },
});

/** In a merge patch null takes a field away. */
const takenBack = ({ reason, message }: PodStatus = {}) => ({
  ...(reason === undefined ? {} : { reason: null }),
  ...(message === undefined ? {} : { message: null }),
});
