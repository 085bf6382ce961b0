import type { Node, Pod } from '@kubus/shared/schema';
import { NodeTable } from './node-table.ts';
import { isTerminal, type PodInfo, podInfo } from './pod-info.ts';

interface Placed {
  info: PodInfo;
  node: string;
  /** Not yet seen in the change log. */
  assumed: boolean;
}

/**
 * What the scheduler knows of the cluster: nodes, the pods on them, and the pods it has placed but not yet seen there. The change log is the truth; an assumption
 * lasts until the log confirms or contradicts it, or the binding is refused.
 */
export class ClusterState {
  readonly table = new NodeTable();
  readonly #placed = new Map<string, Placed>();
  /** By node name, also for nodes that are not there (yet). */
  readonly #byNode = new Map<string, Set<Placed>>();
  /** How many pods of each priority have a node. */
  readonly #priorities = new Map<number, number>();

  get nodeCount(): number {
    return this.table.count;
  }

  read(pod: Pod): PodInfo {
    const info = podInfo(pod, this.table.resources);
    this.table.widen();
    return info;
  }

  putNode(node: Node): number {
    const { name } = node.metadata;
    const known = this.table.slotOf(name) !== undefined;
    const slot = this.table.put(node);
    if (!known) for (const { info } of this.#byNode.get(name) ?? []) this.table.account(info, slot, 1);
    return slot;
  }

  removeNode(name: string): void {
    const slot = this.table.slotOf(name);
    if (slot === undefined) return;
    for (const { info } of this.#byNode.get(name) ?? []) this.table.account(info, slot, -1);
    this.table.remove(name);
  }

  /** A pod as the change log shows it. Gives back the slot of the node on which something became free, if any. */
  putPod(pod: Pod): number | undefined {
    const uid = pod.metadata.uid ?? '';
    const node = pod.spec?.nodeName ?? '';
    const before = this.#placed.get(uid);
    if (node === '') {
      // Not bound, as far as the log has got: an assumption stays.
      return before === undefined || before.assumed ? undefined : this.#take(before);
    }
    if (isTerminal(pod)) return before === undefined ? undefined : this.#take(before);
    const info = this.read(pod);
    if (before !== undefined && before.node === node && sameNeeds(before.info, info)) {
      before.info = info;
      before.assumed = false;
      return undefined;
    }
    const freed = before === undefined ? undefined : this.#take(before);
    this.#put({ info, node, assumed: false });
    return freed;
  }

  /** Gives back the slot of its node, if it was on one. */
  removePod(uid: string): number | undefined {
    const placed = this.#placed.get(uid);
    return placed === undefined ? undefined : this.#take(placed);
  }

  isPlaced(uid: string): boolean {
    return this.#placed.has(uid);
  }

  /** Some pod with a node is less important than this. */
  hasLessImportant(priority: number): boolean {
    return this.#priorities.keys().some((one) => one < priority);
  }

  lessImportantOn(slot: number, priority: number): PodInfo[] {
    const there = this.#byNode.get(this.table.name(slot)) ?? [];
    return Array.from(there, ({ info }) => info).filter((info) => info.priority < priority);
  }

  /** Looks at a node as it would be without these of its pods. */
  without<T>(pods: readonly PodInfo[], slot: number, look: () => T): T {
    for (const info of pods) this.table.account(info, slot, -1);
    try {
      return look();
    } finally {
      for (const info of pods) this.table.account(info, slot, 1);
    }
  }

  /** Counts the pod on the node from now on, before the binding is committed. */
  assume(info: PodInfo, slot: number): void {
    this.#put({ info, node: this.table.name(slot), assumed: true });
  }

  /** Takes an assumption back; what the log has confirmed meanwhile stays. */
  forget(uid: string): void {
    const placed = this.#placed.get(uid);
    if (placed?.assumed) this.#take(placed);
  }

  #put(placed: Placed): void {
    this.#placed.set(placed.info.uid, placed);
    const there = this.#byNode.get(placed.node) ?? new Set();
    this.#byNode.set(placed.node, there.add(placed));
    this.#countPriority(placed.info.priority, 1);
    const slot = this.table.slotOf(placed.node);
    if (slot !== undefined) this.table.account(placed.info, slot, 1);
  }

  #take(placed: Placed): number | undefined {
    this.#placed.delete(placed.info.uid);
    const there = this.#byNode.get(placed.node);
    there?.delete(placed);
    if (there?.size === 0) this.#byNode.delete(placed.node);
    this.#countPriority(placed.info.priority, -1);
    const slot = this.table.slotOf(placed.node);
    if (slot !== undefined) this.table.account(placed.info, slot, -1);
    return slot;
  }

  #countPriority(priority: number, by: 1 | -1): void {
    const count = (this.#priorities.get(priority) ?? 0) + by;
    if (count === 0) this.#priorities.delete(priority);
    else this.#priorities.set(priority, count);
  }
}

/** Status changes leave what a pod takes as it is; they are by far the most. */
function sameNeeds(a: PodInfo, b: PodInfo): boolean {
  return (
    a.columns.length === b.columns.length &&
    a.columns.every((column, i) => column === b.columns[i] && a.amounts[i] === b.amounts[i]) &&
    a.owner === b.owner &&
    a.hostPorts.length === b.hostPorts.length &&
    a.hostPorts.every((port, i) => JSON.stringify(port) === JSON.stringify(b.hostPorts[i]))
  );
}
