import type { KubeObject } from '../../object/index.ts';
import type { KindDeclaration } from '../contract.ts';

interface Namespace extends KubeObject {
  spec?: { finalizers?: string[] };
  status?: { phase?: string };
}

export const namespace: KindDeclaration<Namespace> = {
  kind: 'Namespace',
  plural: 'namespaces',
  singular: 'namespace',
  shortNames: ['ns'],
  scope: 'Cluster',
  versions: [{ group: '', version: 'v1', schema: 'io.k8s.api.core.v1.Namespace' }],
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
};
