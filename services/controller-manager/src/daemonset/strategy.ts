import { type IntOrString, scaledIntOrPercent } from '@kubus/shared/object';
import type { DaemonSet } from '../common/types.ts';

export const isRolling = ({ spec }: DaemonSet): boolean => (spec.updateStrategy?.type ?? '') !== 'OnDelete';

export const allowsSurge = (set: DaemonSet): boolean =>
  isRolling(set) && scaled(set.spec.updateStrategy?.rollingUpdate?.maxSurge ?? 0, 100) > 0;

/** Both limits in pods, of as many as are to run; percentages round up. Never both 0, for then nothing could move. */
export function limits(set: DaemonSet, desired: number): { surge: number; unavailable: number } {
  const { maxUnavailable = 1, maxSurge = 0 } = set.spec.updateStrategy?.rollingUpdate ?? {};
  const surge = scaled(maxSurge, desired);
  const unavailable = scaled(maxUnavailable, desired);
  return { surge, unavailable: surge === 0 && unavailable === 0 && desired > 0 ? 1 : unavailable };
}

const scaled = (value: IntOrString, total: number): number => scaledIntOrPercent(value, total, 'up');
