import type { GroupResource, KubeObject } from '../object/index.ts';
import { qosClass } from '../registry/index.ts';
import type {
  PersistentVolumeClaim,
  Pod,
  ResourceQuotaSpec,
  ScopedResourceSelectorRequirement,
} from '../schema/index.ts';

/** Whether an object counts for a quota: all of its scopes have to hold, and kinds that know no scopes count for quotas without any. */
export function isCovered(spec: ResourceQuotaSpec | undefined, kind: GroupResource, object: KubeObject): boolean {
  const requirements = requirementsOf(spec);
  if (requirements.length === 0) return true;
  if (kind.group !== '') return false;
  if (kind.resource === 'pods') return requirements.every((requirement) => podHolds(requirement, object as Pod));
  if (kind.resource === 'persistentvolumeclaims') {
    return requirements.every((requirement) => claimHolds(requirement, object as PersistentVolumeClaim));
  }
  return false;
}

function requirementsOf(spec: ResourceQuotaSpec | undefined): ScopedResourceSelectorRequirement[] {
  const plain = (spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists' }));
  return [...plain, ...(spec?.scopeSelector?.matchExpressions ?? [])];
}

function podHolds(requirement: ScopedResourceSelectorRequirement, pod: Pod): boolean {
  switch (requirement.scopeName) {
    case 'Terminating':
      return isTerminating(pod);
    case 'NotTerminating':
      return !isTerminating(pod);
    case 'BestEffort':
      return qosClass(pod) === 'BestEffort';
    case 'NotBestEffort':
      return qosClass(pod) !== 'BestEffort';
    case 'PriorityClass':
      return holds(requirement, pod.spec?.priorityClassName ?? '');
    case 'CrossNamespacePodAffinity':
      return usesOtherNamespaces(pod);
    default:
      return false;
  }
}

function claimHolds(requirement: ScopedResourceSelectorRequirement, { spec, status }: PersistentVolumeClaim): boolean {
  if (requirement.scopeName !== 'VolumeAttributesClass') return false;
  const names = [spec?.volumeAttributesClassName, status?.currentVolumeAttributesClassName];
  return names.some((name) => holds(requirement, name ?? ''));
}

/** It is meant to end by itself. */
function isTerminating({ spec }: Pod): boolean {
  return spec?.activeDeadlineSeconds !== undefined;
}

function holds({ operator, values = [] }: ScopedResourceSelectorRequirement, name: string): boolean {
  switch (operator) {
    case 'In':
      return name !== '' && values.includes(name);
    case 'NotIn':
      return !values.includes(name);
    case 'Exists':
      return name !== '';
    default:
      return name === '';
  }
}

function usesOtherNamespaces({ spec }: Pod): boolean {
  const { podAffinity, podAntiAffinity } = spec?.affinity ?? {};
  return [podAffinity, podAntiAffinity].some((affinity) =>
    [
      ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
      ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(
        ({ podAffinityTerm }) => podAffinityTerm,
      ),
    ].some(({ namespaces = [], namespaceSelector }) => namespaces.length > 0 || namespaceSelector !== undefined),
  );
}
