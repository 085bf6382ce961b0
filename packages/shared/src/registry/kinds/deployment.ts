import type { FieldError } from '../../errors/index.ts';
import { equal } from '../../object/equal.ts';
import { labelSelector } from '../../object/index.ts';
import type { Deployment } from '../../schema/index.ts';
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
  countOrPercent,
  isZeroCount,
  keepsSelector,
  nonNegative,
  notMoreThanAll,
  setTemplateDefaults,
  statusCounts,
  validateSelector,
  validateTemplate,
  withinReplicas,
} from '../workload.ts';

const schema = 'io.k8s.api.apps.v1.Deployment';
const responds = { group: 'apps', version: 'v1', kind: 'Deployment' };

export const deployment: KindDeclaration<Deployment> = {
  kind: 'Deployment',
  plural: 'deployments',
  singular: 'deployment',
  shortNames: ['deploy'],
  categories: ['all'],
  scope: 'Namespaced',
  versions: [{ group: 'apps', version: 'v1', schema }],
  strategy: {
    hasStatus: true,
    hasGeneration: true,
    warnings: ({ spec }) => templateWarnings(spec?.template, 'spec.template'),
    setDefaults,
    validate,
    // Annotations reach the ReplicaSets: a change of them is the controller's concern too.
    countsForGeneration: (object, old) => !equal(object.metadata.annotations, old.metadata.annotations),
    validateUpdate: keepsSelector,
  },
  subresources: [
    workloadScale<Deployment>(),
    statusSubresource<Deployment>(responds, schema, { validate: validateStatus }),
  ],
  table: {
    columns: [
      nameColumn,
      text('Ready', 'Number of the pod with ready state'),
      integer(
        'Up-to-date',
        'Total number of non-terminated pods targeted by this deployment that have the desired template spec.',
      ),
      integer('Available', 'Total number of available pods targeted by this deployment.'),
      ageColumn,
      containersColumn,
      imagesColumn,
      text('Selector', 'Label selector for pods.', 1),
    ],
    cells: (object, now) => [
      object.metadata.name,
      `${object.status?.readyReplicas ?? 0}/${object.spec?.replicas ?? 0}`,
      object.status?.updatedReplicas ?? 0,
      object.status?.availableReplicas ?? 0,
      age(object, now),
      ...containerCells(object.spec?.template.spec?.containers ?? []),
      labelSelector(object.spec?.selector).toString(),
    ],
  },
};

function setDefaults({ spec }: Deployment): void {
  if (spec === undefined) return;
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= 10;
  spec.progressDeadlineSeconds ??= 600;
  spec.strategy ??= {};
  spec.strategy.type ||= 'RollingUpdate';
  if (spec.strategy.type === 'RollingUpdate') {
    spec.strategy.rollingUpdate ??= {};
    spec.strategy.rollingUpdate.maxUnavailable ??= '25%';
    spec.strategy.rollingUpdate.maxSurge ??= '25%';
  }
  setTemplateDefaults(spec.template);
}

const strategies = ['Recreate', 'RollingUpdate'];

function validate({ spec }: Deployment): FieldError[] {
  if (spec === undefined) return [field.required('spec.selector'), field.required('spec.template')];
  const minReady = spec.minReadySeconds ?? 0;
  const errors = [
    ...nonNegative(spec.replicas, 'spec.replicas'),
    ...nonNegative(minReady, 'spec.minReadySeconds'),
    ...validateSelector(spec.selector, 'spec.selector'),
    ...validateTemplate(spec.template, spec.selector, 'spec.template'),
    ...validateStrategy(spec),
    ...nonNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit'),
    ...nonNegative(spec.progressDeadlineSeconds, 'spec.progressDeadlineSeconds'),
  ];
  if ((spec.progressDeadlineSeconds ?? 600) <= minReady) {
    const why = 'must be greater than minReadySeconds';
    errors.push(field.invalid('spec.progressDeadlineSeconds', spec.progressDeadlineSeconds, why));
  }
  return errors;
}

function validateStrategy({ strategy }: NonNullable<Deployment['spec']>): FieldError[] {
  const { type = '', rollingUpdate } = strategy ?? {};
  const path = 'spec.strategy';
  if (!strategies.includes(type)) return [field.notSupported(`${path}.type`, type, strategies)];
  if (type === 'Recreate') {
    const why = "may not be specified when strategy `type` is 'Recreate'";
    return rollingUpdate === undefined ? [] : [field.forbidden(`${path}.rollingUpdate`, why)];
  }
  const { maxUnavailable = 0, maxSurge = 0 } = rollingUpdate ?? {};
  const where = `${path}.rollingUpdate`;
  const errors = [
    ...countOrPercent(maxUnavailable, `${where}.maxUnavailable`),
    ...countOrPercent(maxSurge, `${where}.maxSurge`),
  ];
  if (isZeroCount(maxUnavailable) && isZeroCount(maxSurge)) {
    errors.push(field.invalid(`${where}.maxUnavailable`, maxUnavailable, 'may not be 0 when `maxSurge` is 0'));
  }
  return [...errors, ...notMoreThanAll(maxUnavailable, `${where}.maxUnavailable`)];
}

function validateStatus({ status }: Deployment): FieldError[] {
  const counts = ['updatedReplicas', 'readyReplicas', 'availableReplicas'] as const;
  const all = ['replicas', ...counts, 'unavailableReplicas'] as const;
  return [...statusCounts(status, all), ...withinReplicas(status, counts)];
}
