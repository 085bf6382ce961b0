import { resourceAmount } from '@kubus/shared/object';
import type { Node } from '@kubus/shared/schema';
import { TakenPorts } from './host-ports.ts';
import { OwnerCounts } from './owner-counts.ts';
import type { PodInfo } from './pod-info.ts';
import { ResourceColumns } from './resources.ts';

const FIRST_CAPACITY = 64;

/**
 * All nodes as columns of numbers, one slot per node, so that going over thousands of nodes for each pod touches a few arrays and makes no garbage. What
 * pods take is added and subtracted as they come and go; nothing is copied per pod.
 */
export class NodeTable {
  readonly resources = new ResourceColumns();
  /** By column, then slot. CPU in thousandths, all else in whole units. */
  allocatable: Float64Array[] = [];
  used: Float64Array[] = [];
  /** What scores count as used. */
  scoredCpu: Float64Array = new Float64Array(FIRST_CAPACITY);
  scoredMemory: Float64Array = new Float64Array(FIRST_CAPACITY);
  /** Differs from every earlier one when the node object has changed: what was concluded from the node under another is void. */
  version: Uint32Array = new Uint32Array(FIRST_CAPACITY);
  readonly owners = new OwnerCounts(FIRST_CAPACITY);
  /** Slots in use, in the first `count` places. */
  order: Int32Array = new Int32Array(FIRST_CAPACITY);
  count = 0;

  readonly #nodes: (Node | undefined)[] = [];
  readonly #ports: (TakenPorts | undefined)[] = [];
  readonly #slots = new Map<string, number>();
  readonly #free: number[] = [];
  #capacity = FIRST_CAPACITY;
  #versions = 0;
  #preferNoSchedule = 0;

  constructor() {
    this.widen();
  }

  get capacity(): number {
    return this.#capacity;
  }

  /** Some node has a taint that is only to be avoided. */
  get hasSoftTaints(): boolean {
    return this.#preferNoSchedule > 0;
  }

  slotOf(name: string): number | undefined {
    return this.#slots.get(name);
  }

  node(slot: number): Node {
    const node = this.#nodes[slot];
    if (node === undefined) throw new RangeError(`no node in slot ${slot}`);
    return node;
  }

  name(slot: number): string {
    return this.node(slot).metadata.name;
  }

  ports(slot: number): TakenPorts | undefined {
    return this.#ports[slot];
  }

  /** Adds or changes a node; its slot stays the same. */
  put(node: Node): number {
    const { name } = node.metadata;
    // What cannot be read is refused before anything is changed.
    const amounts = new Map(
      Object.entries(node.status?.allocatable ?? {}).map(([resource, quantity]) => [
        this.resources.of(resource),
        resourceAmount(resource, quantity),
      ]),
    );
    const slot = this.#slots.get(name) ?? this.#take(name);
    this.#preferNoSchedule += softTaints(node) - softTaints(this.#nodes[slot]);
    this.#nodes[slot] = node;
    this.#versions += 1;
    this.version[slot] = this.#versions;
    this.widen();
    for (const [column, values] of this.allocatable.entries()) values[slot] = amounts.get(column) ?? 0;
    return slot;
  }

  /** Its pods have been taken off it before. */
  remove(name: string): void {
    const slot = this.#slots.get(name);
    if (slot === undefined) return;
    this.#preferNoSchedule -= softTaints(this.#nodes[slot]);
    this.#slots.delete(name);
    this.#nodes[slot] = undefined;
    this.#ports[slot] = undefined;
    this.#free.push(slot);
    const at = this.order.indexOf(slot);
    this.order[at] = this.order[this.count - 1] ?? 0;
    this.count -= 1;
  }

  /** Books what a pod takes on its node, or gives it back. */
  account(info: PodInfo, slot: number, by: 1 | -1): void {
    for (let i = 0; i < info.columns.length; i++) {
      const column = this.used[info.columns[i] ?? 0] as Float64Array;
      column[slot] = (column[slot] ?? 0) + by * (info.amounts[i] ?? 0);
    }
    this.scoredCpu[slot] = (this.scoredCpu[slot] ?? 0) + by * info.scoredCpu;
    this.scoredMemory[slot] = (this.scoredMemory[slot] ?? 0) + by * info.scoredMemory;
    if (info.owner !== undefined) this.owners.add(info.owner, slot, by);
    for (const port of info.hostPorts) {
      const ports = this.#ports[slot] ?? new TakenPorts();
      this.#ports[slot] = ports;
      if (by === 1) ports.add(port);
      else ports.remove(port);
    }
  }

  #take(name: string): number {
    const slot = this.#free.pop() ?? this.count;
    if (slot >= this.#capacity) this.#grow();
    this.#slots.set(name, slot);
    this.order[this.count] = slot;
    this.count += 1;
    return slot;
  }

  #grow(): void {
    this.#capacity *= 2;
    const wider = (from: Float64Array): Float64Array => {
      const to = new Float64Array(this.#capacity);
      to.set(from);
      return to;
    };
    this.allocatable = this.allocatable.map(wider);
    this.used = this.used.map(wider);
    this.scoredCpu = wider(this.scoredCpu);
    this.scoredMemory = wider(this.scoredMemory);
    const version = new Uint32Array(this.#capacity);
    version.set(this.version);
    this.version = version;
    const order = new Int32Array(this.#capacity);
    order.set(this.order);
    this.order = order;
    this.owners.grow(this.#capacity);
  }

  /** Makes columns for resources that were named for the first time. */
  widen(): void {
    while (this.used.length < this.resources.count) {
      this.used.push(new Float64Array(this.#capacity));
      this.allocatable.push(new Float64Array(this.#capacity));
    }
  }
}

const softTaints = (node: Node | undefined): number =>
  (node?.spec?.taints ?? []).filter((taint) => taint.effect === 'PreferNoSchedule').length;
