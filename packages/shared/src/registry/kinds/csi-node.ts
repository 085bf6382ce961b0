import type { CSINode } from '../../schema/index.ts';
import { age, ageColumn, integer, nameColumn } from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';
import { validateCsiNode, validateCsiNodeUpdate } from '../storage/validate-csi.ts';

export const csiNode: KindDeclaration<CSINode> = {
  kind: 'CSINode',
  plural: 'csinodes',
  singular: 'csinode',
  scope: 'Cluster',
  versions: [{ group: 'storage.k8s.io', version: 'v1', schema: 'io.k8s.api.storage.v1.CSINode' }],
  strategy: {
    returnsDeleted: true,
    requireResourceVersion: true,
    validate: validateCsiNode,
    validateUpdate: validateCsiNodeUpdate,
  },
  table: {
    columns: [nameColumn, integer('Drivers', 'How many drivers are on the node.'), ageColumn],
    cells: (object, now) => [object.metadata.name, (object.spec?.drivers ?? []).length, age(object, now)],
  },
};
