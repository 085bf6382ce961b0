import type { ApiClient } from '@kubus/shared/bus';
import { isConflict, isNotFound } from '@kubus/shared/errors';
import type { Pod } from '@kubus/shared/schema';
import type { Clock } from '../common/context.ts';
import { withDisruption } from '../common/disruption.ts';
import type { Collected, Reason } from './plan.ts';

type Api = Pick<ApiClient, 'request'>;

const nodes = { group: '', version: 'v1', resource: 'nodes' };
const pods = { group: '', version: 'v1', resource: 'pods' };

const messages: Readonly<Partial<Record<Reason, string>>> = {
  orphaned: 'PodGC: node no longer exists',
};

/** Removes a pod at once. One that had not ended is said to have failed, so that its owner counts right. */
export async function collect({ pod, reason }: Collected, { api, clock }: { api: Api; clock: Clock }): Promise<void> {
  const { namespace = '', name, uid = '' } = pod.metadata;
  const target = { ...pods, namespace, name };
  try {
    if (reason === 'orphaned' && (await nodeExists(api, pod))) return;
    if (!hasEnded(pod))
      await api.request({ ...target, verb: 'update', subresource: 'status', body: failed(pod, reason, clock) });
    await api.request({ ...target, verb: 'delete', body: { gracePeriodSeconds: 0, preconditions: { uid } } });
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error;
  }
}

function failed(pod: Pod, reason: Reason, clock: Clock): Pod {
  const message = messages[reason];
  if (message === undefined) return { ...pod, status: { ...pod.status, phase: 'Failed' } };
  return withDisruption(pod, 'DeletionByPodGC', message, clock.now(), 'Failed');
}

const hasEnded = ({ status }: Pod): boolean => status?.phase === 'Succeeded' || status?.phase === 'Failed';

/** The informers may not know it yet. */
async function nodeExists(api: Api, pod: Pod): Promise<boolean> {
  try {
    await api.request({ ...nodes, verb: 'get', name: pod.spec?.nodeName ?? '' });
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}
