import type { RuntimeClass } from '../../schema/index.ts';
import { age, ageColumn, nameColumn, text } from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';

export const runtimeClass: KindDeclaration<RuntimeClass> = {
  kind: 'RuntimeClass',
  plural: 'runtimeclasses',
  singular: 'runtimeclass',
  scope: 'Cluster',
  versions: [{ group: 'node.k8s.io', version: 'v1', schema: 'io.k8s.api.node.v1.RuntimeClass' }],
  strategy: { requireResourceVersion: true },
  table: {
    columns: [nameColumn, text('Handler', 'The configuration of the container runtime.'), ageColumn],
    cells: (object, now) => [object.metadata.name, object.handler, age(object, now)],
  },
};
