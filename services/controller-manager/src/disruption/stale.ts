import { isConflict, isNotFound } from '@kubus/shared/errors';
import type { Controller, ReconcileKey } from '@kubus/shared/reconcile';
import type { ControllerContext } from '../common/context.ts';
import { keyOf } from '../common/keys.ts';
import { isPodTerminal } from '../common/pod-state.ts';
import { formatTime, parseTime } from '../common/time.ts';
import type { Pod, PodCondition } from '../common/types.ts';

const pods = { group: '', version: 'v1', resource: 'pods' };
const type = 'DisruptionTarget';
const timeoutMs = 2 * 60_000;

/** A pod that was said to be about to go and then stayed: the condition is taken back after two minutes. */
export function createStaleDisruptionController(context: ControllerContext): Controller {
  const { api, clock, informers } = context;
  const known = informers.get<Pod>(pods);
  const marked = (pod: Pod): ReconcileKey[] => (staleCondition(pod) === undefined ? [] : [keyOf(pod)]);
  return {
    name: 'stale-disruption',
    reads: [pods],
    watches: [{ resource: pods, map: (pod) => marked(pod as Pod) }],
    keys: () => known.list().flatMap(marked),
    reconcile: async ({ namespace, name }) => {
      const pod = known.get(namespace, name);
      const condition = pod === undefined ? undefined : staleCondition(pod);
      if (pod === undefined || condition === undefined) return undefined;
      const left = (parseTime(condition.lastTransitionTime) ?? 0) + timeoutMs - clock.now();
      if (left > 0) return { requeueAfter: left };
      const body = { ...pod, status: withoutDisruption(pod, clock.now()) };
      try {
        await api.request({ ...pods, verb: 'update', subresource: 'status', namespace, name, body });
      } catch (error) {
        if (isConflict(error)) return { requeueAfter: 100 };
        if (!isNotFound(error)) throw error;
      }
      return undefined;
    },
  };
}

/** What an agent says of a pod that it ends is never stale; that end may take long. */
function staleCondition(pod: Pod): PodCondition | undefined {
  if (pod.metadata.deletionTimestamp !== undefined || isPodTerminal(pod)) return undefined;
  const condition = pod.status?.conditions?.find((one) => one.type === type);
  return condition?.status === 'True' && condition.reason !== 'TerminationByKubelet' ? condition : undefined;
}

function withoutDisruption({ status }: Pod, now: number): NonNullable<Pod['status']> {
  const others = (status?.conditions ?? []).filter((condition) => condition.type !== type);
  const condition = { type, status: 'False', lastTransitionTime: formatTime(now) };
  return { ...status, conditions: [...others, condition] };
}
