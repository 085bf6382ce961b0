import type { KubeObject } from '@kubus/shared/object';
import type { TestCluster } from '../../pipeline/testing/cluster.ts';

const group = 'admissionregistration.k8s.io';

const kinds = {
  mutatingwebhookconfigurations: 'MutatingWebhookConfiguration',
  validatingwebhookconfigurations: 'ValidatingWebhookConfiguration',
  validatingadmissionpolicies: 'ValidatingAdmissionPolicy',
  validatingadmissionpolicybindings: 'ValidatingAdmissionPolicyBinding',
  mutatingadmissionpolicies: 'MutatingAdmissionPolicy',
  mutatingadmissionpolicybindings: 'MutatingAdmissionPolicyBinding',
} as const;

export type ConfigurationResource = keyof typeof kinds;

/** Puts a configuration into the store as it is, and waits until the replica has seen it. */
export async function install(
  cluster: TestCluster,
  resource: ConfigurationResource,
  name: string,
  content: object,
): Promise<void> {
  const object = {
    apiVersion: `${group}/v1`,
    kind: kinds[resource],
    metadata: { name, uid: name },
    ...content,
  } as unknown as KubeObject;
  await cluster.store.commit([{ type: 'create', key: { group, resource, namespace: '', name }, object }]);
  await seen(cluster, resource);
}

/** Takes away every configuration of a resource. */
export async function uninstall(cluster: TestCluster, resource: ConfigurationResource): Promise<void> {
  const { items } = await cluster.store.list({ group, resource, namespace: '' });
  for (const { metadata } of items) {
    await cluster.store.commit([{ type: 'delete', key: { group, resource, namespace: '', name: metadata.name } }]);
  }
  await seen(cluster, resource);
}

/** The cache tells the views that admission reads before it answers. */
async function seen(cluster: TestCluster, resource: ConfigurationResource): Promise<void> {
  const cache = await cluster.caches.of({ group, resource });
  await cache.get('', '', 'latest');
}
