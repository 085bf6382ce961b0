import type { PriorityLevelConfiguration } from '../../schema/index.ts';
import { age, ageColumn, nameColumn, text } from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';
import { setPriorityLevelDefaults } from '../flowcontrol/defaults.ts';
import { validatePriorityLevel } from '../flowcontrol/validate.ts';
import { statusSubresource } from '../status.ts';

const group = 'flowcontrol.apiserver.k8s.io';
const schema = 'io.k8s.api.flowcontrol.v1.PriorityLevelConfiguration';
const responds = { group, version: 'v1', kind: 'PriorityLevelConfiguration' };

export const priorityLevelConfiguration: KindDeclaration<PriorityLevelConfiguration> = {
  kind: 'PriorityLevelConfiguration',
  plural: 'prioritylevelconfigurations',
  singular: 'prioritylevelconfiguration',
  scope: 'Cluster',
  versions: [{ group, version: 'v1', schema }],
  strategy: {
    hasStatus: true,
    hasGeneration: true,
    setDefaults: setPriorityLevelDefaults,
    validate: validatePriorityLevel,
  },
  subresources: [statusSubresource<PriorityLevelConfiguration>(responds, schema)],
  table: {
    columns: [
      nameColumn,
      text('Type', 'Whether its requests are limited.'),
      text('NominalConcurrencyShares', 'Its share of all seats.'),
      text('Queues', 'How many queues it has.'),
      text('HandSize', 'How many of them a flow can be put into.'),
      text('QueueLengthLimit', 'How many requests a queue holds.'),
      ageColumn,
    ],
    cells(object, now) {
      const { limited, type } = object.spec ?? {};
      const queuing = limited?.limitResponse?.queuing;
      return [
        object.metadata.name,
        type ?? '',
        limited?.nominalConcurrencyShares ?? '<none>',
        queuing?.queues ?? '<none>',
        queuing?.handSize ?? '<none>',
        queuing?.queueLengthLimit ?? '<none>',
        age(object, now),
      ];
    },
  },
};
