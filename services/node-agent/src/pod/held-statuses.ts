/** So many statuses held at once come from pods that start together. */
const crowd = 4;

export interface HoldTimes {
  /** How long a status is held; milliseconds. */
  holdMs: number;
  /** How long one is held of a pod that ends, or of pods that start together; milliseconds. */
  longHoldMs: number;
}

interface Held<T> {
  status: T;
  /** On the clock of `performance.now()`. */
  since: number;
  long: boolean;
}

/**
 * Statuses on the way to others, each for its time at most. Where many pods start at once they take longer to come to the next one, and what each of these
 * statuses costs is taken from what all wait for; a pod that was told to end says so when it has ended.
 */
export class HeldStatuses<T> {
  readonly #times: HoldTimes;
  readonly #letGo: (uid: string, status: T) => void;
  readonly #held = new Map<string, Held<T>>();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(times: HoldTimes, letGo: (uid: string, status: T) => void) {
    this.#times = times;
    this.#letGo = letGo;
  }

  get(uid: string): T | undefined {
    return this.#held.get(uid)?.status;
  }

  /** A newer status of a pod waits no longer than the one that it takes the place of. */
  hold(uid: string, status: T, isEnding: boolean): void {
    if (this.#stopped) return;
    const { since = performance.now(), long = false } = this.#held.get(uid) ?? {};
    this.#held.set(uid, { status, since, long: long || isEnding });
    this.#timer ??= this.#lookIn(this.#times.holdMs);
  }

  forget(uid: string): void {
    this.#held.delete(uid);
  }

  release(uid: string): void {
    const held = this.#held.get(uid);
    if (held === undefined) return;
    this.#held.delete(uid);
    this.#letGo(uid, held.status);
  }

  /** Lets go of all; nothing is held afterwards. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    for (const uid of [...this.#held.keys()]) this.release(uid);
  }

  #lookIn(delayMs: number): NodeJS.Timeout {
    return setTimeout(() => {
      this.#timer = undefined;
      const next = this.#releaseOld(performance.now());
      if (this.#held.size > 0) this.#timer = this.#lookIn(next);
    }, delayMs);
  }

  /** Gives the time until the next look. */
  #releaseOld(now: number): number {
    const { holdMs, longHoldMs } = this.#times;
    const crowded = this.#held.size >= crowd;
    let next = holdMs;
    for (const [uid, held] of this.#held) {
      held.long ||= crowded;
      const left = held.since + (held.long ? longHoldMs : holdMs) - now;
      if (left <= 0) this.release(uid);
      else next = Math.min(next, left);
    }
    return next;
  }
}
