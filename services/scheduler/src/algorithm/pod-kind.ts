import type { NodeTable } from '../cluster/node-table.ts';
import type { PodInfo } from '../cluster/pod-info.ts';
import type { Filter, NodeCheck } from '../filters/index.ts';
import type { NodeScore, Score } from '../scores/index.ts';

/** A score that counts, with its weight and how it is scaled. */
export interface Weighted {
  weight: number;
  score: NodeScore;
}

const FITS = 1;
const FAILS = 2;

/**
 * What follows from the node objects for all pods with the same constraints: whether a node passes, and its scores. Found out once for each node and again
 * when the node has changed, so that pods of one template cost no selector matching.
 */
export class PodKind {
  readonly checks: readonly { filter: Filter; check: NodeCheck }[];
  readonly #nodes: NodeTable;
  readonly #scores: readonly { weight: number; score: NodeScore; values: Float64Array }[];
  #version: Uint32Array;
  #state: Uint8Array;

  constructor(pod: PodInfo, nodes: NodeTable, filters: readonly Filter[], scores: readonly Score[]) {
    this.#nodes = nodes;
    this.checks = filters
      .filter((filter) => filter.dependsOn === 'node')
      .flatMap((filter) => {
        const check = filter.relevant(pod, nodes);
        return check === undefined ? [] : [{ filter, check }];
      });
    this.#version = new Uint32Array(nodes.capacity);
    this.#state = new Uint8Array(nodes.capacity);
    this.#scores = scores
      .filter((score) => score.dependsOn === 'node')
      .flatMap(({ weight, relevant }) => {
        const score = relevant(pod, nodes);
        return score === undefined ? [] : [{ weight, score, values: new Float64Array(nodes.capacity) }];
      });
  }

  /** The table has not grown since this was made. */
  get current(): boolean {
    return this.#version.length === this.#nodes.capacity;
  }

  fits(slot: number): boolean {
    if (this.#version[slot] !== this.#nodes.version[slot]) this.#examine(slot);
    return this.#state[slot] === FITS;
  }

  /** Scores of slots that were asked for by `fits` before. */
  scores(): Weighted[] {
    return this.#scores.map(({ weight, score, values }) => ({
      weight,
      score: { best: score.best, of: (slot) => values[slot] as number },
    }));
  }

  #examine(slot: number): void {
    this.#version[slot] = this.#nodes.version[slot] as number;
    const fits = this.checks.every(({ check }) => check.fits(slot));
    this.#state[slot] = fits ? FITS : FAILS;
    if (fits) for (const { score, values } of this.#scores) values[slot] = score.of(slot);
  }
}

/** The kinds that were used last. */
export class PodKinds {
  readonly #nodes: NodeTable;
  readonly #filters: readonly Filter[];
  readonly #scores: readonly Score[];
  readonly #most: number;
  readonly #kinds = new Map<string, PodKind>();
  #softTaints = false;

  constructor(nodes: NodeTable, filters: readonly Filter[], scores: readonly Score[], most = 200) {
    this.#nodes = nodes;
    this.#filters = filters;
    this.#scores = scores;
    this.#most = most;
  }

  of(pod: PodInfo): PodKind {
    if (this.#softTaints !== this.#nodes.hasSoftTaints) {
      // Whether these scores count for anyone has changed.
      this.#softTaints = this.#nodes.hasSoftTaints;
      this.#kinds.clear();
    }
    const known = this.#kinds.get(pod.constraints);
    if (known?.current) return known;
    const kind = new PodKind(pod, this.#nodes, this.#filters, this.#scores);
    this.#kinds.delete(pod.constraints);
    this.#kinds.set(pod.constraints, kind);
    if (this.#kinds.size > this.#most) this.#kinds.delete(this.#kinds.keys().next().value as string);
    return kind;
  }
}
