import type { ResourceSlice } from '../../schema/index.ts';
import { age, ageColumn, nameColumn, text } from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';
import { setSliceTimes } from '../resource/defaults.ts';
import { validateResourceSlice, validateResourceSliceUpdate } from '../resource/validate.ts';

export const resourceSlice: KindDeclaration<ResourceSlice> = {
  kind: 'ResourceSlice',
  plural: 'resourceslices',
  singular: 'resourceslice',
  scope: 'Cluster',
  versions: [{ group: 'resource.k8s.io', version: 'v1', schema: 'io.k8s.api.resource.v1.ResourceSlice' }],
  strategy: {
    hasGeneration: true,
    returnsDeleted: true,
    validate: validateResourceSlice,
    validateUpdate: validateResourceSliceUpdate,
    prepareForCreate: (object, { now }) => setSliceTimes(object, now),
    prepareForUpdate: (object, _, { now }) => setSliceTimes(object, now),
  },
  table: {
    columns: [
      nameColumn,
      text('Node', 'The node that has the devices.'),
      text('Driver', 'The driver that tells of them.'),
      text('Pool', 'The pool that they belong to.'),
      ageColumn,
    ],
    cells: (object, now) => [
      object.metadata.name,
      object.spec?.nodeName ?? '',
      object.spec?.driver ?? '',
      object.spec?.pool?.name ?? '',
      age(object, now),
    ],
  },
  fields: {
    'spec.nodeName': (object) => object.spec?.nodeName ?? '',
    'spec.driver': (object) => object.spec?.driver ?? '',
  },
};
