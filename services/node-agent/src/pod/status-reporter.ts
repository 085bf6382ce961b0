import type { ApiClient } from '@kubus/shared/bus';
import { isConflict, isNotFound, StatusError } from '@kubus/shared/errors';
import type { Pod, PodStatus } from '@kubus/shared/schema';
import type { Logger } from 'pino';

export interface StatusReporterOptions {
  api: Pick<ApiClient, 'batch'>;
  log: Logger;
  /** How long changes are collected before they are sent; milliseconds, default 10. */
  collectMs?: number;
  /** Pause after a failed attempt; milliseconds, default 1,000. */
  retryMs?: number;
}

const batchSize = 100;

/** Sends the newest status of each pod, and sends it until it is accepted; what did not change is not sent. */
export class StatusReporter {
  readonly #options: Required<StatusReporterOptions>;
  readonly #pending = new Map<string, { pod: Pod; status: PodStatus; text: string }>();
  readonly #sent = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;
  #sending = false;
  #stopped = false;

  constructor(options: StatusReporterOptions) {
    this.#options = { collectMs: 10, retryMs: 1_000, ...options };
  }

  report(pod: Pod, status: PodStatus): void {
    const uid = pod.metadata.uid ?? '';
    const text = JSON.stringify(status);
    if (this.#pending.get(uid)?.text === text || (this.#sent.get(uid) === text && !this.#pending.has(uid))) return;
    this.#pending.set(uid, { pod, status, text });
    this.#schedule(this.#options.collectMs);
  }

  forget(uid: string): void {
    this.#pending.delete(uid);
    this.#sent.delete(uid);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #schedule(delayMs: number): void {
    if (this.#timer !== undefined || this.#sending || this.#stopped) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#send();
    }, delayMs);
  }

  async #send(): Promise<void> {
    this.#sending = true;
    const batch = [...this.#pending].slice(0, batchSize);
    let delay = this.#options.collectMs;
    try {
      const answers = await this.#options.api.batch(batch.map(([, { pod, status }]) => patchOf(pod, status)));
      for (const [i, [uid, entry]] of batch.entries()) {
        const answer = answers[i];
        if (answer !== undefined && !this.#settle(uid, entry, answer.code, answer.body)) delay = this.#options.retryMs;
      }
    } catch (err) {
      this.#options.log.warn({ err }, 'Pod statuses could not be sent; trying again');
      delay = this.#options.retryMs;
    } finally {
      this.#sending = false;
    }
    if (this.#pending.size > 0) this.#schedule(delay);
  }

  /** False when the status has to be sent again. */
  #settle(uid: string, entry: { pod: Pod; text: string }, code: number, body: unknown): boolean {
    const done = () => {
      if (this.#pending.get(uid)?.text === entry.text) this.#pending.delete(uid);
      return true;
    };
    if (code < 300) {
      this.#sent.set(uid, entry.text);
      return done();
    }
    const error = StatusError.from(body as never);
    // The pod is gone, or another one has its name: nobody waits for this status.
    if (isNotFound(error) || isConflict(error)) return done();
    this.#options.log.warn({ err: error, pod: entry.pod.metadata.name }, 'A pod status was refused');
    if (code >= 400 && code < 500 && code !== 429) return done();
    return false;
  }
}

/** Replaces what an agent reports; conditions of others stay in the list that it was given. */
const patchOf = (pod: Pod, status: PodStatus) => ({
  verb: 'patch' as const,
  group: '',
  version: 'v1',
  resource: 'pods',
  subresource: 'status',
  namespace: pod.metadata.namespace ?? '',
  name: pod.metadata.name,
  contentType: 'application/merge-patch+json',
  body: { metadata: { uid: pod.metadata.uid }, status },
});
