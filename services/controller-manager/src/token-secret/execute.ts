import type { ApiClient } from '@kubus/shared/bus';
import { isConflict, isNotFound } from '@kubus/shared/errors';
import type { Secret } from '@kubus/shared/schema';
import { type Action, filled } from './plan.ts';

const core = { group: '', version: 'v1' };
export const secrets = { ...core, resource: 'secrets' };
/** As long as a TokenRequest may ask for: these tokens are for those who cannot renew them. They end with the Secret. */
const lifetimeSeconds = 2 ** 32;

/** What has changed or gone meanwhile is looked at again when the change is seen. */
export async function execute(
  action: Action,
  secret: Secret,
  { api, caCertificate }: { api: Pick<ApiClient, 'request'>; caCertificate: string },
): Promise<void> {
  const { namespace = '', name, uid } = secret.metadata;
  try {
    if (action.type === 'delete') {
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid } };
      await api.request({ ...secrets, verb: 'delete', namespace, name, body });
      return;
    }
    const token = action.needsToken ? await requestToken(secret, action.account.metadata.name, api) : undefined;
    const body = filled(secret, action.account, token, caCertificate);
    await api.request({ ...secrets, verb: 'update', namespace, name, body });
  } catch (error) {
    if (!isConflict(error) && !isNotFound(error)) throw error;
  }
}

async function requestToken(secret: Secret, account: string, api: Pick<ApiClient, 'request'>): Promise<string> {
  const { namespace = '', name, uid } = secret.metadata;
  const spec = {
    audiences: [],
    expirationSeconds: lifetimeSeconds,
    boundObjectRef: { apiVersion: 'v1', kind: 'Secret', name, uid },
  };
  const { status } = await api.request<{ status: { token: string } }>({
    ...core,
    resource: 'serviceaccounts',
    subresource: 'token',
    verb: 'create',
    namespace,
    name: account,
    body: { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata: {}, spec },
  });
  return status.token;
}
