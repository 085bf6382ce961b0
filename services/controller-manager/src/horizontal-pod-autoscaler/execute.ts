import type { ApiClient } from '@kubus/shared/bus';
import { isConflict, isNotFound } from '@kubus/shared/errors';
import type { EventRecorder } from '@kubus/shared/events';
import { semanticEqual } from '../common/equality.ts';
import { formatTime } from '../common/time.ts';
import { formatHistory, historyAnnotation } from './history.ts';
import { type Condition, condition, type Plan, withConditions } from './plan.ts';
import { type LiveScale, setReplicas } from './target.ts';
import { type Autoscaler, autoscalers, type HorizontalPodAutoscalerStatus } from './types.ts';

export interface Target {
  api: Pick<ApiClient, 'request'>;
  events: EventRecorder;
  autoscaler: Autoscaler;
  now: number;
}

/** Scales the target, remembers it, and tells about it. Throws when the target could not be scaled. */
export async function execute(plan: Plan, scale: LiveScale, target: Target): Promise<void> {
  const { events, autoscaler } = target;
  for (const { type, reason, message } of plan.events) events.event(autoscaler, type, reason, message);
  const rescale = plan.replicas !== scale.replicas;
  const problem = rescale ? await rescaled(plan, scale, target) : undefined;
  const outcome = !rescale ? [] : problem === undefined ? [succeeded(plan.replicas)] : [failed(problem)];
  const status = {
    ...statusOf(autoscaler, scale, [...plan.conditions, ...outcome], target.now),
    desiredReplicas: plan.replicas,
    currentMetrics: plan.metrics ?? autoscaler.status?.currentMetrics ?? [],
    ...(rescale && problem === undefined ? { lastScaleTime: formatTime(target.now) } : {}),
  };
  const current = problem === undefined ? await remember(plan, target) : autoscaler;
  await writeStatus(current, status, target.api);
  if (problem !== undefined) throw problem;
}

async function rescaled(plan: Plan, scale: LiveScale, { api, events, autoscaler }: Target): Promise<Error | undefined> {
  const size = `New size: ${plan.replicas}; reason: ${plan.reason}`;
  try {
    await setReplicas(api, scale, plan.replicas);
    events.event(autoscaler, 'Normal', 'SuccessfulRescale', size);
    return undefined;
  } catch (error) {
    events.event(autoscaler, 'Warning', 'FailedRescale', `${size}; error: ${(error as Error).message}`);
    return error as Error;
  }
}

const succeeded = (replicas: number): Condition => {
  const message = `the HPA controller was able to update the target scale to ${replicas}`;
  return condition('AbleToScale', 'True', 'SucceededRescale', message);
};
const failed = (error: Error): Condition => {
  const message = `the HPA controller was unable to update the target scale: ${error.message}`;
  return condition('AbleToScale', 'False', 'FailedUpdateScale', message);
};

/** The autoscaler as it is after that; undefined when it is gone or has changed meanwhile. */
async function remember({ history }: Plan, { api, autoscaler }: Target): Promise<Autoscaler | undefined> {
  const text = formatHistory(history);
  if (autoscaler.metadata.annotations?.[historyAnnotation] === text) return autoscaler;
  const { namespace = '', name, uid } = autoscaler.metadata;
  const contentType = 'application/merge-patch+json';
  const body = { metadata: { uid, annotations: { [historyAnnotation]: text } } };
  try {
    return await api.request<Autoscaler>({ ...autoscalers, verb: 'patch', namespace, name, contentType, body });
  } catch (error) {
    if (isConflict(error) || isNotFound(error)) return undefined;
    throw error;
  }
}

/** The status with what was seen of the target. */
export function statusOf(
  { status }: Autoscaler,
  scale: LiveScale | undefined,
  conditions: readonly Condition[],
  now: number,
): HorizontalPodAutoscalerStatus {
  return {
    ...status,
    desiredReplicas: status?.desiredReplicas ?? 0,
    ...(scale === undefined ? {} : { currentReplicas: scale.replicas }),
    conditions: withConditions(status?.conditions ?? [], conditions, now),
  };
}

/** What was not written, because the object has changed meanwhile, is written with the next look. */
export async function writeStatus(
  autoscaler: Autoscaler | undefined,
  status: HorizontalPodAutoscalerStatus,
  api: Pick<ApiClient, 'request'>,
): Promise<void> {
  if (autoscaler === undefined || semanticEqual(autoscaler.status, status)) return;
  const { namespace = '', name } = autoscaler.metadata;
  const body = { ...autoscaler, status };
  try {
    await api.request({ ...autoscalers, verb: 'update', subresource: 'status', namespace, name, body });
  } catch (error) {
    if (!isConflict(error) && !isNotFound(error)) throw error;
  }
}
