/** What is counted of a cluster at rest, by name: 'api: memory, MiB', 'redis: keys of BullMQ'. */
export type Sample = ReadonlyMap<string, number>;

export interface Growth {
  name: string;
  /** The least of the earlier half of the samples, and of the later one. */
  from: number;
  to: number;
  /** More than what may come by chance. */
  leaks: boolean;
}

/** What a figure may differ by from one half of a run to the other: a share of it, and a number. */
export interface Tolerance {
  share: number;
  number: number;
}

/**
 * What has grown from the earlier half of a run to the later one. Each half is represented by its least value: what is lost stays, so a leak raises the least,
 * while all that is put off (a heap that waits to be collected, a connection that is about to end) raises only what is above it. The first third of the samples
 * does not count: caches fill, and code is compiled.
 */
export function growths(samples: readonly Sample[], toleranceOf: (name: string) => Tolerance): Growth[] {
  const warm = samples.slice(Math.ceil(samples.length / 3));
  if (warm.length < 2) return [];
  const half = Math.ceil(warm.length / 2);
  const names = new Set(warm.flatMap((sample) => [...sample.keys()]));
  const least = (name: string, part: readonly Sample[]) => Math.min(...part.map((sample) => sample.get(name) ?? 0));
  return [...names].sort().map((name) => {
    const from = least(name, warm.slice(0, half));
    const to = least(name, warm.slice(half));
    const { share, number } = toleranceOf(name);
    return { name, from, to, leaks: to - from > from * share + number };
  });
}
