import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8';
import { collectAll, collectYoung } from './collect.ts';

/** What is looked at, and what is done; of this process by default. */
export interface MemoryOf {
  /** CPU time used so far, milliseconds. */
  cpu(): number;
  /** Bytes of memory that the young generation has. */
  young(): number;
  /** Bytes of it that are in use, garbage included. */
  youngUsed(): number;
  /** Bytes that the whole heap holds. */
  heap(): number;
  collect(): void;
  /** The cheap collection, of the young generation alone; it gives nothing back. */
  collectYoung(): void;
}

const newSpace = () => getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space');

const thisProcess: MemoryOf = {
  cpu: () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  },
  young: () => newSpace()?.physical_space_size ?? 0,
  youngUsed: () => newSpace()?.space_used_size ?? 0,
  heap: () => getHeapStatistics().total_physical_size,
  collect: collectAll,
  collectYoung,
};

const everyMs = 15_000;
/** Share of a core. */
const idleShare = 0.03;
/** So many looks in a row find the process idle before it counts as such: the pause would fall between two things that somebody does. */
const idleLooks = 4;
/** Looks from one collection to the next of a process that stays idle. */
const looksBetween = 8;
const youngBytes = 3 * 2 ** 20;
/** What the heap may have grown by since it was collected last. */
const grownBytes = 6 * 2 ** 20;

/**
 * Gives back what a busy time has made the heap grow by, once the process is idle. A young generation that may grow makes work under load a fifth cheaper, and
 * V8 keeps it at the size it once had: that is 25 MiB for each service of a cluster that has nothing to do. An old generation that may grow freely (`growHeapFreely`)
 * is not marked again by who is idle either. The process stands still for the collection, a tenth of a second and on a busy machine three times that: so it is rare, and
 * never soon after something was done. In between, what little an idle service does would fill the young generation up to its full size again, tens of megabytes in a few
 * minutes: a millisecond of the cheap collection now and then keeps to the part that is in use already.
 */
export class IdleMemory {
  readonly #of: MemoryOf;
  readonly #timer: NodeJS.Timeout;
  #cpu: number;
  #heap = 0;
  #idleLooks = 0;
  #looksSince = looksBetween;

  constructor(of: MemoryOf = thisProcess) {
    this.#of = of;
    this.#cpu = of.cpu();
    this.#timer = setInterval(() => this.#look(), everyMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const cpu = this.#of.cpu();
    this.#idleLooks = cpu - this.#cpu < everyMs * idleShare ? this.#idleLooks + 1 : 0;
    this.#looksSince++;
    if (this.#idleLooks >= idleLooks) this.#giveBack();
    this.#cpu = this.#of.cpu();
  }

  #giveBack(): void {
    if (this.#looksSince >= looksBetween && this.#hasGrown()) {
      this.#of.collect();
      this.#heap = this.#of.heap();
      this.#looksSince = 0;
    } else if (this.#of.youngUsed() > youngBytes) this.#of.collectYoung();
  }

  #hasGrown(): boolean {
    return this.#of.young() > youngBytes || this.#of.heap() > this.#heap + grownBytes;
  }
}
