/**
 * What an autoscaler remembers: what it recommended, and how it has scaled. It is kept with the object, so that it outlives a process and is the same for
 * every replica. A recommendation holds until the next entry, so nothing is written while it stays the same.
 */
export interface History {
  /** [milliseconds since 1970, replicas], oldest first. */
  recommendations: readonly Entry[];
  /** [milliseconds since 1970, change], oldest first. */
  changes: readonly Entry[];
}

type Entry = readonly [time: number, number: number];

export const historyAnnotation = 'autoscaling.kubus.dev/history';
export const noHistory: History = { recommendations: [], changes: [] };

/** Longer than any window or period that validation lets pass (1 h). */
const keptMs = 3_600_000;
const maxEntries = 200;

/** What cannot be read counts as nothing: somebody has changed it. */
export function parseHistory(text: string | undefined): History {
  if (text === undefined) return noHistory;
  try {
    const { r, c } = JSON.parse(text) as { r: unknown; c: unknown };
    return { recommendations: entries(r), changes: entries(c) };
  } catch {
    return noHistory;
  }
}

export const formatHistory = ({ recommendations, changes }: History): string =>
  JSON.stringify({ r: recommendations, c: changes });

function entries(value: unknown): Entry[] {
  if (!Array.isArray(value)) return [];
  return value.filter((one): one is Entry => Array.isArray(one) && one.length === 2 && one.every(Number.isFinite));
}

/** Recommendations that held at any time in the last `windowMs`. */
export function recent({ recommendations }: History, windowMs: number, now: number): number[] {
  const held = recommendations.filter((_, index) => (recommendations[index + 1]?.[0] ?? now) > now - windowMs);
  return held.map(([, replicas]) => replicas);
}

/** By how much the replicas grew (or shrank, negative) in the last `periodMs`. */
export function changed({ changes }: History, periodMs: number, now: number): number {
  return changes.filter(([time]) => time > now - periodMs).reduce((sum, [, change]) => sum + change, 0);
}

export function withRecommendation(history: History, replicas: number, now: number): History {
  if (history.recommendations.at(-1)?.[1] === replicas) return history;
  return { ...history, recommendations: kept([...history.recommendations, [now, replicas]], now) };
}

export function withChange(history: History, change: number, now: number): History {
  return { ...history, changes: kept([...history.changes, [now, change]], now) };
}

/** The last entry before the kept time still holds at its beginning. */
function kept(all: readonly Entry[], now: number): Entry[] {
  const first = all.findLastIndex(([time]) => time < now - keptMs);
  return all.slice(Math.max(0, first)).slice(-maxEntries);
}
