import type { ApiClient, ApiRequest, ApiResponse } from '@kubus/shared/bus';
import { type Status, StatusError } from '@kubus/shared/errors';
import type { PodInfo } from '../cluster/pod-info.ts';

export interface Binding {
  info: PodInfo;
  node: string;
}

/** What became of a binding. */
export type BindingOutcome =
  | { result: 'bound' }
  /** The pod is not there any more, or it is bound already: nothing is left to do. */
  | { result: 'gone' }
  /** The commit found less room than this replica thought: catch up to the revision, then try again. */
  | { result: 'insufficient'; revision: number; message: string }
  /** It may or may not have been committed. */
  | { result: 'failed'; error: StatusError };

export interface BinderOptions {
  api: Pick<ApiClient, 'batch'>;
  onOutcome: (binding: Binding, outcome: BindingOutcome) => void;
  /** Bindings in one message at most; default 200. */
  batchSize?: number;
  /** Messages under way at most; default 4. */
  concurrency?: number;
}

/** Sends bindings in batches; several batches are under way at once, so that the algorithm goes on while the api commits. */
export class Binder {
  readonly #options: BinderOptions;
  readonly #batchSize: number;
  readonly #concurrency: number;
  #waiting: Binding[] = [];
  #underWay = 0;
  #changed: PromiseWithResolvers<void> | undefined;

  constructor(options: BinderOptions) {
    this.#options = options;
    this.#batchSize = options.batchSize ?? 200;
    this.#concurrency = options.concurrency ?? 4;
  }

  get idle(): boolean {
    return this.#underWay === 0 && this.#waiting.length === 0;
  }

  /** A batch is full: wait for room before adding more. */
  get full(): boolean {
    return this.#waiting.length >= this.#batchSize;
  }

  add(binding: Binding): void {
    this.#waiting.push(binding);
    if (this.full) this.flush();
  }

  /** Sends what waits, if a further batch may go. */
  flush(): void {
    while (this.#waiting.length > 0 && this.#underWay < this.#concurrency) {
      const batch = this.#waiting.splice(0, this.#batchSize);
      this.#underWay += 1;
      void this.#send(batch);
    }
  }

  /** Resolves at the end of the next batch. */
  async nextChange(): Promise<void> {
    if (this.#underWay === 0) return;
    this.#changed ??= Promise.withResolvers();
    await this.#changed.promise;
  }

  /** Sends everything and waits for all outcomes. */
  async drain(): Promise<void> {
    while (!this.idle) {
      this.flush();
      await this.nextChange();
    }
  }

  async #send(batch: readonly Binding[]): Promise<void> {
    const outcomes = await this.#outcomes(batch);
    this.#underWay -= 1;
    for (const [i, binding] of batch.entries()) {
      const outcome = outcomes[i];
      if (outcome !== undefined) this.#options.onOutcome(binding, outcome);
    }
    this.flush();
    this.#changed?.resolve();
    this.#changed = undefined;
  }

  async #outcomes(batch: readonly Binding[]): Promise<BindingOutcome[]> {
    try {
      return (await this.#options.api.batch(batch.map(requestOf))).map(outcomeOf);
    } catch (thrown) {
      const error = thrown instanceof StatusError ? thrown : new StatusError('InternalError', String(thrown));
      return batch.map(() => ({ result: 'failed', error }));
    }
  }
}

function requestOf({ info, node }: Binding): ApiRequest {
  const { namespace = '', name } = info.pod.metadata;
  return {
    verb: 'create',
    group: '',
    version: 'v1',
    resource: 'pods',
    subresource: 'binding',
    namespace,
    name,
    body: {
      apiVersion: 'v1',
      kind: 'Binding',
      // A pod of the same name that came after this one is not meant.
      metadata: { namespace, name, uid: info.uid },
      target: { apiVersion: 'v1', kind: 'Node', name: node },
    },
  };
}

function outcomeOf(response: ApiResponse): BindingOutcome {
  if (response.code < 400) return { result: 'bound' };
  const status = response.body as Status;
  const causes = status.details?.causes ?? [];
  const short = causes.find((cause) => cause.reason === 'Insufficient');
  if (short !== undefined) {
    const revision = Number(causes.find((cause) => cause.reason === 'ResourceVersion')?.message ?? 0);
    return { result: 'insufficient', revision, message: short.message ?? '' };
  }
  if (response.code === 404 || status.reason === 'Conflict') return { result: 'gone' };
  return { result: 'failed', error: StatusError.from(status) };
}
