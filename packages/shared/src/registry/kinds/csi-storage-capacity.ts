import type { CSIStorageCapacity } from '../../schema/index.ts';
import { nameColumn, text } from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';
import { validateCsiStorageCapacity, validateCsiStorageCapacityUpdate } from '../storage/validate-csi.ts';

export const csiStorageCapacity: KindDeclaration<CSIStorageCapacity> = {
  kind: 'CSIStorageCapacity',
  plural: 'csistoragecapacities',
  singular: 'csistoragecapacity',
  scope: 'Namespaced',
  versions: [{ group: 'storage.k8s.io', version: 'v1', schema: 'io.k8s.api.storage.v1.CSIStorageCapacity' }],
  strategy: {
    returnsDeleted: true,
    requireResourceVersion: true,
    validate: validateCsiStorageCapacity,
    validateUpdate: validateCsiStorageCapacityUpdate,
  },
  table: {
    columns: [
      nameColumn,
      text('StorageClassName', 'The class whose volumes the capacity is for.'),
      text('Capacity', 'What is left.'),
    ],
    cells: (object) => [object.metadata.name, object.storageClassName, object.capacity ?? '<nil>'],
  },
};
