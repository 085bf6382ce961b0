import type { VolumeAttributesClass } from '../../schema/index.ts';
import { age, ageColumn, nameColumn, text } from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';
import { validateVolumeAttributesClass, validateVolumeAttributesClassUpdate } from '../storage/validate-classes.ts';

export const volumeAttributesClass: KindDeclaration<VolumeAttributesClass> = {
  kind: 'VolumeAttributesClass',
  plural: 'volumeattributesclasses',
  singular: 'volumeattributesclass',
  shortNames: ['vac'],
  scope: 'Cluster',
  versions: [{ group: 'storage.k8s.io', version: 'v1', schema: 'io.k8s.api.storage.v1.VolumeAttributesClass' }],
  strategy: {
    returnsDeleted: true,
    validate: validateVolumeAttributesClass,
    validateUpdate: validateVolumeAttributesClassUpdate,
  },
  table: {
    columns: [nameColumn, text('DriverName', 'The driver that the attributes are for.'), ageColumn],
    cells: (object, now) => [object.metadata.name, object.driverName, age(object, now)],
  },
};
