interface Sample {
  /** The other clock less our monotonic one lies between the two. */
  least: number;
  most: number;
  takenAt: number;
}

/** After so long a sample gives way to a newer one that is less exact: clocks drift apart. Milliseconds. */
const staleMs = 30_000;

/**
 * The clock of another machine, as far as it can be known from what it said of itself. Times are in milliseconds, ours by the monotonic clock. What it gives is never
 * ahead of the other clock, and behind it by no more than the way to and fro took, unless that clock has been set since.
 */
export class RemoteClock {
  #sample: Sample | undefined;

  /** The other side read `time` from its clock after `sentAt` and before `receivedAt`. */
  observe(sentAt: number, time: number, receivedAt: number): void {
    const sample = { least: time - receivedAt, most: time - sentAt, takenAt: receivedAt };
    if (this.#sample === undefined || supersedes(sample, this.#sample)) this.#sample = sample;
  }

  /** What the other clock shows at a moment of ours; undefined while nothing is known of it. */
  at(moment: number): number | undefined {
    return this.#sample && Math.floor(this.#sample.least + moment);
  }

  /** When the other clock was last heard of. */
  get observedAt(): number {
    return this.#sample?.takenAt ?? Number.NEGATIVE_INFINITY;
  }
}

/** Two that exclude each other mean that the clock was set, or that we stood still in a way that no clock of ours shows. */
function supersedes(sample: Sample, former: Sample): boolean {
  const wasSet = sample.least > former.most || sample.most < former.least;
  const moreExact = sample.most - sample.least <= former.most - former.least;
  return wasSet || moreExact || sample.takenAt - former.takenAt > staleMs;
}
