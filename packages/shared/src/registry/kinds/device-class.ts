import type { DeviceClass } from '../../schema/index.ts';
import { age, ageColumn, nameColumn } from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';
import { validateDeviceClass } from '../resource/validate.ts';

export const deviceClass: KindDeclaration<DeviceClass> = {
  kind: 'DeviceClass',
  plural: 'deviceclasses',
  singular: 'deviceclass',
  scope: 'Cluster',
  versions: [{ group: 'resource.k8s.io', version: 'v1', schema: 'io.k8s.api.resource.v1.DeviceClass' }],
  strategy: { hasGeneration: true, returnsDeleted: true, validate: validateDeviceClass },
  table: {
    columns: [nameColumn, ageColumn],
    cells: (object, now) => [object.metadata.name, age(object, now)],
  },
};
