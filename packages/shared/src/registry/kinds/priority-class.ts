import type { FieldError } from '../../errors/index.ts';
import type { PriorityClass } from '../../schema/index.ts';
import { age, ageColumn, integer, nameColumn, text } from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';
import { field, immutable } from '../field.ts';

/** Above it is the system's (pkg/apis/scheduling HighestUserDefinablePriority). */
const highestForUsers = 1_000_000_000;

/** The priority classes every cluster has. */
export const systemPriorityClasses: readonly PriorityClass[] = [
  systemClass(
    'system-cluster-critical',
    2_000_000_000,
    'Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.',
  ),
  systemClass(
    'system-node-critical',
    2_000_001_000,
    'Used for system critical pods that must not be moved from their current node.',
  ),
];

function systemClass(name: string, value: number, description: string): PriorityClass {
  const apiVersion = 'scheduling.k8s.io/v1';
  return { apiVersion, kind: 'PriorityClass', metadata: { name }, value, description };
}

export const priorityClass: KindDeclaration<PriorityClass> = {
  kind: 'PriorityClass',
  plural: 'priorityclasses',
  singular: 'priorityclass',
  shortNames: ['pc'],
  scope: 'Cluster',
  versions: [{ group: 'scheduling.k8s.io', version: 'v1', schema: 'io.k8s.api.scheduling.v1.PriorityClass' }],
  strategy: {
    setDefaults(object) {
      object.value ??= 0;
      object.preemptionPolicy ??= 'PreemptLowerPriority';
    },
    prepareForCreate(object) {
      object.metadata.generation = 1;
    },
    validate,
    validateUpdate,
  },
  table: {
    columns: [
      nameColumn,
      integer('Value', 'The priority that pods get by the name of this class.'),
      {
        name: 'Global-Default',
        type: 'boolean',
        description: 'Whether it is the class of pods that name none.',
      },
      ageColumn,
      text('PreemptionPolicy', 'Whether pods of this class push out those of lower priority.'),
    ],
    cells: (object, now) => [
      object.metadata.name,
      object.value ?? 0,
      object.globalDefault ?? false,
      age(object, now),
      object.preemptionPolicy ?? '',
    ],
  },
};

const preemptionPolicies = ['Never', 'PreemptLowerPriority'];

function validate(object: PriorityClass): FieldError[] {
  const { metadata, value = 0, preemptionPolicy } = object;
  const errors: FieldError[] = [];
  if (metadata.name.startsWith('system-')) {
    const reason = systemErrors(object);
    if (reason !== undefined) {
      const why = `priority class names with 'system-' prefix are reserved for system use only. error: ${reason}`;
      errors.push(field.forbidden('metadata.name', why));
    }
  } else if (value > highestForUsers) {
    const why = `maximum allowed value of a user defined priority is ${highestForUsers}`;
    errors.push(field.forbidden('value', why));
  }
  if (preemptionPolicy === '') errors.push(field.required('preemptionPolicy'));
  else if (preemptionPolicy !== undefined && !preemptionPolicies.includes(preemptionPolicy)) {
    errors.push(field.notSupported('preemptionPolicy', preemptionPolicy, preemptionPolicies));
  }
  return errors;
}

function systemErrors({ metadata: { name }, value, globalDefault = false }: PriorityClass): string | undefined {
  const known = systemPriorityClasses.find(({ metadata }) => metadata.name === name);
  if (known === undefined) return `${name} is not a known system priority class`;
  if (value !== known.value) return `value of ${name} PriorityClass must be ${known.value}`;
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined;
}

function validateUpdate(object: PriorityClass, old: PriorityClass): FieldError[] {
  const errors: FieldError[] = [];
  if ((object.value ?? 0) !== (old.value ?? 0)) {
    errors.push(field.forbidden('value', 'may not be changed in an update.'));
  }
  if (object.preemptionPolicy !== old.preemptionPolicy) {
    errors.push(field.invalid('preemptionPolicy', object.preemptionPolicy, immutable));
  }
  return errors;
}
