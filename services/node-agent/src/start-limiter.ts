/** What a pod waits for: a container completes it, a sandbox begins it, for a removal nobody waits. */
export type Urgency = 'container' | 'sandbox' | 'removal';

export type StartLimiter = <T>(urgency: Urgency, work: () => Promise<T>) => Promise<T>;

/** Of the places, what removals get while something is being started. */
const removalShare = 1 / 8;

/**
 * Bounds what is made at once, and removed at once, to `most` each. A pod that was begun is completed before another one is begun: so pods become ready one
 * after the other instead of all at the end, and what follows from that can go on meanwhile. Removals give way to starts, but never stand still.
 */
export function startLimiter(most: number): StartLimiter {
  const waiting: Record<Urgency, (() => void)[]> = { container: [], sandbox: [], removal: [] };
  const busy = { starts: 0, removals: 0 };
  const fewRemovals = Math.max(1, Math.floor(most * removalShare));
  const admit = () => {
    while (busy.starts < most) {
      const next = waiting.container.shift() ?? waiting.sandbox.shift();
      if (next === undefined) break;
      busy.starts++;
      next();
    }
    while (busy.removals < (busy.starts > 0 ? fewRemovals : most)) {
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
