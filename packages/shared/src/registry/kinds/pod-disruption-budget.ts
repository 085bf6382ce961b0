import type { FieldError } from '../../errors/index.ts';
import type { PodDisruptionBudget } from '../../schema/index.ts';
import { age, ageColumn, integer, nameColumn, text } from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';
import { field } from '../field.ts';
import { statusSubresource } from '../status.ts';
import { countOrPercent, nonNegative, notMoreThanAll, validateLabelSelector } from '../workload.ts';

const schema = 'io.k8s.api.policy.v1.PodDisruptionBudget';
const responds = { group: 'policy', version: 'v1', kind: 'PodDisruptionBudget' };

export const podDisruptionBudget: KindDeclaration<PodDisruptionBudget> = {
  kind: 'PodDisruptionBudget',
  plural: 'poddisruptionbudgets',
  singular: 'poddisruptionbudget',
  shortNames: ['pdb'],
  scope: 'Namespaced',
  versions: [{ group: 'policy', version: 'v1', schema }],
  strategy: { hasStatus: true, hasGeneration: true, takesShortFinalizers: true, validate },
  subresources: [statusSubresource<PodDisruptionBudget>(responds, schema, { validate: validateStatus })],
  table: {
    columns: [
      nameColumn,
      text('Min Available', 'The minimum number of pods that must be available.'),
      text('Max Unavailable', 'The maximum number of pods that may be unavailable.'),
      integer('Allowed Disruptions', 'Calculated number of pods that may be disrupted at this time.'),
      ageColumn,
    ],
    cells: (object, now) => [
      object.metadata.name,
      String(object.spec?.minAvailable ?? 'N/A'),
      String(object.spec?.maxUnavailable ?? 'N/A'),
      object.status?.disruptionsAllowed ?? 0,
      age(object, now),
    ],
  },
};

const evictionPolicies = ['AlwaysAllow', 'IfHealthyBudget'];

function validate({ spec }: PodDisruptionBudget): FieldError[] {
  if (spec === undefined) return [];
  const { minAvailable, maxUnavailable, unhealthyPodEvictionPolicy: policy } = spec;
  const errors: FieldError[] = [];
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    errors.push(field.invalid('spec', spec, 'minAvailable and maxUnavailable cannot be both set'));
  }
  for (const name of ['minAvailable', 'maxUnavailable'] as const) {
    const where = `spec.${name}`;
    errors.push(...countOrPercent(spec[name], where), ...notMoreThanAll(spec[name], where));
  }
  errors.push(...validateLabelSelector(spec.selector, 'spec.selector'));
  if (policy !== undefined && !evictionPolicies.includes(policy)) {
    errors.push(field.notSupported('spec.unhealthyPodEvictionPolicy', policy, evictionPolicies));
  }
  return errors;
}

const counts = ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const;

function validateStatus({ status }: PodDisruptionBudget): FieldError[] {
  return counts.flatMap((name) => nonNegative(status?.[name], `status.${name}`));
}
