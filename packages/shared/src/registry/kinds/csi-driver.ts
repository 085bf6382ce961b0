import type { CSIDriver } from '../../schema/index.ts';
import { age, ageColumn, boolean, nameColumn, text } from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';
import { setCsiDriverDefaults } from '../storage/defaults.ts';
import { validateCsiDriver, validateCsiDriverUpdate } from '../storage/validate-csi.ts';

export const csiDriver: KindDeclaration<CSIDriver> = {
  kind: 'CSIDriver',
  plural: 'csidrivers',
  singular: 'csidriver',
  scope: 'Cluster',
  versions: [{ group: 'storage.k8s.io', version: 'v1', schema: 'io.k8s.api.storage.v1.CSIDriver' }],
  strategy: {
    returnsDeleted: true,
    requireResourceVersion: true,
    setDefaults: setCsiDriverDefaults,
    validate: validateCsiDriver,
    validateUpdate: validateCsiDriverUpdate,
  },
  table: {
    columns: [
      nameColumn,
      boolean('AttachRequired', 'Whether volumes are attached before they are mounted.'),
      boolean('PodInfoOnMount', 'Whether the driver is told for which pod it mounts.'),
      boolean('StorageCapacity', 'Whether the scheduler counts what storage is left.'),
      text('TokenRequests', 'Audiences of the tokens that the driver is given.'),
      boolean('RequiresRepublish', 'Whether mounts are called for again from time to time.'),
      text('Modes', 'The kinds of volume that the driver has.'),
      ageColumn,
    ],
    cells: ({ metadata, spec }, now) => [
      metadata.name,
      spec?.attachRequired ?? true,
      spec?.podInfoOnMount ?? false,
      spec?.storageCapacity ?? false,
      spec?.tokenRequests?.map(({ audience }) => audience).join(',') ?? '<unset>',
      spec?.requiresRepublish ?? false,
      (spec?.volumeLifecycleModes ?? []).join(',') || '<none>',
      age({ apiVersion: '', kind: '', metadata }, now),
    ],
  },
};
