import type { ComponentStatus } from '../../schema/index.ts';
import { nameColumn, text } from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';

/** What the api's own checks say; nothing of it is stored. Deprecated since 1.19. */
export const componentStatus: KindDeclaration<ComponentStatus> = {
  kind: 'ComponentStatus',
  plural: 'componentstatuses',
  singular: 'componentstatus',
  shortNames: ['cs'],
  scope: 'Cluster',
  versions: [
    {
      group: '',
      version: 'v1',
      schema: 'io.k8s.api.core.v1.ComponentStatus',
      deprecated: 'v1 ComponentStatus is deprecated in v1.19+',
    },
  ],
  verbs: ['get', 'list'],
  table: {
    columns: [
      nameColumn,
      text('Status', 'Status of the component conditions'),
      text('Message', 'Message of the component conditions'),
      text('Error', 'Error of the component conditions'),
    ],
    cells(object) {
      const healthy = object.conditions?.find(({ type }) => type === 'Healthy');
      if (healthy === undefined) return [object.metadata.name, 'Unknown', '', ''];
      const status = healthy.status === 'True' ? 'Healthy' : 'Unhealthy';
      return [object.metadata.name, status, healthy.message ?? '', healthy.error ?? ''];
    },
  },
};
