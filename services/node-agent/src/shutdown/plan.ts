import type { Pod } from '@kubus/shared/schema';

/** Pods of this priority or more, up to the next period, have this long to end. */
export interface ShutdownPeriod {
  priority: number;
  seconds: number;
}

/** `0=20,100000=10`: from that priority on, so many seconds; throws on anything else. Empty: a node that stops leaves its pods alone. */
export function parsePeriods(text: string): ShutdownPeriod[] {
  return text
    .split(',')
    .filter((part) => part !== '')
    .map((part) => {
      const match = /^(-?\d{1,10})=(\d{1,6})$/.exec(part.trim());
      if (match === null) throw new Error(`not a priority and its seconds: ${JSON.stringify(part)}`);
      return { priority: Number(match[1]), seconds: Number(match[2]) };
    })
    .sort((a, b) => a.priority - b.priority);
}

/** Who ends together, the least important first (Kubernetes: "Pod Priority based graceful node shutdown"). Pure. */
export function shutdownGroups(
  pods: readonly Pod[],
  periods: readonly ShutdownPeriod[],
): { seconds: number; pods: Pod[] }[] {
  return periods
    .map(({ priority, seconds }, i) => {
      const next = periods[i + 1]?.priority ?? Number.POSITIVE_INFINITY;
      const from = i === 0 ? Number.NEGATIVE_INFINITY : priority;
      const members = pods.filter(({ spec }) => (spec?.priority ?? 0) >= from && (spec?.priority ?? 0) < next);
      return { seconds, pods: members };
    })
    .filter(({ pods: members }) => members.length > 0);
}
