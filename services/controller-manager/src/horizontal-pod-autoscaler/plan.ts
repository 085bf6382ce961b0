import { milliValue } from '@kubus/shared/object';
import { formatTime } from '../common/time.ts';
import type { Pod } from '../common/types.ts';
import { limit } from './behavior.ts';
import { type History, withChange, withRecommendation } from './history.ts';
import { type Judged, judge } from './metrics.ts';
import type { Circumstances } from './proposal.ts';
import type { Autoscaler, HorizontalPodAutoscalerCondition, MetricStatus, Reading, Scale } from './types.ts';

/** What a metric may be off by, in either direction. */
const defaultTolerance = 0.1;

export interface Observed {
  autoscaler: Autoscaler;
  scale: Scale;
  /** Those that the scale selects. */
  pods: readonly Pod[];
  /** One for each metric of the spec; asked for only when `needsMetrics`. */
  readings: readonly Reading[];
  /** Names of all autoscalers, this one among them, that select its pods, when there are several. */
  rivals?: readonly string[];
  history: History;
}

interface ScalingEvent {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
}

export interface Plan {
  /** What the target is to have; what it has, when nothing is to change. */
  replicas: number;
  /** Why it changes: 'All metrics below target'. */
  reason: string;
  conditions: Condition[];
  events: ScalingEvent[];
  /** Absent when they could not be had: those of before are shown. */
  metrics?: MetricStatus[];
  history: History;
}

export type Condition = Pick<HorizontalPodAutoscalerCondition, 'type' | 'status'> & { reason: string; message: string };

const least = ({ spec }: Autoscaler): number => spec.minReplicas ?? 1;

/** Within its bounds, and not switched off by having no replicas: only then metrics decide. */
export function needsMetrics(autoscaler: Autoscaler, { replicas }: Scale): boolean {
  const disabled = replicas === 0 && least(autoscaler) !== 0;
  return !disabled && replicas <= autoscaler.spec.maxReplicas && replicas >= least(autoscaler);
}

/** How many replicas the target is to have (Kubernetes: reconcileAutoscaler). */
export function plan(observed: Observed, now: number): Plan {
  const { scale } = observed;
  const { replicas } = scale;
  const history =
    observed.history.recommendations.length > 0
      ? observed.history
      : withRecommendation(observed.history, replicas, now);
  const known = { ...observed, history };
  const able = condition(
    'AbleToScale',
    'True',
    'SucceededGetScale',
    "the HPA controller was able to get the target's current scale",
  );
  const withoutMetrics = byBounds(known, able, now);
  if (withoutMetrics !== undefined) return { ...withoutMetrics, metrics: [] };
  if ((observed.rivals ?? []).length > 1) return ambiguous(known, able);
  return byMetrics(known, able, now);
}

/** Where no metric is asked about; undefined where they decide. */
function byBounds(observed: Observed, able: Condition, now: number): Plan | undefined {
  const { autoscaler, scale } = observed;
  const { replicas } = scale;
  const { maxReplicas } = autoscaler.spec;
  if (replicas === 0 && least(autoscaler) !== 0) {
    const message = 'scaling is disabled since the replica count of the target is zero';
    return unchanged(observed, [able, condition('ScalingActive', 'False', 'ScalingDisabled', message)], []);
  }
  if (replicas > maxReplicas)
    return moved(observed, maxReplicas, 'Current number of replicas above Spec.MaxReplicas', [able], now);
  if (replicas < least(autoscaler))
    return moved(observed, least(autoscaler), 'Current number of replicas below Spec.MinReplicas', [able], now);
  return undefined;
}

/** Several that each go by what all pods use would work against each other. */
function ambiguous(observed: Observed, able: Condition): Plan {
  const { scale, rivals = [] } = observed;
  const message = `pods by selector ${scale.selector} are controlled by multiple HPAs: [${rivals.join(' ')}]`;
  const active = condition('ScalingActive', 'False', 'AmbiguousSelector', message);
  return unchanged(
    observed,
    [able, active],
    [warning('AmbiguousSelector', message), warning('FailedComputeMetricsReplicas', message)],
  );
}

function byMetrics(observed: Observed, able: Condition, now: number): Plan {
  const { autoscaler, scale, readings, history } = observed;
  const circumstances = circumstancesOf(observed, now);
  const specs = autoscaler.spec.metrics ?? [];
  const answers = specs.map((spec, index) => judge(spec, readings[index] ?? { problem: 'not asked' }, circumstances));
  const judged = answers.filter((answer): answer is Judged => 'replicas' in answer);
  const unable = answers.filter((answer) => 'problem' in answer);
  const metrics = answers.map((answer, index) =>
    'status' in answer ? answer.status : { type: specs[index]?.type ?? '' },
  );
  const events = unable.map(({ reason, problem }) => warning(reason, problem));
  const best = judged.reduce<Judged | undefined>(
    (a, b) => (a === undefined || b.replicas > a.replicas ? b : a),
    undefined,
  );
  const [first] = unable;
  // Some metrics that cannot be had do not keep replicas from coming, but from going.
  if (best === undefined || (first !== undefined && best.replicas < scale.replicas)) {
    const problem = first?.problem ?? 'no metrics';
    const message = `the HPA was unable to compute the replica count: ${problem}`;
    const active = condition('ScalingActive', 'False', first?.reason ?? 'FailedGetResourceMetric', message);
    const all = `invalid metrics (${unable.length} invalid out of ${specs.length}), first error is: ${problem}`;
    return unchanged(observed, [able, active], [...events, warning('FailedComputeMetricsReplicas', all)]);
  }
  const limits = limit(autoscaler, scale.replicas, best.replicas, history, now);
  const conditions = [
    condition('AbleToScale', 'True', limits.stabilized.reason, limits.stabilized.message),
    condition(
      'ScalingActive',
      'True',
      'ValidMetricFound',
      `the HPA was able to successfully calculate a replica count from ${best.name}`,
    ),
    condition('ScalingLimited', limits.limited.status, limits.limited.reason, limits.limited.message),
  ];
  const remembered = { ...observed, history: withRecommendation(history, best.replicas, now) };
  const reason = best.replicas > scale.replicas ? `${best.name} above target` : 'All metrics below target';
  const planned =
    limits.replicas === scale.replicas
      ? unchanged(remembered, conditions, events)
      : moved(remembered, limits.replicas, reason, conditions, now, events);
  return { ...planned, metrics };
}

function circumstancesOf({ autoscaler, scale, pods }: Observed, now: number): Circumstances {
  const { scaleUp, scaleDown } = autoscaler.spec.behavior ?? {};
  const of = (tolerance: string | number | undefined) =>
    tolerance === undefined ? defaultTolerance : milliValue(tolerance) / 1000;
  return {
    pods,
    replicas: scale.replicas,
    statusReplicas: scale.statusReplicas,
    tolerance: { down: of(scaleDown?.tolerance), up: of(scaleUp?.tolerance) },
    now,
  };
}

function unchanged({ scale, history }: Observed, conditions: Condition[], events: ScalingEvent[]): Plan {
  return { replicas: scale.replicas, reason: '', conditions, events, history };
}

function moved(
  { scale, history }: Observed,
  replicas: number,
  reason: string,
  conditions: Condition[],
  now: number,
  events: ScalingEvent[] = [],
): Plan {
  return { replicas, reason, conditions, events, history: withChange(history, replicas - scale.replicas, now) };
}

/** Conditions keep their time while their status does. */
export function withConditions(
  before: readonly HorizontalPodAutoscalerCondition[],
  wanted: readonly Condition[],
  now: number,
): HorizontalPodAutoscalerCondition[] {
  const result = [...before];
  for (const next of wanted) {
    const index = result.findIndex(({ type }) => type === next.type);
    const known = result[index];
    const lastTransitionTime =
      known?.status === next.status ? (known.lastTransitionTime ?? formatTime(now)) : formatTime(now);
    result.splice(index < 0 ? result.length : index, index < 0 ? 0 : 1, { ...next, lastTransitionTime });
  }
  return result;
}

export const condition = (type: string, status: 'True' | 'False', reason: string, message: string): Condition => ({
  type,
  status,
  reason,
  message,
});

const warning = (reason: string, message: string): ScalingEvent => ({ type: 'Warning', reason, message });
