import type { PersistentVolume } from '../../schema/index.ts';
import { age, ageColumn, nameColumn, text } from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';
import { statusSubresource } from '../status.ts';
import { setPersistentVolumeDefaults } from '../storage/defaults.ts';
import { accessModesCell, phaseCell, storageClassOf } from '../storage/printing.ts';
import { validatePersistentVolume, validatePersistentVolumeUpdate } from '../storage/validate-volume.ts';

const schema = 'io.k8s.api.core.v1.PersistentVolume';
const responds = { group: '', version: 'v1', kind: 'PersistentVolume' };

export const persistentVolume: KindDeclaration<PersistentVolume> = {
  kind: 'PersistentVolume',
  plural: 'persistentvolumes',
  singular: 'persistentvolume',
  shortNames: ['pv'],
  scope: 'Cluster',
  versions: [{ group: '', version: 'v1', schema }],
  strategy: {
    hasStatus: true,
    returnsDeleted: true,
    setDefaults: setPersistentVolumeDefaults,
    validate: validatePersistentVolume,
    validateUpdate: validatePersistentVolumeUpdate,
    prepareForCreate(object, { now }) {
      object.status = { phase: 'Pending', lastPhaseTransitionTime: now };
    },
  },
  subresources: [statusSubresource<PersistentVolume>(responds, schema)],
  table: {
    columns: [
      nameColumn,
      text('Capacity', 'How much it holds.'),
      text('Access Modes', 'The ways in which it can be mounted.'),
      text('Reclaim Policy', 'What becomes of it when its claim is deleted.'),
      text('Status', 'Whether it is available, bound, released or failed.'),
      text('Claim', 'The claim that it is bound to.'),
      text('StorageClass', 'StorageClass of the pv'),
      text('VolumeAttributesClass', 'VolumeAttributesClass of the pv'),
      text('Reason', 'Why it is in its state.'),
      ageColumn,
      text('VolumeMode', 'Filesystem or raw block.', 1),
    ],
    cells: (object, now) => [
      object.metadata.name,
      object.spec?.capacity?.['storage'] ?? '0',
      accessModesCell(object.spec?.accessModes),
      object.spec?.persistentVolumeReclaimPolicy ?? '',
      phaseCell(object),
      claimCell(object),
      storageClassOf(object),
      object.spec?.volumeAttributesClassName ?? '<unset>',
      object.status?.reason ?? '',
      age(object, now),
      object.spec?.volumeMode ?? '<unset>',
    ],
  },
};

function claimCell({ spec }: PersistentVolume): string {
  const { claimRef } = spec ?? {};
  return claimRef === undefined ? '' : `${claimRef.namespace ?? ''}/${claimRef.name ?? ''}`;
}
