import { changed, type History, recent } from './history.ts';
import type { Autoscaler, HPAScalingRules } from './types.ts';

export interface Limited {
  replicas: number;
  stabilized: Explanation;
  limited: Explanation & { status: 'True' | 'False' };
}

interface Explanation {
  reason: string;
  message: string;
}

const downWindowMs = 300_000;
const legacyFactor = 2;
const legacyMinimum = 4;

const asRecommended = { reason: 'ReadyForNewScale', message: 'recommended size matches current size' };
const upStabilized = {
  reason: 'ScaleUpStabilized',
  message: 'recent recommendations were lower than current one, applying the lowest recent recommendation',
};
const downStabilized = {
  reason: 'ScaleDownStabilized',
  message: 'recent recommendations were higher than current one, applying the highest recent recommendation',
};
const inRange = { reason: 'DesiredWithinRange', message: 'the desired count is within the acceptable range' };
const tooMany = {
  reason: 'TooManyReplicas',
  message: 'the desired replica count is more than the maximum replica count',
};
const tooFew = {
  reason: 'TooFewReplicas',
  message: 'the desired replica count is less than the minimum replica count',
};
const tooFast = {
  reason: 'ScaleUpLimit',
  message: 'the desired replica count is increasing faster than the maximum scale rate',
};
const tooFastDown = {
  reason: 'ScaleDownLimit',
  message: 'the desired replica count is decreasing faster than the maximum scale rate',
};

/** What of a recommendation is carried out now: first stabilized by what was recommended lately, then within the rates and bounds. */
export function limit(autoscaler: Autoscaler, current: number, wanted: number, history: History, now: number): Limited {
  const steady = stabilize(autoscaler, current, wanted, history, now);
  const [replicas, explanation] = bounded(autoscaler, current, steady, history, now);
  const moved = wanted >= current ? upStabilized : downStabilized;
  return {
    replicas,
    stabilized: steady === wanted ? asRecommended : moved,
    limited: { status: replicas === steady ? 'False' : 'True', ...explanation },
  };
}

function stabilize({ spec }: Autoscaler, current: number, wanted: number, history: History, now: number): number {
  const upMs = (spec.behavior?.scaleUp?.stabilizationWindowSeconds ?? 0) * 1000;
  const seconds = spec.behavior?.scaleDown?.stabilizationWindowSeconds;
  const downMs = typeof seconds === 'number' ? seconds * 1000 : downWindowMs;
  const lowest = Math.min(wanted, ...recent(history, upMs, now));
  const highest = Math.max(wanted, ...recent(history, downMs, now));
  return Math.min(Math.max(current, lowest), highest);
}

function bounded(
  { spec }: Autoscaler,
  current: number,
  wanted: number,
  history: History,
  now: number,
): [number, Explanation] {
  const { maxReplicas, minReplicas = 1, behavior } = spec;
  if (wanted > current) {
    const rate =
      behavior === undefined
        ? Math.max(legacyFactor * current, legacyMinimum)
        : Math.max(current, upLimit(behavior.scaleUp, current, history, now));
    const most = Math.min(maxReplicas, rate);
    if (wanted > most) return [most, rate < maxReplicas ? tooFast : tooMany];
  } else if (wanted < current) {
    const rate = behavior === undefined ? 0 : Math.min(current, downLimit(behavior.scaleDown, current, history, now));
    const least = Math.max(minReplicas, rate);
    if (wanted < least) return [least, rate > minReplicas ? tooFastDown : tooFew];
  }
  return [wanted, inRange];
}

/** The highest number that the policies let it grow to. */
function upLimit(rules: HPAScalingRules | undefined, current: number, history: History, now: number): number {
  if (rules?.selectPolicy === 'Disabled') return current;
  const limits = (rules?.policies ?? []).map(({ type, value, periodSeconds }) => {
    const before = current - changed(history, periodSeconds * 1000, now);
    return type === 'Pods' ? before + value : Math.ceil(before * (1 + value / 100));
  });
  if (limits.length === 0) return Number.MAX_SAFE_INTEGER;
  return rules?.selectPolicy === 'Min' ? Math.min(...limits) : Math.max(...limits);
}

/** The lowest number that the policies let it shrink to. */
function downLimit(rules: HPAScalingRules | undefined, current: number, history: History, now: number): number {
  if (rules?.selectPolicy === 'Disabled') return current;
  const limits = (rules?.policies ?? []).map(({ type, value, periodSeconds }) => {
    const before = current - changed(history, periodSeconds * 1000, now);
    return type === 'Pods' ? before - value : Math.trunc(before * (1 - value / 100));
  });
  if (limits.length === 0) return 0;
  return rules?.selectPolicy === 'Min' ? Math.max(...limits) : Math.min(...limits);
}
