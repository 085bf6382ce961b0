/**
 * What a pod waits for: a container completes it, a sandbox begins it, for a removal nobody waits. 'remains' are those of a pod that has been told to end: not even the pod waits for
 * their removal.
 */
export type Urgency = 'container' | 'sandbox' | 'removal' | 'remains';

export type StartLimiter = <T>(urgency: Urgency, work: () => Promise<T>) => Promise<T>;

/** Removed at once at most: Docker 20.10 has been seen to lock up for good, in its libnetwork, when it ended dozens of sandboxes together. */
const removals = 4;
/** So many starts at once are a crowd, as in a rolling update. */
const crowd = 4;
/** After a crowd the next one may be about to come; milliseconds. */
const pauseMs = 1_000;
/** What has waited so long waits for no crowd any more; milliseconds. */
const longestMs = 10_000;

interface Waiting {
  begin(): void;
  since: number;
}

/**
 * Bounds what is made at once to `most`, and what is removed. A pod that was begun is completed before another one is begun: so pods become ready one
 * after the other instead of all at the end, and what follows from that can go on meanwhile. Removals give way to starts: while something is being started they go one by one, and
 * remains wait until a crowd of starts is over.
 */
export function startLimiter(most: number): StartLimiter {
  const waiting: Record<Urgency, Waiting[]> = { container: [], sandbox: [], removal: [], remains: [] };
  const busy = { starts: 0, removals: 0 };
  let crowdedAt = Number.NEGATIVE_INFINITY;
  let looksAgain = false;
  const noteCrowd = () => {
    if (busy.starts + waiting.container.length + waiting.sandbox.length >= crowd) crowdedAt = performance.now();
  };
  /** Time until the first of the remains may go. */
  const patience = (): number => {
    const [first] = waiting.remains;
    if (first === undefined) return 0;
    noteCrowd();
    return Math.min(crowdedAt + pauseMs, first.since + longestMs) - performance.now();
  };
  const admit = () => {
    while (busy.starts < most) {
      const next = waiting.container.shift() ?? waiting.sandbox.shift();
      if (next === undefined) break;
      busy.starts++;
      next.begin();
    }
    while (busy.removals < (busy.starts > 0 ? 1 : removals)) {
      const next = waiting.removal.shift() ?? (patience() > 0 ? undefined : waiting.remains.shift());
      if (next === undefined) break;
      busy.removals++;
      next.begin();
    }
    const wait = patience();
    if (wait <= 0 || looksAgain) return;
    looksAgain = true;
    setTimeout(lookAgain, wait);
  };
  const lookAgain = () => {
    looksAgain = false;
    admit();
  };
  return async (urgency, work) => {
    const place = urgency === 'container' || urgency === 'sandbox' ? 'starts' : 'removals';
    await new Promise<void>((begin) => {
      waiting[urgency].push({ begin, since: performance.now() });
      admit();
    });
    try {
      return await work();
    } finally {
      noteCrowd();
      busy[place]--;
      admit();
    }
  };
}
