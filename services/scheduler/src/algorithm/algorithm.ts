import type { NodeTable } from '../cluster/node-table.ts';
import type { PodInfo } from '../cluster/pod-info.ts';
import { filters as defaultFilters, type Filter, type NodeCheck } from '../filters/index.ts';
import { scores as defaultScores, type Score } from '../scores/index.ts';
import { Diagnosis } from './diagnosis.ts';
import { type PodKind, PodKinds, type Weighted } from './pod-kind.ts';
import { nodesToFind } from './sampling.ts';

export interface AlgorithmOptions {
  nodes: NodeTable;
  filters?: readonly Filter[];
  scores?: readonly Score[];
  /** Part of the nodes that is scored, 1 to 100; default: by the size of the cluster. */
  percentageOfNodesToScore?: number;
  /** At least 0, below 1; default Math.random. */
  random?: () => number;
}

/**
 * Chooses the node for a pod: goes over the nodes from where it stopped the last time, until enough of them pass every filter, and takes the one with the best
 * score, one of them at random when several have it. Replicas begin at different nodes, so that they seldom choose the same one.
 */
export class Algorithm {
  readonly #nodes: NodeTable;
  readonly #filters: readonly Filter[];
  readonly #podFilters: readonly Filter[];
  readonly #podScores: readonly (Score & { dependsOn: 'pods' })[];
  readonly #kinds: PodKinds;
  readonly #percentage: number | undefined;
  readonly #random: () => number;
  #start: number;
  /** Slots that passed, and their scores so far; kept between pods. */
  #found: Int32Array = new Int32Array(0);
  #total: Float64Array = new Float64Array(0);
  #raw: Float64Array = new Float64Array(0);

  constructor(options: AlgorithmOptions) {
    const scores = options.scores ?? defaultScores;
    this.#nodes = options.nodes;
    this.#filters = options.filters ?? defaultFilters;
    this.#podFilters = this.#filters.filter((filter) => filter.dependsOn === 'pods');
    this.#podScores = scores.filter((score) => score.dependsOn === 'pods');
    this.#kinds = new PodKinds(options.nodes, this.#filters, scores);
    this.#percentage = options.percentageOfNodesToScore;
    this.#random = options.random ?? Math.random;
    this.#start = Math.trunc(this.#random() * 2 ** 31);
  }

  /** The slot of the chosen node; undefined when none passes every filter. */
  select(pod: PodInfo): number | undefined {
    this.#makeRoom();
    const kind = this.#kinds.of(pod);
    const count = this.#find(kind, this.#checksOf(pod));
    if (count === 0) return undefined;
    if (count === 1) return this.#found[0];
    this.#total.fill(0, 0, count);
    for (const weighted of kind.scores) this.#add(weighted, count);
    for (const { weight, relevant } of this.#podScores) {
      const score = relevant(pod, this.#nodes);
      if (score !== undefined) this.#add({ weight, score }, count);
    }
    return this.#best(count);
  }

  /** Whether this one node would pass now. */
  fits(pod: PodInfo, slot: number): boolean {
    return this.#kinds.of(pod).fits(slot) && passes(this.#checksOf(pod), slot);
  }

  /** Why no node passes; to be asked when `select` found none. */
  diagnose(pod: PodInfo): Diagnosis {
    const diagnosis = new Diagnosis(this.#nodes.count);
    const checks = this.#allChecksOf(pod);
    for (let i = 0; i < this.#nodes.count; i++) {
      const slot = this.#nodes.order[i] as number;
      const failed = checks.find(({ check }) => !check.fits(slot));
      if (failed === undefined) continue;
      diagnosis.add(failed.filter.name, failed.check.explain(slot));
      if (failed.check.resolvable?.(slot) === true) diagnosis.resolvable.push(slot);
    }
    return diagnosis;
  }

  /** Why this one node does not pass, as the pods on it are counted now; nothing when it does. */
  reasons(pod: PodInfo, slot: number): string[] {
    return (
      this.#allChecksOf(pod)
        .find(({ check }) => !check.fits(slot))
        ?.check.explain(slot) ?? []
    );
  }

  #allChecksOf(pod: PodInfo): { filter: Filter; check: NodeCheck }[] {
    return this.#filters.flatMap((filter) => {
      const check = filter.relevant(pod, this.#nodes);
      return check === undefined ? [] : [{ filter, check }];
    });
  }

  #checksOf(pod: PodInfo): NodeCheck[] {
    const checks: NodeCheck[] = [];
    for (const filter of this.#podFilters) {
      const check = filter.relevant(pod, this.#nodes);
      if (check !== undefined) checks.push(check);
    }
    return checks;
  }

  #find(kind: PodKind, checks: readonly NodeCheck[]): number {
    const { order, count } = this.#nodes;
    const enough = nodesToFind(count, this.#percentage);
    const slots = this.#found;
    let at = count === 0 ? 0 : this.#start % count;
    let found = 0;
    for (let seen = 0; seen < count && found < enough; seen++) {
      const slot = order[at] as number;
      at = at + 1 === count ? 0 : at + 1;
      if (!kind.fits(slot) || !passes(checks, slot)) continue;
      slots[found] = slot;
      found += 1;
    }
    this.#start = at;
    return found;
  }

  /** Adds one score to the totals, scaled over the nodes that were found. */
  #add({ weight, score }: Weighted, count: number): void {
    const total = this.#total;
    const raw = this.#raw;
    score.fill(this.#found, count, raw);
    if (score.best === 'none') {
      for (let i = 0; i < count; i++) total[i] = (total[i] as number) + weight * (raw[i] as number);
      return;
    }
    let most = 0;
    for (let i = 0; i < count; i++) if ((raw[i] as number) > most) most = raw[i] as number;
    // All are the same: it makes no difference.
    if (most === 0) return;
    for (let i = 0; i < count; i++) {
      const scaled = Math.trunc(((raw[i] as number) * 100) / most);
      total[i] = (total[i] as number) + weight * (score.best === 'highest' ? scaled : 100 - scaled);
    }
  }

  #best(count: number): number {
    let best = 0;
    let ties = 1;
    for (let i = 1; i < count; i++) {
      const ahead = (this.#total[i] as number) - (this.#total[best] as number);
      if (ahead < 0) continue;
      ties = ahead > 0 ? 1 : ties + 1;
      if (ahead > 0 || this.#random() * ties < 1) best = i;
    }
    return this.#found[best] as number;
  }

  #makeRoom(): void {
    if (this.#found.length >= this.#nodes.capacity) return;
    this.#found = new Int32Array(this.#nodes.capacity);
    this.#total = new Float64Array(this.#nodes.capacity);
    this.#raw = new Float64Array(this.#nodes.capacity);
  }
}

function passes(checks: readonly NodeCheck[], slot: number): boolean {
  for (let i = 0; i < checks.length; i++) if (!(checks[i] as NodeCheck).fits(slot)) return false;
  return true;
}
