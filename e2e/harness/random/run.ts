import { setTimeout as after } from 'node:timers/promises';
import { eventually } from '@kubus/testkit';
import type { Cluster } from '../cluster.ts';
import {
  acknowledgedWritesWereSeen,
  deltasLeadTo,
  jobsCountOnce,
  merge,
  neverBelow,
  noAcknowledgedWriteLost,
  nothingIsAllocatedTwice,
  podsRunOnce,
  readersAgree,
  staysInNamespace,
  type Violation,
  watchIsListAndDeltas,
} from '../history/index.ts';
import { type Call, HttpApi } from '../http.ts';
import type { OtherVersion } from '../other-version.ts';
import { Recorder } from '../recorder.ts';
import { Actor } from './acts.ts';
import { readAll, type Stored, unsettled } from './convergence.ts';
import type { EngineFaults } from './engine-faults.ts';
import { Injector } from './injector.ts';
import type { Network } from './network.ts';
import { Random } from './prng.ts';
import type { Planned } from './schedule.ts';
import { budget, cronJob, floors, inNamespace, namespace, nodes, resources, workloads } from './workloads.ts';
import { contentOf, Writer } from './writer.ts';

export interface RunOptions {
  cluster: Cluster;
  seed: number;
  faults: readonly Planned[];
  durationMs: number;
  /** How long the cluster may take to come to rest after the last fault. */
  settleMs: number;
  /** Default: six, simulated. */
  nodes?: number;
  /** Absent: no fault of the run is the engine's. With one, containers die by themselves, so that no floor is promised. */
  engine?: EngineFaults;
  /** Absent: no fault of the run is of its links. */
  network?: Network;
  /** The version that the cluster was started from, when it is not this one. */
  other?: OtherVersion;
}

export interface Outcome {
  violations: Violation[];
  /** For the log: how much happened. */
  summary: Record<string, number>;
}

/** For every program to be there again: what was killed often is started after half a minute, one program waits for another, and the machine may be slow. */
const recoveryMs = 120_000;

/** A cluster that is used at random while faults are done to it, until the end of the time; then it has to come to rest, and all that was seen is judged. */
export class RandomRun {
  readonly #options: RunOptions;
  readonly #apis: readonly HttpApi[];
  readonly #recorders: readonly Recorder[];
  readonly #writers: readonly Writer[];
  readonly #actors: readonly Actor[];

  private constructor(options: RunOptions, apis: readonly HttpApi[]) {
    this.#options = options;
    this.#apis = apis;
    const readable = [...resources].map(([resource, path]) => ({ resource, path }));
    const own = { resource: 'configmaps', path: inNamespace('configmaps'), namespace };
    this.#recorders = apis.flatMap((api, i) =>
      [...readable, own].map((what) => new Recorder(api, i === 0 ? 'api' : `api-${i + 1}`, what)),
    );
    const random = (n: number) => new Random(options.seed * 31 + n);
    this.#writers = [1, 2, 3].map((n) => new Writer(`writer-${n}`, apis, random(n)));
    this.#actors = [4, 5].map((n) => new Actor(`actor-${n}`, apis, random(n)));
  }

  static async prepare(options: RunOptions, replicas: number): Promise<RandomRun> {
    const { kubeconfig } = options.cluster;
    const apis = await Promise.all(Array.from({ length: replicas }, (_, i) => HttpApi.open(kubeconfig, i)));
    const run = new RandomRun(options, apis);
    await run.#makeWorkloads();
    await Promise.all(run.#recorders.map((recorder) => recorder.start()));
    return run;
  }

  async play(): Promise<Outcome> {
    const { durationMs } = this.#options;
    const stop = new AbortController();
    const busy = [...this.#writers, ...this.#actors].map((one) => one.run(stop.signal));
    await this.#injectAll();
    await after(Math.max(0, durationMs - (this.#options.faults.at(-1)?.at ?? 0)));
    stop.abort();
    await Promise.all(busy);
    for (const name of ['rolled', 'scaled'])
      await this.#must({ method: 'PATCH', path: inNamespace('deployments', name), body: { spec: { paused: false } } });
    await this.#deletePassing();
    const ended = performance.now();
    const unrest = await this.#settle();
    const settledMs = Math.round(performance.now() - ended);
    const behind = await this.#caughtUp();
    await Promise.all(this.#recorders.map((recorder) => recorder.stop()));
    const violations = [...unrest, ...behind, ...(await this.#judge())];
    for (const api of this.#apis) api.close();
    return { violations, summary: this.#summary(settledMs) };
  }

  async #makeWorkloads(): Promise<void> {
    await this.#must({ method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name: namespace } } });
    for (const [resource, objects] of Object.entries(workloads))
      for (const body of objects) await this.#must({ method: 'POST', path: inNamespace(resource), body });
    await this.#must({ method: 'POST', path: inNamespace('poddisruptionbudgets'), body: budget });
    await this.#must({ method: 'POST', path: inNamespace('cronjobs'), body: cronJob });
    await eventually(async () => complain(this.#unsettled(await readAll(this.#first))), 120_000, 200);
  }

  #unsettled(stored: Stored): Violation[] {
    return unsettled(stored, this.#options.nodes ?? nodes);
  }

  async #injectAll(): Promise<void> {
    const { cluster, faults } = this.#options;
    const injector = new Injector(cluster, this.#options);
    const begin = performance.now();
    const going: Promise<void>[] = [];
    for (const { at, fault } of faults) {
      await after(Math.max(0, begin + at - performance.now()));
      const injected = injector.inject(fault);
      // It is looked at in the end.
      injected.catch(() => undefined);
      going.push(injected);
    }
    await Promise.all(going);
    await injector.end();
  }

  /** Those whose deletion was lost in a fault. */
  async #deletePassing(): Promise<void> {
    await eventually(async () => {
      const namespaces = (await readAll(this.#first)).get('namespaces') ?? [];
      for (const { metadata } of namespaces.filter((object) => object.metadata.labels?.['passing'] !== undefined))
        await this.#must({ method: 'DELETE', path: `/api/v1/namespaces/${metadata.name}` });
    }, recoveryMs);
  }

  /** Empty when all came to rest in time. */
  async #settle(): Promise<Violation[]> {
    let left: Violation[] = ['nobody answers'];
    const check = async () => {
      left = this.#unsettled(await readAll(this.#first));
      complain(left);
    };
    return eventually(check, this.#options.settleMs, 500).then(
      () => [],
      () => left.map((text) => `not at rest after ${this.#options.settleMs / 1000} s: ${text}`),
    );
  }

  /** Every reader has heard of everything that is stored. */
  async #caughtUp(): Promise<Violation[]> {
    let left: Violation[] = [];
    const check = async () => {
      const stored = await readAll(this.#first);
      left = this.#recorders.flatMap((recorder) => deltasLeadTo(recorder, seenBy(recorder, stored)));
      complain(left);
    };
    return eventually(check, recoveryMs, 200).then(
      () => [],
      () => left,
    );
  }

  async #judge(): Promise<Violation[]> {
    const history = merge(this.#recorders);
    const writes = this.#writers.flatMap((writer) => writer.writes);
    const stored = (await eventually(() => readAll(this.#first), recoveryMs, 200)).get('configmaps') ?? [];
    const byWriters = stored.filter((object) => object.metadata.namespace === namespace);
    return [
      ...this.#recorders.flatMap((recorder) => [...watchIsListAndDeltas(recorder), ...staysInNamespace(recorder)]),
      ...readersAgree(this.#recorders),
      ...noAcknowledgedWriteLost(writes, byWriters, contentOf),
      ...acknowledgedWritesWereSeen(writes, history, 'configmaps', contentOf),
      ...podsRunOnce(history),
      ...(this.#options.engine === undefined ? floors.flatMap((floor) => neverBelow(history, floor)) : []),
      ...jobsCountOnce(history),
      ...nothingIsAllocatedTwice(history),
    ];
  }

  #summary(settledMs: number): Record<string, number> {
    const writes = this.#writers.flatMap((writer) => writer.writes);
    const entries = this.#recorders.flatMap((recorder) => recorder.entries);
    const of = (outcome: string) => writes.filter((write) => write.outcome === outcome).length;
    return {
      faults: this.#options.faults.length,
      acknowledged: of('acknowledged'),
      refused: of('refused'),
      unknown: of('unknown'),
      changes: entries.filter((entry) => entry.kind === 'change').length,
      lists: entries.filter((entry) => entry.kind === 'list').length,
      ...this.#acts(),
      settledMs,
    };
  }

  #acts(): Record<string, number> {
    const sums = new Map<string, number>();
    for (const [act, accepted] of this.#actors.flatMap((actor) => [...actor.accepted]))
      sums.set(act, (sums.get(act) ?? 0) + accepted);
    return Object.fromEntries(sums);
  }

  get #first(): HttpApi {
    return this.#apis[0] as HttpApi;
  }

  /** Tries again until it is done. */
  async #must(call: Call): Promise<void> {
    await eventually(
      async () => {
        const { code, body } = await this.#first.call(call);
        if (code >= 300 && code !== 409 && code !== 404)
          throw new Error(`${call.path}: ${code} ${JSON.stringify(body)}`);
      },
      recoveryMs,
      200,
    );
  }
}

function complain(violations: readonly Violation[]): void {
  if (violations.length > 0) throw new Error(violations.join('\n'));
}

/** As a reader of lists and watches sees it: without kinds, and of its namespace. */
const seenBy = ({ resource, namespace: of }: Recorder, stored: Stored) =>
  (stored.get(resource) ?? []).filter((object) => of === undefined || object.metadata.namespace === of);
