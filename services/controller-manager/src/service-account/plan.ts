import type { ConfigMap, Namespace, ServiceAccount } from '@kubus/shared/schema';

/** What every namespace has (Kubernetes: serviceaccount and root-ca-cert-publisher controllers). */
export const defaultServiceAccount = 'default';
export const rootCaConfigMap = 'kube-root-ca.crt';

export interface Observed {
  namespace: Namespace | undefined;
  serviceAccount: ServiceAccount | undefined;
  rootCa: ConfigMap | undefined;
}

export type Action =
  | { type: 'createServiceAccount'; namespace: string }
  | { type: 'createRootCa'; namespace: string }
  | { type: 'updateRootCa'; configMap: ConfigMap };

/** Nothing is made in a namespace that is going. */
export function plan({ namespace, serviceAccount, rootCa }: Observed, caCertificate: string): Action[] {
  if (namespace === undefined || namespace.status?.phase === 'Terminating') return [];
  if (namespace.metadata.deletionTimestamp !== undefined) return [];
  const { name } = namespace.metadata;
  const actions: Action[] = [];
  if (serviceAccount === undefined) actions.push({ type: 'createServiceAccount', namespace: name });
  if (rootCa === undefined) actions.push({ type: 'createRootCa', namespace: name });
  else if (!isCurrent(rootCa, caCertificate)) actions.push({ type: 'updateRootCa', configMap: rootCa });
  return actions;
}

/** Exactly this data: a pod that mounts it must find nothing else to trust. */
function isCurrent({ data = {} }: ConfigMap, caCertificate: string): boolean {
  return Object.keys(data).length === 1 && data['ca.crt'] === caCertificate;
}

const descriptionAnnotation = 'kubernetes.io/description';
/** The description that Kubernetes gives, by which tools know the ConfigMap. */
const description =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.';

export function newServiceAccount(namespace: string): ServiceAccount {
  return { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: defaultServiceAccount, namespace } };
}

export function newRootCa(namespace: string, caCertificate: string): ConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: rootCaConfigMap, namespace, annotations: { [descriptionAnnotation]: description } },
    data: { 'ca.crt': caCertificate },
  };
}

export function withRootCa(configMap: ConfigMap, caCertificate: string): ConfigMap {
  const annotations = { ...configMap.metadata.annotations, [descriptionAnnotation]: description };
  const { binaryData: _, ...rest } = configMap;
  return { ...rest, metadata: { ...configMap.metadata, annotations }, data: { 'ca.crt': caCertificate } };
}
