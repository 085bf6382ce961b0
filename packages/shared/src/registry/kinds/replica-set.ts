import type { FieldError } from '../../errors/index.ts';
import { labelSelector } from '../../object/index.ts';
import type { ReplicaSet } from '../../schema/index.ts';
import {
  age,
  ageColumn,
  containerCells,
  containersColumn,
  imagesColumn,
  integer,
  nameColumn,
  text,
} from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';
import { field } from '../field.ts';
import { templateWarnings } from '../pod/warnings.ts';
import { workloadScale } from '../scale.ts';
import { statusSubresource } from '../status.ts';
import {
  keepsSelector,
  nonNegative,
  setTemplateDefaults,
  statusCounts,
  validateSelector,
  validateTemplate,
  withinReplicas,
} from '../workload.ts';

const schema = 'io.k8s.api.apps.v1.ReplicaSet';
const responds = { group: 'apps', version: 'v1', kind: 'ReplicaSet' };

export const replicaSet: KindDeclaration<ReplicaSet> = {
  kind: 'ReplicaSet',
  plural: 'replicasets',
  singular: 'replicaset',
  shortNames: ['rs'],
  categories: ['all'],
  scope: 'Namespaced',
  versions: [{ group: 'apps', version: 'v1', schema }],
  strategy: {
    hasStatus: true,
    hasGeneration: true,
    warnings: ({ spec }) => templateWarnings(spec?.template, 'spec.template'),
    setDefaults({ spec }) {
      if (spec === undefined) return;
      spec.replicas ??= 1;
      setTemplateDefaults(spec.template);
    },
    validate,
    validateUpdate: keepsSelector,
  },
  subresources: [
    workloadScale<ReplicaSet>(),
    statusSubresource<ReplicaSet>(responds, schema, { validate: validateStatus }),
  ],
  table: {
    columns: [
      nameColumn,
      integer('Desired', 'The number of desired pods.'),
      integer('Current', 'The most recently observed number of non-terminating pods.'),
      integer('Ready', 'The number of non-terminating pods with a Ready condition.'),
      ageColumn,
      containersColumn,
      imagesColumn,
      text('Selector', 'Label query over pods.', 1),
    ],
    cells: (object, now) => [
      object.metadata.name,
      object.spec?.replicas ?? 0,
      object.status?.replicas ?? 0,
      object.status?.readyReplicas ?? 0,
      age(object, now),
      ...containerCells(object.spec?.template?.spec?.containers ?? []),
      labelSelector(object.spec?.selector).toString(),
    ],
  },
  fields: { 'status.replicas': (object) => String(object.status?.replicas ?? 0) },
};

function validate({ spec }: ReplicaSet): FieldError[] {
  if (spec === undefined) return [field.required('spec.selector'), field.required('spec.template')];
  return [
    ...nonNegative(spec.replicas, 'spec.replicas'),
    ...nonNegative(spec.minReadySeconds, 'spec.minReadySeconds'),
    ...validateSelector(spec.selector, 'spec.selector'),
    ...validateTemplate(spec.template, spec.selector, 'spec.template'),
  ];
}

function validateStatus({ status }: ReplicaSet): FieldError[] {
  const counts = ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'] as const;
  return [...statusCounts(status, ['replicas', ...counts] as const), ...withinReplicas(status, counts)];
}
