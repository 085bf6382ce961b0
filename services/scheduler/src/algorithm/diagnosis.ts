/** Why a pod fits nowhere, in the words of kube-scheduler (framework.FitError). */
export class Diagnosis {
  /** Names of the filters that turned a node down. */
  readonly filters = new Set<string>();
  readonly #nodes: number;
  readonly #reasons = new Map<string, number>();

  constructor(nodes: number) {
    this.#nodes = nodes;
  }

  add(filter: string, reasons: readonly string[]): void {
    this.filters.add(filter);
    for (const reason of reasons) this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
  }

  get message(): string {
    if (this.#nodes === 0) return 'no nodes available to schedule pods';
    const counted = [...this.#reasons].map(([reason, count]) => `${count} ${reason}`).sort(byBytes);
    const reasons = counted.length === 0 ? '' : ` ${counted.join(', ')}.`;
    return `0/${this.#nodes} nodes are available:${reasons}`;
  }
}

const byBytes = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
