import type { VolumeAttachment } from '../../schema/index.ts';
import { age, ageColumn, boolean, nameColumn, text } from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';
import { statusSubresource } from '../status.ts';
import { validateVolumeAttachment, validateVolumeAttachmentUpdate } from '../storage/validate-classes.ts';

const schema = 'io.k8s.api.storage.v1.VolumeAttachment';
const responds = { group: 'storage.k8s.io', version: 'v1', kind: 'VolumeAttachment' };

export const volumeAttachment: KindDeclaration<VolumeAttachment> = {
  kind: 'VolumeAttachment',
  plural: 'volumeattachments',
  singular: 'volumeattachment',
  scope: 'Cluster',
  versions: [{ group: 'storage.k8s.io', version: 'v1', schema }],
  strategy: {
    hasStatus: true,
    returnsDeleted: true,
    requireResourceVersion: true,
    validate: validateVolumeAttachment,
    validateUpdate: validateVolumeAttachmentUpdate,
  },
  subresources: [statusSubresource<VolumeAttachment>(responds, schema)],
  table: {
    columns: [
      nameColumn,
      { ...text('Attacher', 'The driver that attaches the volume.'), format: 'name' },
      text('PV', 'The volume.'),
      text('Node', 'The node that it is attached to.'),
      boolean('Attached', 'Whether it is attached.'),
      ageColumn,
    ],
    cells: (object, now) => [
      object.metadata.name,
      object.spec?.attacher ?? '',
      object.spec?.source?.persistentVolumeName ?? '',
      object.spec?.nodeName ?? '',
      object.status?.attached ?? false,
      age(object, now),
    ],
  },
};
