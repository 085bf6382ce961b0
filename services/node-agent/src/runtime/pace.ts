/** A turn of the event loop that brought this much left more to read: about half of what a socket holds by default on Linux. */
const fullTurnBytes = 96 * 1024;
/** How much must arrive without a break before the reader rests, so that ordinary responses are never delayed. */
const bulkBytes = 1024 * 1024;
const breakMs = 10;

/** How long a reader rests, in milliseconds. */
export const restMs = 2;

/**
 * Decides when a reader of much data rests. A reader that is faster than its source is woken for every few kilobytes, and so is every process before and behind it; on two cores
 * these task switches limit a copy. During a rest the source keeps filling the buffers in between, and everybody then passes on more at once.
 */
export class Pace {
  #sinceBreak = 0;
  #lastTurn = Number.NEGATIVE_INFINITY;

  /** To be asked after each turn that brought something: whether to rest before the next one. `now` in milliseconds. */
  restsAfter(bytes: number, now: number): boolean {
    if (now - this.#lastTurn > breakMs) this.#sinceBreak = 0;
    this.#lastTurn = now;
    this.#sinceBreak += bytes;
    return bytes < fullTurnBytes && this.#sinceBreak > bulkBytes;
  }
}
