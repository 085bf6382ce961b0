import type { ApiClient } from '@kubus/shared/bus';
import { isNotFound } from '@kubus/shared/errors';
import type { Pod, ServiceAccount } from '@kubus/shared/schema';
import { Tokens } from '../../volumes/tokens.ts';
import type { ProviderConfig } from './config.ts';

interface AccountOfPod {
  uid: string;
  token: string;
  /** Those that are asked for. */
  annotations: (readonly [key: string, value: string])[];
}

type TokenAttributes = NonNullable<ProviderConfig['tokenAttributes']>;

export interface PodAccounts {
  /** Undefined when there is no such account, or it lacks an annotation that the program needs: a way to leave pods out. */
  of(pod: Pod, attributes: TokenAttributes): Promise<AccountOfPod | undefined>;
}

/** Service accounts of pods, each with a token that is bound to the pod (kubelet: KEP-4412). */
export function podAccounts(api: Pick<ApiClient, 'request'>, now: () => number): PodAccounts {
  return {
    of: async (pod, attributes) => {
      const account = await accountOf(pod, api);
      if (account === undefined) return undefined;
      const given = new Map(Object.entries(account.metadata.annotations ?? {}));
      const required = attributes.requiredServiceAccountAnnotationKeys;
      if (!required.every((key) => given.has(key))) return undefined;
      const annotations = [...required, ...attributes.optionalServiceAccountAnnotationKeys]
        .toSorted()
        .flatMap((key) => (given.has(key) ? [[key, given.get(key) ?? ''] as const] : []));
      // Of this pull alone: nothing is kept for a pod that may be gone soon.
      const tokens = new Tokens({ api, now });
      const { token } = await tokens.get(pod, { audience: attributes.serviceAccountTokenAudience });
      return { uid: account.metadata.uid ?? '', token, annotations };
    },
  };
}

async function accountOf(pod: Pod, api: Pick<ApiClient, 'request'>): Promise<ServiceAccount | undefined> {
  const resource = { group: '', version: 'v1', resource: 'serviceaccounts' };
  const { serviceAccountName: name = '' } = pod.spec ?? {};
  try {
    return await api.request<ServiceAccount>({
      verb: 'get',
      ...resource,
      namespace: pod.metadata.namespace ?? '',
      name,
    });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
