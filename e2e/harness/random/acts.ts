import { setTimeout as after } from 'node:timers/promises';
import type { Recorded } from '../history/index.ts';
import type { Answer, Call, HttpApi } from '../http.ts';
import type { Random } from './prng.ts';
import { inNamespace, job, nodePortService, smallDeployment } from './workloads.ts';

/** How often each act is done, compared with the others. */
const acts = {
  rollOut: 6,
  pause: 2,
  scale: 5,
  deletePod: 4,
  evict: 5,
  runJob: 3,
  service: 3,
  namespace: 1,
} as const;
type Act = keyof typeof acts;

/** Somebody who uses the cluster at random while it suffers. Whatever is answered, it goes on. */
export class Actor {
  /** How many of its requests were accepted, by act. */
  readonly accepted = new Map<Act, number>();
  readonly #apis: readonly HttpApi[];
  readonly #random: Random;
  readonly #name: string;
  #made = 0;
  #act: Act = 'rollOut';

  constructor(name: string, apis: readonly HttpApi[], random: Random) {
    this.#name = name;
    this.#apis = apis;
    this.#random = random;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#act = this.#random.weighted(acts);
      await this.#do[this.#act]();
      await after(this.#random.between(50, 500));
    }
  }

  readonly #do: Record<Act, () => Promise<unknown>> = {
    rollOut: () => {
      const [resource, name] = this.#random.pick([
        ['deployments', 'rolled'],
        ['deployments', 'scaled'],
        ['statefulsets', 'db'],
        ['statefulsets', 'queue'],
        ['daemonsets', 'logs'],
      ] as const);
      // Of few images, so that some are those of an earlier revision: an undo.
      const containers = [{ name: 'main', image: `app:${this.#random.between(1, 4)}` }];
      return this.#call({
        method: 'PATCH',
        path: inNamespace(resource, name),
        contentType: 'application/strategic-merge-patch+json',
        body: { spec: { template: { spec: { containers } } } },
      });
    },
    pause: async () => {
      const path = inNamespace('deployments', this.#random.pick(['rolled', 'scaled']));
      await this.#call({ method: 'PATCH', path, body: { spec: { paused: true } } });
      await after(this.#random.between(100, 2_000));
      await this.#call({ method: 'PATCH', path, body: { spec: { paused: false } } });
    },
    scale: () => {
      const [resource, name, most] = this.#random.pick([
        ['deployments', 'scaled', 10],
        ['statefulsets', 'queue', 5],
      ] as const);
      const body = { spec: { replicas: this.#random.between(0, most) } };
      return this.#call({ method: 'PATCH', path: `${inNamespace(resource, name)}/scale`, body });
    },
    deletePod: async () => {
      const pod = await this.#podOf(this.#random.pick(['disturbed', 'scaled', 'queue']));
      const gracePeriodSeconds = this.#random.pick([0, 1, 30]);
      if (pod !== undefined)
        await this.#call({ method: 'DELETE', path: inNamespace('pods', pod), body: { gracePeriodSeconds } });
    },
    evict: async () => {
      const name = await this.#podOf('budgeted');
      const body = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name } };
      if (name !== undefined) await this.#call({ method: 'POST', path: `${inNamespace('pods', name)}/eviction`, body });
    },
    runJob: () => {
      const { between, next } = bound(this.#random);
      const body = job(`${this.#name}-${++this.#made}`, between(1, 8), between(1, 4), next() < 0.6, between(0, 3));
      return this.#call({ method: 'POST', path: inNamespace('jobs'), body });
    },
    service: async () => {
      const name = `${this.#name}-${this.#random.between(1, 5)}`;
      const removed = await this.#call({ method: 'DELETE', path: inNamespace('services', name) });
      if (removed?.code === 404)
        await this.#call({ method: 'POST', path: inNamespace('services'), body: nodePortService(name) });
    },
    namespace: async () => {
      const name = `${this.#name}-${++this.#made}`;
      const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { passing: 'yes' } } };
      await this.#call({ method: 'POST', path: '/api/v1/namespaces', body });
      await this.#call({ method: 'POST', path: inNamespace('deployments', undefined, name), body: smallDeployment });
      await after(this.#random.between(0, 2_000));
      await this.#call({ method: 'DELETE', path: `/api/v1/namespaces/${name}` });
    },
  };

  async #podOf(app: string): Promise<string | undefined> {
    const path = `${inNamespace('pods')}?labelSelector=app%3D${app}`;
    const items = (await this.#call<{ items?: Recorded[] }>({ path }))?.body.items ?? [];
    return items.length === 0 ? undefined : this.#random.pick(items).metadata.name;
  }

  async #call<T>(call: Call): Promise<Answer<T> | undefined> {
    try {
      const answer = await this.#random.pick(this.#apis).call<T>(call);
      if (call.method !== undefined && answer.code < 300)
        this.accepted.set(this.#act, (this.accepted.get(this.#act) ?? 0) + 1);
      return answer;
    } catch {
      return undefined;
    }
  }
}

const bound = (random: Random) => ({
  between: (from: number, to: number) => random.between(from, to),
  next: () => random.next(),
});
