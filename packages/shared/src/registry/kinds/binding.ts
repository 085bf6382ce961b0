import type { KindDeclaration } from '../contract.ts';

/** The older way to bind a pod: the same body that is posted to pods/binding, with the pod's name in its metadata. */
export const binding: KindDeclaration = {
  kind: 'Binding',
  plural: 'bindings',
  singular: 'binding',
  scope: 'Namespaced',
  versions: [{ group: '', version: 'v1', schema: 'io.k8s.api.core.v1.Binding' }],
  verbs: ['create'],
};
