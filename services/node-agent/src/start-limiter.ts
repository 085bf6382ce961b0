/** What a pod waits for: a container completes it, a sandbox begins it, for a removal nobody waits. */
export type Urgency = 'container' | 'sandbox' | 'removal';

export type StartLimiter = <T>(urgency: Urgency, work: () => Promise<T>) => Promise<T>;

/** Removed at once at most: Docker 20.10 has been seen to lock up for good, in its libnetwork, when it ended dozens of sandboxes together. */
const removals = 4;

/**
 * Bounds what is made at once to `most`, and what is removed. A pod that was begun is completed before another one is begun: so pods become ready one
 * after the other instead of all at the end, and what follows from that can go on meanwhile. Removals give way to starts: while something is being started they go one by one.
 */
export function startLimiter(most: number): StartLimiter {
  const waiting: Record<Urgency, (() => void)[]> = { container: [], sandbox: [], removal: [] };
  const busy = { starts: 0, removals: 0 };
  const admit = () => {
    while (busy.starts < most) {
      const next = waiting.container.shift() ?? waiting.sandbox.shift();
      if (next === undefined) break;
      busy.starts++;
      next();
    }
    while (busy.removals < (busy.starts > 0 ? 1 : removals)) {
      const next = waiting.removal.shift();
      if (next === undefined) break;
      busy.removals++;
      next();
    }
  };
  return async (urgency, work) => {
    const place = urgency === 'removal' ? 'removals' : 'starts';
    await new Promise<void>((resolve) => {
      waiting[urgency].push(resolve);
      admit();
    });
    try {
      return await work();
    } finally {
      busy[place]--;
      admit();
    }
  };
}
