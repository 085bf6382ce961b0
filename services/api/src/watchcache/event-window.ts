import type { ChangeRecord } from './record.ts';

export interface WindowLimits {
  /** Changes younger than this are kept; milliseconds. */
  freshMs: number;
  /** Kept whatever their age. */
  min: number;
  /** Never more than this. */
  max: number;
}

/** The latest changes of a resource, in revision order: what a watch can be resumed from. */
export class EventWindow {
  readonly #limits: WindowLimits;
  #records: ChangeRecord[] = [];
  /** Records before this position have been dropped; the array is cut now and then. */
  #head = 0;
  #floor: number;
  #selectableFrom: number;

  constructor(limits: WindowLimits, floor: number) {
    this.#limits = limits;
    this.#floor = floor;
    this.#selectableFrom = floor;
  }

  /** Every change after this revision is held. */
  get floor(): number {
    return this.#floor;
  }

  /** After this revision it is known, too, what each object was before its change: whether it began or ceased to match. */
  get selectableFrom(): number {
    return Math.max(this.#floor, this.#selectableFrom);
  }

  /** Puts changes before all others; with them every change after `floor` is held. False when there is no room. */
  reachBack(floor: number, records: readonly ChangeRecord[]): boolean {
    const held = this.#records.slice(this.#head);
    if (held.length + records.length > this.#limits.max) return false;
    const blurred = records.findLast((record) => !record.previousIsKnown)?.revision ?? floor;
    this.#selectableFrom = this.selectableFrom > this.#floor ? this.selectableFrom : blurred;
    this.#records = [...records, ...held];
    this.#head = 0;
    this.#floor = floor;
    return true;
  }

  push(record: ChangeRecord): void {
    this.#records.push(record);
    while (this.#mustDrop(record.at)) this.#drop();
    if (this.#head > 1_024 && this.#head * 2 > this.#records.length) {
      this.#records = this.#records.slice(this.#head);
      this.#head = 0;
    }
  }

  /** Changes after a revision, oldest first. */
  after(revision: number): ChangeRecord[] {
    let low = this.#head;
    let high = this.#records.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#records[middle] as ChangeRecord).revision <= revision) low = middle + 1;
      else high = middle;
    }
    return this.#records.slice(low);
  }

  #mustDrop(now: number): boolean {
    const count = this.#records.length - this.#head;
    const oldest = this.#records[this.#head];
    if (oldest === undefined || count <= this.#limits.min) return false;
    return count > this.#limits.max || now - oldest.at > this.#limits.freshMs;
  }

  #drop(): void {
    this.#floor = (this.#records[this.#head] as ChangeRecord).revision;
    // Lets the objects go before the array is cut.
    delete this.#records[this.#head];
    this.#head++;
  }
}
