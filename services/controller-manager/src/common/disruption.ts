import type { Pod, PodCondition } from '@kubus/shared/schema';
import { formatTime } from './time.ts';

/** The pod's status with the condition that tells why it is about to go (Kubernetes: Pod disruption conditions). */
export function withDisruption(pod: Pod, reason: string, message: string, now: number, phase?: string): Pod {
  const condition: PodCondition = {
    type: 'DisruptionTarget',
    status: 'True',
    lastTransitionTime: formatTime(now),
    reason,
    message,
  };
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== condition.type);
  const status = { ...pod.status, ...(phase === undefined ? {} : { phase }), conditions: [...others, condition] };
  return { ...pod, status };
}
