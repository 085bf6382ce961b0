import { setTimeout as after } from 'node:timers/promises';
import type { Recorded, Write } from '../history/index.ts';
import type { Answer, Call, HttpApi } from '../http.ts';
import type { Random } from './prng.ts';
import { inNamespace, namespace } from './workloads.ts';

/** What a ConfigMap of a writer holds. */
export const contentOf = (object: Recorded): string | undefined => object.data?.['n'];

/** Creates, changes and deletes ConfigMaps of its own, and remembers what was answered. */
export class Writer {
  readonly writes: Write[] = [];
  readonly #name: string;
  readonly #apis: readonly HttpApi[];
  readonly #random: Random;
  /** resourceVersion of each that is there, as last known. */
  readonly #known = new Map<string, string>();

  constructor(name: string, apis: readonly HttpApi[], random: Random) {
    this.#name = name;
    this.#apis = apis;
    this.#random = random;
  }

  async run(signal: AbortSignal): Promise<void> {
    for (let n = 1; !signal.aborted; n++) {
      await this.#step(`${this.#name}-${this.#random.between(1, 12)}`, `${n}`);
      await after(this.#random.between(5, 60));
    }
  }

  async #step(name: string, value: string): Promise<void> {
    const known = this.#known.get(name);
    const remove = known !== undefined && this.#random.next() < 0.2;
    const answer = await this.#call<Recorded>(
      known === undefined
        ? { method: 'POST', path: inNamespace('configmaps'), body: configMap(name, value) }
        : remove
          ? {
              method: 'DELETE',
              path: inNamespace('configmaps', name),
              body: { preconditions: { resourceVersion: known } },
            }
          : { method: 'PUT', path: inNamespace('configmaps', name), body: configMap(name, value, known) },
    );
    const write = { key: `${namespace}/${name}`, value: remove ? undefined : value, creates: known === undefined };
    const revision = answer?.body.metadata?.resourceVersion;
    if (answer !== undefined && answer.code < 300) {
      if (remove) this.#known.delete(name);
      else this.#known.set(name, revision ?? '');
      this.writes.push({ ...write, outcome: 'acknowledged', ...(remove ? {} : { revision: Number(revision) }) });
      return;
    }
    // 503: Redis was not reached, or only after the time of the request; the api says so of nothing that it may have done.
    const refused = answer !== undefined && ((answer.code >= 400 && answer.code < 500) || answer.code === 503);
    this.writes.push({ ...write, outcome: refused ? 'refused' : 'unknown' });
    await this.#look(name);
  }

  async #look(name: string): Promise<void> {
    for (;;) {
      const answer = await this.#call<Recorded>({ path: inNamespace('configmaps', name) });
      if (answer?.code === 200) return void this.#known.set(name, answer.body.metadata.resourceVersion ?? '');
      if (answer?.code === 404) return void this.#known.delete(name);
      await after(200);
    }
  }

  #call<T>(call: Call): Promise<Answer<T> | undefined> {
    return this.#random
      .pick(this.#apis)
      .call<T>(call)
      .catch(() => undefined);
  }
}

const configMap = (name: string, n: string, resourceVersion?: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
  data: { n },
});
