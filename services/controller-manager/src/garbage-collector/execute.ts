import type { ApiClient, ApiRequest } from '@kubus/shared/bus';
import { isConflict, isNotFound } from '@kubus/shared/errors';
import type { EventRecorder } from '@kubus/shared/events';
import type { OwnerReference } from '@kubus/shared/object';
import { ownersPatch } from '../common/adoption.ts';
import { sendAll } from '../common/batch.ts';
import type { Located } from './graph.ts';
import { type Action, type ActionMap, ownersOf } from './plan.ts';

/** The request that does an action. Each names the uid and revision that was judged: what has changed since is judged again. */
type Requests = { [K in Exclude<keyof ActionMap, 'report'>]: (action: ActionMap[K]) => ApiRequest };

const requests: Requests = {
  disown: ({ target: { resource, object }, uids }) =>
    ownersPatch(
      resource,
      object,
      ownersOf(object).filter((owner) => !uids.includes(owner.uid)),
    ),
  unblock: ({ target: { resource, object } }) =>
    ownersPatch(
      resource,
      object,
      ownersOf(object).map((owner) => ({ ...owner, blockOwnerDeletion: false })),
    ),
  delete: ({ target, policy }) => {
    const { uid, resourceVersion } = target.object.metadata;
    const preconditions = { uid, resourceVersion };
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', propagationPolicy: policy, preconditions };
    return { ...addressOf(target), verb: 'delete', body };
  },
  finish: ({ target, finalizer }) => {
    const { uid, resourceVersion, finalizers = [] } = target.object.metadata;
    const body = { metadata: { uid, resourceVersion, finalizers: finalizers.filter((name) => name !== finalizer) } };
    return { ...addressOf(target), verb: 'patch', contentType: 'application/merge-patch+json', body };
  },
};

function addressOf({ resource: { group, version, resource }, object }: Located) {
  return { group, version, resource, namespace: object.metadata.namespace ?? '', name: object.metadata.name };
}

function requestFor(action: Exclude<Action, { type: 'report' }>): ApiRequest {
  const build = requests[action.type] as (action: Action) => ApiRequest;
  return build(action);
}

/** Carries the plan out; false when an object had changed, so that the whole has to be looked at again. Throws what was refused for good. */
export async function execute(
  actions: readonly Action[],
  { api, events }: { api: Pick<ApiClient, 'batch'>; events: EventRecorder },
): Promise<boolean> {
  for (const action of actions) if (action.type === 'report') report(action, events);
  const writes = actions.filter((action) => action.type !== 'report');
  const finish = writes.filter((action) => action.type === 'finish');
  const rest = writes.filter((action) => action.type !== 'finish');
  return (await send(rest, api)) && (await send(finish, api));
}

async function send(
  actions: readonly Exclude<Action, { type: 'report' }>[],
  api: Pick<ApiClient, 'batch'>,
): Promise<boolean> {
  const answers = await sendAll(api, actions.map(requestFor));
  const errors = answers.map(({ error }) => error).filter((error) => error !== undefined && !isNotFound(error));
  const refusals = errors.filter((error) => !isConflict(error));
  if (refusals.length > 0) throw new AggregateError(refusals, `${refusals.length} objects could not be collected`);
  return errors.length === 0;
}

function report({ target, reference }: ActionMap['report'], events: EventRecorder): void {
  const { namespace = '' } = target.object.metadata;
  const message = `ownerRef ${describe(reference, namespace)} does not exist in namespace "${namespace}"`;
  events.event(target.object, 'Warning', 'OwnerRefInvalidNamespace', message);
}

const describe = ({ apiVersion, kind, name, uid }: OwnerReference, namespace: string): string =>
  `[${apiVersion}/${kind}, namespace: ${namespace}, name: ${name}, uid: ${uid}]`;
