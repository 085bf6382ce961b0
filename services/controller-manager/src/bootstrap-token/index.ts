import type { ApiClient } from '@kubus/shared/bus';
import { isConflict, isNotFound } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import type { Controller, ReconcileKey, ReconcileResult } from '@kubus/shared/reconcile';
import type { ConfigMap, Secret } from '@kubus/shared/schema';
import type { ControllerContext } from '../common/context.ts';
import { clusterInfo, signed, tokenNamespace, tokenType, untilExpired } from './plan.ts';

const secrets = { group: '', version: 'v1', resource: 'secrets' } as const;
const configMaps = { group: '', version: 'v1', resource: 'configmaps' } as const;

const keyOf = ({ metadata }: KubeObject): ReconcileKey => ({
  namespace: metadata.namespace ?? '',
  name: metadata.name,
});

/** What is in a Secret, its type too, the controller-manager cannot read from the store. */
async function tokensOf(api: Pick<ApiClient, 'request'>): Promise<Secret[]> {
  const query = { fieldSelector: `type=${tokenType}` };
  return (await api.request<{ items: Secret[] }>({ ...secrets, verb: 'list', namespace: tokenNamespace, query })).items;
}

/** Deletes bootstrap tokens when their time is over. */
export function createTokenCleanerController({ api, clock }: ControllerContext): Controller {
  return {
    name: 'token-cleaner',
    reads: [],
    watches: [
      {
        resource: secrets,
        map: (secret, _, type) =>
          type === 'deleted' || secret.metadata.namespace !== tokenNamespace ? [] : [keyOf(secret)],
      },
    ],
    keys: async () => (await tokensOf(api)).map(keyOf),
    reconcile: async ({ namespace, name }): Promise<ReconcileResult> => {
      try {
        const secret = await api.request<Secret>({ ...secrets, verb: 'get', namespace, name });
        const wait = untilExpired(secret, clock.now());
        if (wait === undefined) return undefined;
        if (wait > 0) return { requeueAfter: wait };
        const { uid, resourceVersion } = secret.metadata;
        const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid, resourceVersion } };
        await api.request({ ...secrets, verb: 'delete', namespace, name, body });
      } catch (error) {
        if (!isNotFound(error) && !isConflict(error)) throw error;
      }
      return undefined;
    },
  };
}

/** Signs the ConfigMap cluster-info with every bootstrap token that may sign; without such a ConfigMap there is nothing to do. */
export function createBootstrapSignerController({ informers, api, clock }: ControllerContext): Controller {
  const all = informers.get<ConfigMap>(configMaps);
  const read = () => all.get(clusterInfo.namespace, clusterInfo.name);
  const isClusterInfo = ({ metadata }: KubeObject): boolean =>
    metadata.namespace === clusterInfo.namespace && metadata.name === clusterInfo.name;
  return {
    name: 'bootstrap-signer',
    reads: [configMaps],
    watches: [
      { resource: configMaps, map: (object) => (isClusterInfo(object) ? [clusterInfo] : []) },
      {
        resource: secrets,
        map: ({ metadata }) => (metadata.namespace === tokenNamespace && read() !== undefined ? [clusterInfo] : []),
      },
    ],
    keys: () => (read() === undefined ? [] : [clusterInfo]),
    reconcile: async (): Promise<ReconcileResult> => {
      const configMap = read();
      if (configMap === undefined) return undefined;
      const tokens = await tokensOf(api);
      const body = signed(configMap, tokens, clock.now());
      if (body !== undefined) {
        await api.request({ ...configMaps, verb: 'update', ...clusterInfo, body }).catch((error: unknown) => {
          if (!isNotFound(error) && !isConflict(error)) throw error;
        });
      }
      return undefined;
    },
  };
}
