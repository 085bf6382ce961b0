import type { KubeObject } from '@kubus/shared/object';
import type { Controller, ReconcileKey } from '@kubus/shared/reconcile';
import type { ConfigMap, Namespace, ServiceAccount } from '@kubus/shared/schema';
import type { ControllerContext } from '../common/context.ts';
import { execute } from './execute.ts';
import { defaultServiceAccount, plan, rootCaConfigMap } from './plan.ts';

const namespaces = { group: '', resource: 'namespaces' };
const serviceAccounts = { group: '', resource: 'serviceaccounts' };
const configMaps = { group: '', resource: 'configmaps' };

export interface ServiceAccountOptions {
  /** PEM: by what pods know the API server. */
  caCertificate: string;
}

/** Sees to it that every namespace has the ServiceAccount 'default' and the ConfigMap 'kube-root-ca.crt'. A key is a namespace. */
export function createServiceAccountController(context: ControllerContext, options: ServiceAccountOptions): Controller {
  const { informers, api } = context;
  const keyOf = (name: string): ReconcileKey[] => [{ namespace: '', name }];
  const named = (wanted: string) => (object: KubeObject) =>
    object.metadata.name === wanted ? keyOf(object.metadata.namespace ?? '') : [];
  return {
    name: 'service-account',
    reads: [namespaces, serviceAccounts, configMaps],
    watches: [
      { resource: namespaces, map: ({ metadata }) => keyOf(metadata.name) },
      { resource: serviceAccounts, map: named(defaultServiceAccount) },
      { resource: configMaps, map: named(rootCaConfigMap) },
    ],
    keys: () =>
      informers
        .get(namespaces)
        .list()
        .flatMap(({ metadata }) => keyOf(metadata.name)),
    reconcile: async ({ name }) => {
      const observed = {
        namespace: informers.get<Namespace>(namespaces).get('', name),
        serviceAccount: informers.get<ServiceAccount>(serviceAccounts).get(name, defaultServiceAccount),
        rootCa: informers.get<ConfigMap>(configMaps).get(name, rootCaConfigMap),
      };
      for (const action of plan(observed, options.caCertificate)) await execute(action, api, options.caCertificate);
      return undefined;
    },
  };
}
