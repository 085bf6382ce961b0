import type { KubeObject } from '../../object/index.ts';
import type { KindDeclaration } from '../contract.ts';

interface ConfigMap extends KubeObject {
  data?: Record<string, string>;
  binaryData?: Record<string, string>;
  immutable?: boolean;
}

export const configMap: KindDeclaration<ConfigMap> = {
  kind: 'ConfigMap',
  plural: 'configmaps',
  singular: 'configmap',
  shortNames: ['cm'],
  scope: 'Namespaced',
  versions: [{ group: '', version: 'v1', schema: 'io.k8s.api.core.v1.ConfigMap' }],
};
