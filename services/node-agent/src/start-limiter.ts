/**
 * What a pod waits for: a container completes it, a sandbox begins it, an ending is the removal of what must be gone before the pod is. For any other
 * removal nobody waits.
 */
export type Urgency = 'container' | 'sandbox' | 'ending' | 'removal';

export type StartLimiter = <T>(urgency: Urgency, work: () => Promise<T>) => Promise<T>;

export interface StartLimits {
  /** What is made at once, and removed at once. */
  most: number;
  /** So many removals may wait for starts; for each time that there are as many, one goes on beside them. Default 100. */
  mostKept?: number;
  /** So long a removal may wait for starts; then those that are due go one by one. Milliseconds, default 30,000. */
  longestKeptMs?: number;
  /** Starts are over when there was none for so long: the next ones of a rollout follow soon. Milliseconds, default 500. */
  quietMs?: number;
}

interface Waiting {
  begin(): void;
  /** On the clock of `performance.now()`. */
  since: number;
}

/**
 * Bounds what is made at once, and removed at once. A pod that was begun is completed before another one is begun: so pods become ready one
 * after the other instead of all at the end, and what follows from that can go on meanwhile. Removals for which nobody waits are put off while anything is started.
 */
export function startLimiter({
  most,
  mostKept = 100,
  longestKeptMs = 30_000,
  quietMs = 500,
}: StartLimits): StartLimiter {
  const waiting: Record<Urgency, Waiting[]> = { container: [], sandbox: [], ending: [], removal: [] };
  const busy = { starts: 0, removals: 0 };
  let lastStartAt = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;
  const take = (place: keyof typeof busy, allowed: () => number, next: () => Waiting | undefined) => {
    while (busy[place] < allowed()) {
      const taken = next();
      if (taken === undefined) return;
      busy[place]++;
      taken.begin();
    }
  };
  /** When removals may go on though nothing else happens; undefined when none waits. */
  const due = (now: number): number | undefined => {
    const oldest = waiting.removal[0];
    if (oldest === undefined) return undefined;
    const overdue = oldest.since + longestKeptMs;
    return busy.starts > 0 ? overdue : Math.min(overdue, Math.max(now, lastStartAt + quietMs));
  };
  const allowedRemovals = (now: number): number => {
    if (busy.starts === 0 && now >= lastStartAt + quietMs) return most;
    const isOverdue = (due(now) ?? Number.POSITIVE_INFINITY) <= now;
    return Math.min(most, Math.max(isOverdue ? 1 : 0, Math.floor(waiting.removal.length / mostKept)));
  };
  const admit = () => {
    const now = performance.now();
    const all = () => most;
    take('starts', all, () => waiting.container.shift() ?? waiting.sandbox.shift());
    take('removals', all, () => waiting.ending.shift());
    take(
      'removals',
      () => allowedRemovals(now),
      () => waiting.removal.shift(),
    );
    clearTimeout(timer);
    const next = due(now);
    if (next !== undefined && next > now) timer = setTimeout(admit, next - now).unref();
  };
  return async (urgency, work) => {
    const isStart = urgency === 'container' || urgency === 'sandbox';
    await new Promise<void>((resolve) => {
      waiting[urgency].push({ begin: resolve, since: performance.now() });
      admit();
    });
    try {
      return await work();
    } finally {
      if (isStart) lastStartAt = performance.now();
      busy[isStart ? 'starts' : 'removals']--;
      admit();
    }
  };
}
