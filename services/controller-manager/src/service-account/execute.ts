import type { ApiClient } from '@kubus/shared/bus';
import { isAlreadyExists, isForbidden, isNotFound } from '@kubus/shared/errors';
import { type Action, newRootCa, newServiceAccount, withRootCa } from './plan.ts';

type Executors = { [T in Action['type']]: (action: Extract<Action, { type: T }>) => Promise<unknown> };

/** A namespace that went meanwhile needs nothing any more; what somebody else made is looked at again when it is seen. */
export async function execute(action: Action, api: Pick<ApiClient, 'request'>, caCertificate: string): Promise<void> {
  const core = { group: '', version: 'v1' };
  const executors: Executors = {
    createServiceAccount: ({ namespace }) =>
      api.request({
        ...core,
        resource: 'serviceaccounts',
        verb: 'create',
        namespace,
        body: newServiceAccount(namespace),
      }),
    createRootCa: ({ namespace }) =>
      api.request({
        ...core,
        resource: 'configmaps',
        verb: 'create',
        namespace,
        body: newRootCa(namespace, caCertificate),
      }),
    updateRootCa: ({ configMap }) => {
      const { namespace = '', name } = configMap.metadata;
      const body = withRootCa(configMap, caCertificate);
      return api.request({ ...core, resource: 'configmaps', verb: 'update', namespace, name, body });
    },
  };
  try {
    await (executors[action.type] as (action: Action) => Promise<unknown>)(action);
  } catch (error) {
    if (!isAlreadyExists(error) && !isNotFound(error) && !isTerminating(error)) throw error;
  }
}

const isTerminating = (error: unknown): boolean =>
  isForbidden(error) && (error.details?.causes ?? []).some(({ reason }) => reason === 'NamespaceTerminating');
