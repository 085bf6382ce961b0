import type { ApiClient } from '@kubus/shared/bus';
import { isConflict, isNotFound } from '@kubus/shared/errors';
import type { EventRecorder } from '@kubus/shared/events';
import type { Pod } from '@kubus/shared/schema';
import type { Clock } from '../common/context.ts';
import { withDisruption } from '../common/disruption.ts';

const pods = { group: '', version: 'v1', resource: 'pods' };

/** Says why, then deletes the pod, which has its grace period. One that has gone or been replaced meanwhile is left alone. */
export async function evict(
  pod: Pod,
  executor: { api: Pick<ApiClient, 'request'>; events: EventRecorder; clock: Clock },
): Promise<void> {
  const { api, events, clock } = executor;
  const { namespace = '', name, uid = '' } = pod.metadata;
  const target = { ...pods, namespace, name };
  events.event(pod, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${namespace}/${name}`);
  const marked = withDisruption(
    pod,
    'DeletionByTaintManager',
    'Taint manager: deleting due to NoExecute taint',
    clock.now(),
  );
  try {
    await api.request({ ...target, verb: 'update', subresource: 'status', body: marked });
    await api.request({ ...target, verb: 'delete', body: { preconditions: { uid } } });
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error;
  }
}
