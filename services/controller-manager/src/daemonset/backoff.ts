const firstMs = 1000;
const longestMs = 15 * 60 * 1000;

/**
 * How long a failed pod has to stay before it is deleted and replaced: a second, twice as long each time, 15 minutes at most. Kept in
 * memory, as in Kubernetes: a restart begins anew.
 */
export class FailedPodsBackoff {
  readonly #entries = new Map<string, { delay: number; since: number }>();

  /** Milliseconds until the next deletion for the key may be made; 0: now. */
  remaining(key: string, now: number): number {
    const entry = this.#entries.get(key);
    return entry === undefined || isOver(entry, now) ? 0 : Math.max(0, entry.since + entry.delay - now);
  }

  /** A failed pod of the key is deleted now. */
  record(key: string, now: number): void {
    for (const [other, entry] of this.#entries) if (isOver(entry, now)) this.#entries.delete(other);
    const before = this.#entries.get(key);
    const delay = before === undefined ? firstMs : Math.min(2 * before.delay, longestMs);
    this.#entries.set(key, { delay, since: now });
  }
}

/** No failure for so long that the next one counts as the first. */
const isOver = ({ since }: { since: number }, now: number): boolean => now - since > 2 * longestMs;
