/** Between two statuses of an object that is on its way; milliseconds. */
const paceMs = 100;

/**
 * Spaces the statuses that tell how far an object has come. While pods start, each of them moves the counts of its owners, and what a status costs everybody who
 * hears of it is taken from the pods that are still to start. (kube-controller-manager: its client writes twenty times a second at most.)
 */
export class StatusPace {
  /** When it was last written, by uid, the oldest first; milliseconds since 1970. */
  readonly #written = new Map<string, number>();

  /** Milliseconds until the next status may be written; 0: now. */
  left(uid: string, now: number): number {
    const written = this.#written.get(uid);
    // A clock that was set back must not hold it for longer.
    return written === undefined ? 0 : Math.min(paceMs, Math.max(0, written + paceMs - now));
  }

  wrote(uid: string, now: number): void {
    this.#written.delete(uid);
    this.#written.set(uid, now);
    for (const [other, written] of this.#written) {
      if (Math.abs(now - written) < paceMs) break;
      this.#written.delete(other);
    }
  }
}
