import type { PersistentVolumeClaim } from '../../schema/index.ts';
import { age, ageColumn, nameColumn, text } from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';
import { statusSubresource } from '../status.ts';
import { setPersistentVolumeClaimDefaults } from '../storage/defaults.ts';
import { accessModesCell, phaseCell, storageClassOf } from '../storage/printing.ts';
import { validatePersistentVolumeClaim, validatePersistentVolumeClaimUpdate } from '../storage/validate-claim.ts';

const schema = 'io.k8s.api.core.v1.PersistentVolumeClaim';
const responds = { group: '', version: 'v1', kind: 'PersistentVolumeClaim' };

export const persistentVolumeClaim: KindDeclaration<PersistentVolumeClaim> = {
  kind: 'PersistentVolumeClaim',
  plural: 'persistentvolumeclaims',
  singular: 'persistentvolumeclaim',
  shortNames: ['pvc'],
  scope: 'Namespaced',
  versions: [{ group: '', version: 'v1', schema }],
  strategy: {
    hasStatus: true,
    returnsDeleted: true,
    setDefaults: setPersistentVolumeClaimDefaults,
    validate: validatePersistentVolumeClaim,
    validateUpdate: validatePersistentVolumeClaimUpdate,
    prepareForCreate(object) {
      object.status = { phase: 'Pending' };
    },
  },
  subresources: [statusSubresource<PersistentVolumeClaim>(responds, schema)],
  table: {
    columns: [
      nameColumn,
      text('Status', 'Whether it is pending, bound or lost.'),
      text('Volume', 'The volume that it is bound to.'),
      text('Capacity', 'How much that volume holds.'),
      text('Access Modes', 'The ways in which that volume can be mounted.'),
      text('StorageClass', 'StorageClass of the pvc'),
      text('VolumeAttributesClass', 'VolumeAttributesClass of the pvc'),
      ageColumn,
      text('VolumeMode', 'Filesystem or raw block.', 1),
    ],
    cells: (object, now) => {
      const { volumeName = '', volumeAttributesClassName, volumeMode } = object.spec ?? {};
      const { capacity, accessModes } = volumeName === '' ? {} : (object.status ?? {});
      return [
        object.metadata.name,
        phaseCell(object),
        volumeName,
        volumeName === '' ? '' : (capacity?.['storage'] ?? '0'),
        accessModesCell(accessModes),
        storageClassOf(object),
        volumeAttributesClassName ?? '<unset>',
        age(object, now),
        volumeMode ?? '<unset>',
      ];
    },
  },
};
