import type { KubeObject } from '../../object/index.ts';
import type { StorageClass } from '../../schema/index.ts';
import { age, ageColumn, nameColumn, text } from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';
import { setStorageClassDefaults } from '../storage/defaults.ts';
import { validateStorageClass, validateStorageClassUpdate } from '../storage/validate-classes.ts';

export const storageClass: KindDeclaration<StorageClass> = {
  kind: 'StorageClass',
  plural: 'storageclasses',
  singular: 'storageclass',
  shortNames: ['sc'],
  scope: 'Cluster',
  versions: [{ group: 'storage.k8s.io', version: 'v1', schema: 'io.k8s.api.storage.v1.StorageClass' }],
  strategy: {
    returnsDeleted: true,
    setDefaults: setStorageClassDefaults,
    validate: validateStorageClass,
    validateUpdate: validateStorageClassUpdate,
  },
  table: {
    columns: [
      nameColumn,
      text('Provisioner', 'What makes volumes of the class.'),
      text('ReclaimPolicy', 'What becomes of its volumes when their claims are deleted.'),
      text('VolumeBindingMode', 'When claims are bound.'),
      text('AllowVolumeExpansion', 'Whether claims can grow.'),
      ageColumn,
    ],
    cells: (object, now) => [
      isDefault(object) ? `${object.metadata.name} (default)` : object.metadata.name,
      object.provisioner,
      object.reclaimPolicy ?? 'Delete',
      object.volumeBindingMode ?? 'Immediate',
      object.allowVolumeExpansion ?? false,
      age(object, now),
    ],
  },
};

const defaultAnnotations = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
];

function isDefault({ metadata }: KubeObject): boolean {
  return defaultAnnotations.some((name) => metadata.annotations?.[name] === 'true');
}
