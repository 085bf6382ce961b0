/** Why a pod fits nowhere, in the words of kube-scheduler (framework.FitError). */
export class Diagnosis {
  /** Names of the filters that turned a node down. */
  readonly filters = new Set<string>();
  /** Slots of nodes that could take the pod if others left. */
  readonly resolvable: number[] = [];
  readonly #nodes: number;
  readonly #reasons: ReasonCounts;

  constructor(nodes: number) {
    this.#nodes = nodes;
    this.#reasons = new ReasonCounts(nodes);
  }

  add(filter: string, reasons: readonly string[]): void {
    this.filters.add(filter);
    for (const reason of reasons) this.#reasons.add(reason);
  }

  get message(): string {
    return this.#nodes === 0 ? 'no nodes available to schedule pods' : this.#reasons.message;
  }
}

/** Reasons counted over all nodes. */
export class ReasonCounts {
  readonly #nodes: number;
  readonly #counts = new Map<string, number>();

  constructor(nodes: number) {
    this.#nodes = nodes;
  }

  add(reason: string, count = 1): void {
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + count);
  }

  get message(): string {
    const counted = [...this.#counts].map(([reason, count]) => `${count} ${reason}`).sort(byBytes);
    const reasons = counted.length === 0 ? '' : ` ${counted.join(', ')}.`;
    return `0/${this.#nodes} nodes are available:${reasons}`;
  }
}

const byBytes = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
