import type { FieldError } from '../../errors/index.ts';
import { labelSelector } from '../../object/index.ts';
import type { ReplicaSet } from '../../schema/index.ts';
import { age, ageColumn, containerCells, integer, nameColumn, text } from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';
import { equal } from '../equal.ts';
import { field, immutable } from '../field.ts';
import { templateWarnings } from '../pod/warnings.ts';
import { scaleSubresource } from '../scale.ts';
import { statusSubresource } from '../status.ts';
import { nonNegative, setTemplateDefaults, validateSelector, validateTemplate } from '../workload.ts';

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
    validateUpdate: (object, old) =>
      equal(object.spec?.selector, old.spec?.selector)
        ? []
        : [field.invalid('spec.selector', object.spec?.selector, immutable)],
  },
  subresources: [
    scaleSubresource<ReplicaSet>((object) => ({
      spec: object.spec?.replicas ?? 0,
      status: object.status?.replicas ?? 0,
      selector: labelSelector(object.spec?.selector).toString(),
    })),
    statusSubresource<ReplicaSet>(responds, schema, { validate: validateStatus }),
  ],
  table: {
    columns: [
      nameColumn,
      integer('Desired', 'The number of desired pods.'),
      integer('Current', 'The most recently observed number of non-terminating pods.'),
      integer('Ready', 'The number of non-terminating pods with a Ready condition.'),
      ageColumn,
      text('Containers', 'Names of each container in the template.', 1),
      text('Images', 'Images referenced by each container in the template.', 1),
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
  const counts = ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'] as const;
  const errors = counts.flatMap((name) => nonNegative(status?.[name], `status.${name}`));
  const { replicas = 0, readyReplicas = 0, availableReplicas = 0 } = status ?? {};
  for (const name of counts) {
    const count = status?.[name] ?? 0;
    if (count > replicas) errors.push(field.invalid(`status.${name}`, count, 'cannot be greater than status.replicas'));
  }
  if (availableReplicas > readyReplicas) {
    errors.push(field.invalid('status.availableReplicas', availableReplicas, 'cannot be greater than readyReplicas'));
  }
  return errors;
}
