import type { FlowSchema } from '../../schema/index.ts';
import { age, ageColumn, nameColumn, text } from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';
import { setFlowSchemaDefaults } from '../flowcontrol/defaults.ts';
import { validateFlowSchema } from '../flowcontrol/validate.ts';
import { statusSubresource } from '../status.ts';

const group = 'flowcontrol.apiserver.k8s.io';
const schema = 'io.k8s.api.flowcontrol.v1.FlowSchema';

export const flowSchema: KindDeclaration<FlowSchema> = {
  kind: 'FlowSchema',
  plural: 'flowschemas',
  singular: 'flowschema',
  scope: 'Cluster',
  versions: [{ group, version: 'v1', schema }],
  strategy: { hasStatus: true, hasGeneration: true, setDefaults: setFlowSchemaDefaults, validate: validateFlowSchema },
  subresources: [statusSubresource<FlowSchema>({ group, version: 'v1', kind: 'FlowSchema' }, schema)],
  table: {
    columns: [
      nameColumn,
      text('PriorityLevel', 'The priority level of its requests.'),
      text('MatchingPrecedence', 'Of two schemas that match, the one with the lower number holds.'),
      text('DistinguisherMethod', 'What tells its flows apart.'),
      ageColumn,
      text('MissingPL', 'references a broken or non-existent PriorityLevelConfiguration'),
    ],
    cells: (object, now) => [
      object.metadata.name,
      object.spec?.priorityLevelConfiguration.name ?? '',
      object.spec?.matchingPrecedence ?? 0,
      object.spec?.distinguisherMethod?.type ?? '<none>',
      age(object, now),
      object.status?.conditions?.find(({ type }) => type === 'Dangling')?.status ?? '?',
    ],
  },
};
