import type { Connection } from '@kubus/cli';
import { machineSeconds } from './cpu-account.ts';

/** How many rounds are judged. */
export const countedRounds = 3;

/** A machine that is never idle is measured as it is. */
const longestRestMs = 60_000;

/**
 * The outcome of a round that finds the services just started, when V8 has compiled nothing of theirs yet, and of those after it, which find a cluster that has done this
 * before. Each begins when the machine is idle.
 */
export async function inRounds<T>(round: (index: number) => Promise<T>): Promise<{ first: T; counted: T[] }> {
  const first = await round(0);
  const counted: T[] = [];
  while (counted.length < countedRounds) {
    await untilIdle();
    counted.push(await round(counted.length + 1));
  }
  return { first, counted };
}

/** Until the machine has been nearly idle for a second: what was started, removed or put off before is not to be a part of what is measured. */
export async function untilIdle(): Promise<void> {
  const started = performance.now();
  for (let used = 1; used > 0.1 && performance.now() - started < longestRestMs; ) {
    const before = machineSeconds();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    used = machineSeconds() - before;
  }
}

/** Until a namespace has no pods. All are listed at once: a list in pages makes Redis keep for minutes what later writes replace. */
export async function untilNoPods({ api }: Connection, namespace: string): Promise<void> {
  const list = { verb: 'list', group: '', version: 'v1', resource: 'pods', namespace } as const;
  while ((await api.request<{ items: unknown[] }>(list)).items.length > 0)
    await new Promise((resolve) => setTimeout(resolve, 1_000));
}
