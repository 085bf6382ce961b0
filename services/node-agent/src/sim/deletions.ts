import type { ApiClient, ApiResponse } from '@kubus/shared/bus';
import { isConflict, isNotFound, type Status, StatusError } from '@kubus/shared/errors';
import type { Pod } from '@kubus/shared/schema';
import { deletionOf } from '../pod/delete-pod.ts';

const batchSize = 100;

interface Waiting {
  pod: Pod;
  settle: PromiseWithResolvers<void>;
}

/** Lets the API forget pods, those of a moment together: of a thousand nodes hundreds may go at once. */
export class Deletions {
  readonly #api: Pick<ApiClient, 'batch'>;
  readonly #collectMs: number;
  #waiting: Waiting[] = [];

  constructor(api: Pick<ApiClient, 'batch'>, collectMs = 10) {
    this.#api = api;
    this.#collectMs = collectMs;
  }

  /** As `deletePod`. */
  delete(pod: Pod): Promise<void> {
    const settle = Promise.withResolvers<void>();
    if (this.#waiting.length === 0) setTimeout(() => this.#sendAll(), this.#collectMs);
    this.#waiting.push({ pod, settle });
    return settle.promise;
  }

  #sendAll(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (let from = 0; from < waiting.length; from += batchSize) void this.#send(waiting.slice(from, from + batchSize));
  }

  /** Never rejects. */
  async #send(batch: readonly Waiting[]): Promise<void> {
    try {
      const requests = batch.map(({ pod }) => deletionOf(pod));
      const answers = await this.#api.batch(requests, { brief: true });
      for (const [index, { settle }] of batch.entries()) {
        const error = errorOf(answers[index]);
        if (error === undefined || isNotFound(error) || isConflict(error)) settle.resolve();
        else settle.reject(error);
      }
    } catch (error) {
      for (const { settle } of batch) settle.reject(error);
    }
  }
}

function errorOf(answer: ApiResponse | undefined): StatusError | undefined {
  if (answer === undefined) return new StatusError('InternalError', 'the API left a request unanswered');
  return answer.code < 400 ? undefined : StatusError.from(answer.body as Status);
}
