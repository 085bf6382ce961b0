import type * as schema from '@kubus/shared/schema';

export type {
  CrossVersionObjectReference,
  HorizontalPodAutoscalerCondition,
  HorizontalPodAutoscalerStatus,
  HPAScalingRules,
  MetricSpec,
  MetricStatus,
  MetricTarget,
} from '@kubus/shared/schema';
export type Autoscaler = schema.HorizontalPodAutoscaler;

export const autoscalers = { group: 'autoscaling', version: 'v2', resource: 'horizontalpodautoscalers' };

/** What one pod has used, in thousandths. */
export interface PodValue {
  value: number;
  /** When it was measured, and over how long; milliseconds. */
  time: number;
  windowMs: number;
}

/** What came of asking for a metric: a value for each pod by its name, one for all in thousandths, or the reason why there is none. */
export type Reading =
  | { pods: ReadonlyMap<string, PodValue>; value?: never; problem?: never }
  | { value: number; pods?: never; problem?: never }
  | { problem: string; pods?: never; value?: never };

/** autoscaling/v1 Scale. */
export interface Scale {
  replicas: number;
  statusReplicas: number;
  /** As text: 'app=web'. */
  selector: string;
}
