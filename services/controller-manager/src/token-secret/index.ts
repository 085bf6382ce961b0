import { isNotFound } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import type { Controller, ReconcileKey, ReconcileResult } from '@kubus/shared/reconcile';
import type { Secret, ServiceAccount } from '@kubus/shared/schema';
import type { ControllerContext } from '../common/context.ts';
import { execute, secrets } from './execute.ts';
import { accountAnnotation, plan, tokenType } from './plan.ts';

const serviceAccounts = { group: '', resource: 'serviceaccounts' };

export interface TokenSecretOptions {
  /** PEM. */
  caCertificate: string;
}

/**
 * Fills Secrets of type kubernetes.io/service-account-token. What is in a Secret, its type too, the controller-manager cannot read from the store: it
 * asks the API for each that is written. A key may stand for all of a namespace.
 */
export function createTokenSecretController(
  { informers, api }: ControllerContext,
  { caCertificate }: TokenSecretOptions,
): Controller {
  const list = async (namespace: string): Promise<ReconcileKey[]> => {
    const query = { fieldSelector: `type=${tokenType}` };
    const { items } = await api.request<{ items: Secret[] }>({ ...secrets, verb: 'list', namespace, query });
    return items.map(keyOf);
  };
  const reconcileOne = async ({ namespace, name }: ReconcileKey): Promise<void> => {
    const secret = await api
      .request<Secret>({ ...secrets, verb: 'get', namespace, name })
      .catch((error: unknown) => (isNotFound(error) ? undefined : Promise.reject(error)));
    if (secret?.type !== tokenType) return;
    const account = informers
      .get<ServiceAccount>(serviceAccounts)
      .get(namespace, secret.metadata.annotations?.[accountAnnotation] ?? '');
    const action = plan({ secret, account }, caCertificate);
    if (action !== undefined) await execute(action, secret, { api, caCertificate });
  };
  return {
    name: 'token-secret',
    reads: [serviceAccounts],
    watches: [
      { resource: secrets, map: (secret, _, type) => (type === 'deleted' ? [] : [keyOf(secret)]) },
      {
        resource: serviceAccounts,
        // Secrets that were there before the account was, and those whose account is gone.
        map: ({ metadata }, _, type) =>
          type === 'updated' ? [] : [{ namespace: metadata.namespace ?? '', name: all }],
      },
    ],
    keys: () => list(''),
    reconcile: async (key): Promise<ReconcileResult> => {
      const keys = key.name === all ? await list(key.namespace) : [key];
      for (const one of keys) await reconcileOne(one);
      return undefined;
    },
  };
}

/** In place of a name; no Secret can have it. */
const all = '*';

const keyOf = ({ metadata }: KubeObject): ReconcileKey => ({
  namespace: metadata.namespace ?? '',
  name: metadata.name,
});
