import type { NodeTable } from '../cluster/node-table.ts';
import type { PodInfo } from '../cluster/pod-info.ts';
import type { Filter, NodeCheck } from '../filters/index.ts';
import type { Best, NodeScores, Score } from '../scores/index.ts';

/** A score that counts, with its weight. */
export interface Weighted {
  weight: number;
  score: NodeScores;
}

/** What a node is worth, as it was found out. */
interface Known {
  best: Best;
  of: (slot: number) => number;
  values: Float64Array;
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
  readonly #known: readonly Known[];
  /** Scores of slots that `fits` was asked of before. */
  readonly scores: readonly Weighted[];
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
    const known = scores.flatMap((score) => {
      const relevant = score.dependsOn === 'node' ? score.relevant(pod, nodes) : undefined;
      if (relevant === undefined) return [];
      const { best, of } = relevant;
      return [{ weight: score.weight, best, of, values: new Float64Array(nodes.capacity) }];
    });
    this.#known = known;
    this.scores = known.map(({ weight, best, values }) => ({ weight, score: { best, fill: copyFrom(values) } }));
  }

  /** The table has not grown since this was made. */
  get current(): boolean {
    return this.#version.length === this.#nodes.capacity;
  }

  fits(slot: number): boolean {
    if (this.#version[slot] !== this.#nodes.version[slot]) this.#examine(slot);
    return this.#state[slot] === FITS;
  }

  #examine(slot: number): void {
    this.#version[slot] = this.#nodes.version[slot] as number;
    const fits = this.checks.every(({ check }) => check.fits(slot));
    this.#state[slot] = fits ? FITS : FAILS;
    if (fits) for (const { of, values } of this.#known) values[slot] = of(slot);
  }
}

const copyFrom =
  (values: Float64Array): NodeScores['fill'] =>
  (slots, count, into) => {
    for (let i = 0; i < count; i++) into[i] = values[slots[i] as number] as number;
  };

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
