import type { NodeTable } from '../cluster/node-table.ts';
import type { PodInfo } from '../cluster/pod-info.ts';
import { PODS } from '../cluster/resources.ts';
import type { Filter, NodeCheck } from './contract.ts';

/** The node has room for everything that the pod asks. */
export const nodeResourcesFit: Filter = {
  name: 'NodeResourcesFit',
  dependsOn: 'pods',
  relevant: (pod, nodes) => new Room(pod, nodes),
};

class Room implements NodeCheck {
  readonly #nodes: NodeTable;
  readonly #columns: Int32Array;
  readonly #amounts: Float64Array;
  readonly #allocatable: Float64Array[];
  readonly #used: Float64Array[];

  constructor({ columns, amounts }: PodInfo, nodes: NodeTable) {
    this.#nodes = nodes;
    this.#columns = columns;
    this.#amounts = amounts;
    this.#allocatable = Array.from(columns, (column) => nodes.allocatable[column] as Float64Array);
    this.#used = Array.from(columns, (column) => nodes.used[column] as Float64Array);
  }

  fits(slot: number): boolean {
    for (let i = 0; i < this.#amounts.length; i++) if (this.#isShort(i, slot)) return false;
    return true;
  }

  explain(slot: number): string[] {
    const short = [...this.#columns.keys()]
      .filter((i) => this.#isShort(i, slot))
      .map((i) => this.#columns[i] as number);
    const { resources } = this.#nodes;
    return short.map((column) => (column === PODS ? 'Too many pods' : `Insufficient ${resources.name(column)}`));
  }

  /** Unless it asks for more than the node has. */
  resolvable(slot: number): boolean {
    return this.#amounts.every((amount, i) => {
      const most = (this.#allocatable[i] as Float64Array)[slot] as number;
      return amount <= most || this.#columns[i] === PODS;
    });
  }

  #isShort(i: number, slot: number): boolean {
    const allocatable = (this.#allocatable[i] as Float64Array)[slot] as number;
    const used = (this.#used[i] as Float64Array)[slot] as number;
    return (this.#amounts[i] as number) > allocatable - used;
  }
}
