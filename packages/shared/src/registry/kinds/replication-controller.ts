import type { FieldError } from '../../errors/index.ts';
import { labelsSelector } from '../../object/index.ts';
import type { ReplicationController } from '../../schema/index.ts';
import {
  age,
  ageColumn,
  containerCells,
  containersColumn,
  imagesColumn,
  integer,
  labelsCell,
  nameColumn,
  text,
} from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';
import { field } from '../field.ts';
import { validateLabels } from '../metadata.ts';
import { templateWarnings } from '../pod/warnings.ts';
import { scaleSubresource } from '../scale.ts';
import { statusSubresource } from '../status.ts';
import { nonNegative, setTemplateDefaults, statusCounts, validateTemplate, withinReplicas } from '../workload.ts';

const schema = 'io.k8s.api.core.v1.ReplicationController';
const responds = { group: '', version: 'v1', kind: 'ReplicationController' };

export const replicationController: KindDeclaration<ReplicationController> = {
  kind: 'ReplicationController',
  plural: 'replicationcontrollers',
  singular: 'replicationcontroller',
  shortNames: ['rc'],
  categories: ['all'],
  scope: 'Namespaced',
  versions: [{ group: '', version: 'v1', schema }],
  strategy: {
    hasStatus: true,
    hasGeneration: true,
    warnings: ({ spec }) => templateWarnings(spec?.template, 'spec.template'),
    deletion: { defaultPropagation: 'Orphan' },
    setDefaults,
    validate,
  },
  subresources: [
    scaleSubresource<ReplicationController>((object) => ({
      spec: object.spec?.replicas ?? 0,
      status: object.status?.replicas ?? 0,
      selector: labelsSelector(object.spec?.selector).toString(),
    })),
    statusSubresource<ReplicationController>(responds, schema, { validate: validateStatus }),
  ],
  table: {
    columns: [
      nameColumn,
      integer('Desired', 'The number of desired pods.'),
      integer('Current', 'The most recently observed number of pods.'),
      integer('Ready', 'The number of ready pods.'),
      ageColumn,
      containersColumn,
      imagesColumn,
      text('Selector', 'Labels that the pods have.', 1),
    ],
    cells: (object, now) => [
      object.metadata.name,
      object.spec?.replicas ?? 0,
      object.status?.replicas ?? 0,
      object.status?.readyReplicas ?? 0,
      age(object, now),
      ...containerCells(object.spec?.template?.spec?.containers ?? []),
      labelsCell(object.spec?.selector),
    ],
  },
  fields: { 'status.replicas': (object) => String(object.status?.replicas ?? 0) },
};

/** A controller without a selector or labels takes those of its template. */
function setDefaults(object: ReplicationController): void {
  const { spec, metadata } = object;
  if (spec === undefined) return;
  spec.replicas ??= 1;
  const labels = spec.template?.metadata?.labels;
  if (labels !== undefined) {
    if (Object.keys(spec.selector ?? {}).length === 0) spec.selector = { ...labels };
    if (Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels };
  }
  setTemplateDefaults(spec.template);
}

function validate({ spec }: ReplicationController): FieldError[] {
  if (spec === undefined) return [field.required('spec.selector'), field.required('spec.template')];
  const selector = spec.selector ?? {};
  const errors = [...nonNegative(spec.minReadySeconds, 'spec.minReadySeconds')];
  if (Object.keys(selector).length === 0) errors.push(field.required('spec.selector'));
  errors.push(...validateLabels(selector, 'spec.selector'), ...nonNegative(spec.replicas, 'spec.replicas'));
  const matchLabels = { matchLabels: selector };
  return [...errors, ...validateTemplate(spec.template, matchLabels, 'spec.template', 'ReplicationController')];
}

function validateStatus({ status }: ReplicationController): FieldError[] {
  const counts = ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'] as const;
  const all = ['replicas', ...counts, 'observedGeneration'] as const;
  return [...statusCounts(status, all), ...withinReplicas(status, counts)];
}
