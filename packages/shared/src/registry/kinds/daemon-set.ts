import type { FieldError } from '../../errors/index.ts';
import { equal } from '../../object/equal.ts';
import type { DaemonSet } from '../../schema/index.ts';
import {
  age,
  ageColumn,
  containerCells,
  containersColumn,
  imagesColumn,
  integer,
  labelsCell,
  nameColumn,
  selectorCell,
  text,
} from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';
import { field } from '../field.ts';
import { templateWarnings } from '../pod/warnings.ts';
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
} from '../workload.ts';

const schema = 'io.k8s.api.apps.v1.DaemonSet';
const responds = { group: 'apps', version: 'v1', kind: 'DaemonSet' };

/** Counts changes of the template; apps/v1 keeps it where older versions had a field. */
const templateGeneration = 'deprecated.daemonset.template.generation';

export const daemonSet: KindDeclaration<DaemonSet> = {
  kind: 'DaemonSet',
  plural: 'daemonsets',
  singular: 'daemonset',
  shortNames: ['ds'],
  categories: ['all'],
  scope: 'Namespaced',
  versions: [{ group: 'apps', version: 'v1', schema }],
  strategy: {
    hasStatus: true,
    hasGeneration: true,
    warnings: ({ spec }) => templateWarnings(spec?.template, 'spec.template'),
    setDefaults,
    prepareForCreate: (object) => setTemplateGeneration(object, Math.max(1, templateGenerationOf(object))),
    prepareForUpdate: (object, old) =>
      setTemplateGeneration(
        object,
        templateGenerationOf(old) + (equal(object.spec?.template, old.spec?.template) ? 0 : 1),
      ),
    validate,
    validateUpdate: keepsSelector,
  },
  subresources: [statusSubresource<DaemonSet>(responds, schema, { validate: validateStatus })],
  table: {
    columns: [
      nameColumn,
      integer('Desired', 'The total number of nodes that should be running the daemon pod.'),
      integer('Current', 'The number of nodes that run the daemon pod and are supposed to.'),
      integer('Ready', 'The number of nodes that should run the daemon pod and have it running and ready.'),
      integer('Up-to-date', 'The total number of nodes that are running the updated daemon pod.'),
      integer('Available', 'The number of nodes that should run the daemon pod and have it available.'),
      text('Node Selector', 'Labels that a node must have for a pod of the set to run on it.'),
      ageColumn,
      containersColumn,
      imagesColumn,
      text('Selector', 'A label query over the pods of the set.', 1),
    ],
    cells: ({ metadata, spec, status }, now) => [
      metadata.name,
      status?.desiredNumberScheduled ?? 0,
      status?.currentNumberScheduled ?? 0,
      status?.numberReady ?? 0,
      status?.updatedNumberScheduled ?? 0,
      status?.numberAvailable ?? 0,
      labelsCell(spec?.template?.spec?.nodeSelector),
      age({ metadata } as DaemonSet, now),
      ...containerCells(spec?.template?.spec?.containers ?? []),
      selectorCell(spec?.selector),
    ],
  },
};

function templateGenerationOf({ metadata }: DaemonSet): number {
  return Number(metadata.annotations?.[templateGeneration] ?? '0') || 0;
}

function setTemplateGeneration(object: DaemonSet, generation: number): void {
  object.metadata.annotations = { ...object.metadata.annotations, [templateGeneration]: String(generation) };
}

function setDefaults({ spec }: DaemonSet): void {
  if (spec === undefined) return;
  spec.updateStrategy ??= {};
  spec.updateStrategy.type ||= 'RollingUpdate';
  if (spec.updateStrategy.type === 'RollingUpdate') {
    spec.updateStrategy.rollingUpdate ??= {};
    spec.updateStrategy.rollingUpdate.maxUnavailable ??= 1;
    spec.updateStrategy.rollingUpdate.maxSurge ??= 0;
  }
  spec.revisionHistoryLimit ??= 10;
  setTemplateDefaults(spec.template);
}

function validate({ spec }: DaemonSet): FieldError[] {
  if (spec === undefined) return [field.required('spec.selector'), field.required('spec.template')];
  return [
    ...validateSelector(spec.selector, 'spec.selector', 'daemonset'),
    ...validateTemplate(spec.template, spec.selector, 'spec.template', 'DaemonSet'),
    ...nonNegative(spec.minReadySeconds, 'spec.minReadySeconds'),
    ...validateStrategy(spec),
    ...nonNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit'),
  ];
}

const strategies = ['RollingUpdate', 'OnDelete'];

function validateStrategy({ updateStrategy = {} }: NonNullable<DaemonSet['spec']>): FieldError[] {
  const { type = '', rollingUpdate } = updateStrategy;
  if (type === 'OnDelete') return [];
  if (type !== 'RollingUpdate') return [field.notSupported('spec.updateStrategy', updateStrategy, strategies)];
  const path = 'spec.updateStrategy.rollingUpdate';
  if (rollingUpdate === undefined) return [field.required(path)];
  const { maxUnavailable, maxSurge } = rollingUpdate;
  const counts = [
    ['maxUnavailable', maxUnavailable],
    ['maxSurge', maxSurge],
  ] as const;
  const errors = counts.flatMap(([name, value]) => [
    ...countOrPercent(value, `${path}.${name}`),
    ...notMoreThanAll(value, `${path}.${name}`),
  ]);
  if (isZeroCount(maxUnavailable) && isZeroCount(maxSurge)) {
    errors.push(field.invalid(`${path}.maxUnavailable`, maxUnavailable, 'cannot be 0 when maxSurge is 0'));
  } else if (!isZeroCount(maxUnavailable) && !isZeroCount(maxSurge)) {
    errors.push(field.invalid(`${path}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero'));
  }
  return errors;
}

function validateStatus({ status }: DaemonSet): FieldError[] {
  const counts = [
    'currentNumberScheduled',
    'numberMisscheduled',
    'desiredNumberScheduled',
    'numberReady',
    'observedGeneration',
    'updatedNumberScheduled',
    'numberAvailable',
    'numberUnavailable',
    'collisionCount',
  ] as const;
  return statusCounts(status, counts);
}
