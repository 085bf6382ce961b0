import type { FieldError } from '../../errors/index.ts';
import { equal } from '../../object/equal.ts';
import type { PersistentVolumeClaim, StatefulSet } from '../../schema/index.ts';
import { age, ageColumn, containerCells, containersColumn, imagesColumn, nameColumn, text } from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';
import { field } from '../field.ts';
import { labelName } from '../metadata.ts';
import { templateWarnings } from '../pod/warnings.ts';
import { workloadScale } from '../scale.ts';
import { statusSubresource } from '../status.ts';
import {
  countOrPercent,
  isZeroCount,
  nonNegative,
  notMoreThanAll,
  setTemplateDefaults,
  statusCounts,
  validateSelector,
  validateTemplate,
  withinReplicas,
} from '../workload.ts';

const schema = 'io.k8s.api.apps.v1.StatefulSet';
const responds = { group: 'apps', version: 'v1', kind: 'StatefulSet' };

export const statefulSet: KindDeclaration<StatefulSet> = {
  kind: 'StatefulSet',
  plural: 'statefulsets',
  singular: 'statefulset',
  shortNames: ['sts'],
  categories: ['all'],
  scope: 'Namespaced',
  versions: [{ group: 'apps', version: 'v1', schema }],
  strategy: {
    hasStatus: true,
    hasGeneration: true,
    warnings: ({ spec }) => templateWarnings(spec?.template, 'spec.template'),
    // The name is part of the host names of its pods.
    validateName: labelName,
    setDefaults,
    validate,
    validateUpdate,
  },
  subresources: [
    workloadScale<StatefulSet>(),
    statusSubresource<StatefulSet>(responds, schema, { validate: validateStatus }),
  ],
  table: {
    columns: [
      nameColumn,
      text('Ready', 'Number of the pod with ready state'),
      ageColumn,
      containersColumn,
      imagesColumn,
    ],
    cells: (object, now) => [
      object.metadata.name,
      `${object.status?.readyReplicas ?? 0}/${object.spec?.replicas ?? 0}`,
      age(object, now),
      ...containerCells(object.spec?.template?.spec?.containers ?? []),
    ],
  },
};

function setDefaults({ spec }: StatefulSet): void {
  if (spec === undefined) return;
  spec.podManagementPolicy ||= 'OrderedReady';
  spec.updateStrategy ??= {};
  if (!spec.updateStrategy.type) {
    spec.updateStrategy.type = 'RollingUpdate';
    spec.updateStrategy.rollingUpdate ??= {};
  }
  if (spec.updateStrategy.type === 'RollingUpdate' && spec.updateStrategy.rollingUpdate !== undefined) {
    spec.updateStrategy.rollingUpdate.partition ??= 0;
    spec.updateStrategy.rollingUpdate.maxUnavailable ??= 1;
  }
  spec.persistentVolumeClaimRetentionPolicy ??= {};
  spec.persistentVolumeClaimRetentionPolicy.whenDeleted ||= 'Retain';
  spec.persistentVolumeClaimRetentionPolicy.whenScaled ||= 'Retain';
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= 10;
  for (const claim of spec.volumeClaimTemplates ?? []) setClaimDefaults(claim);
  setTemplateDefaults(spec.template);
}

function setClaimDefaults(claim: PersistentVolumeClaim): void {
  claim.apiVersion ||= 'v1';
  claim.kind ||= 'PersistentVolumeClaim';
  claim.status ??= {};
  claim.status.phase ||= 'Pending';
  if (claim.spec !== undefined) claim.spec.volumeMode ??= 'Filesystem';
}

const policies = ['OrderedReady', 'Parallel'];
const updateStrategies = ['RollingUpdate', 'OnDelete'];
const retention = ['Delete', 'Retain'];

function validate({ spec }: StatefulSet): FieldError[] {
  if (spec === undefined) return [field.required('spec.selector'), field.required('spec.template')];
  return [
    ...validatePodManagement(spec),
    ...validateUpdateStrategy(spec),
    ...validateRetention(spec),
    ...nonNegative(spec.replicas, 'spec.replicas'),
    ...nonNegative(spec.minReadySeconds, 'spec.minReadySeconds'),
    ...nonNegative(spec.ordinals?.start, 'spec.ordinals.start'),
    ...nonNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit'),
    ...validateSelector(spec.selector, 'spec.selector', 'statefulset'),
    ...validateTemplate(spec.template, spec.selector, 'spec.template', 'StatefulSet'),
  ];
}

type Spec = NonNullable<StatefulSet['spec']>;

function validatePodManagement({ podManagementPolicy: policy = '' }: Spec): FieldError[] {
  const where = 'spec.podManagementPolicy';
  if (policy === '') return [field.required(where)];
  return policies.includes(policy)
    ? []
    : [field.invalid(where, policy, `must be '${policies[0]}' or '${policies[1]}'`)];
}

function validateUpdateStrategy({ updateStrategy = {} }: Spec): FieldError[] {
  const path = 'spec.updateStrategy';
  const { type = '', rollingUpdate } = updateStrategy;
  if (type === '') return [field.required(path)];
  if (!updateStrategies.includes(type)) {
    return [field.invalid(path, updateStrategy, "must be 'RollingUpdate' or 'OnDelete'")];
  }
  if (rollingUpdate === undefined) return [];
  if (type === 'OnDelete') {
    const why = "only allowed for updateStrategy 'RollingUpdate'";
    return [field.invalid(`${path}.rollingUpdate`, rollingUpdate, why)];
  }
  const { partition, maxUnavailable } = rollingUpdate;
  const where = `${path}.rollingUpdate.maxUnavailable`;
  const errors = nonNegative(partition, `${path}.rollingUpdate.partition`);
  errors.push(...countOrPercent(maxUnavailable, where));
  if (maxUnavailable !== undefined && isZeroCount(maxUnavailable)) {
    errors.push(field.invalid(where, maxUnavailable, 'cannot be 0'));
  }
  return [...errors, ...notMoreThanAll(maxUnavailable, where)];
}

function validateRetention({ persistentVolumeClaimRetentionPolicy: policy }: Spec): FieldError[] {
  if (policy === undefined) return [];
  return (['whenDeleted', 'whenScaled'] as const).flatMap((name) => {
    const value = policy[name] ?? '';
    if (retention.includes(value)) return [];
    return [field.notSupported(`spec.persistentVolumeClaimRetentionPolicy.${name}`, value, retention)];
  });
}

/** Beside these nothing of a spec changes. */
const mutable: ReadonlySet<string> = new Set([
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
]);

function validateUpdate(object: StatefulSet, old: StatefulSet): FieldError[] {
  const now = (object.spec ?? {}) as unknown as Record<string, unknown>;
  const before = (old.spec ?? {}) as unknown as Record<string, unknown>;
  const names = [...new Set([...Object.keys(now), ...Object.keys(before)])].filter((name) => !mutable.has(name));
  if (names.every((name) => equal(now[name], before[name]))) return [];
  const why =
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
  return [field.forbidden('spec', why)];
}

function validateStatus({ status }: StatefulSet): FieldError[] {
  const counts = ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'] as const;
  const all = ['replicas', ...counts, 'observedGeneration', 'collisionCount'] as const;
  return [...statusCounts(status, all), ...withinReplicas(status, counts, 'status.readyReplicas')];
}
