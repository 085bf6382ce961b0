import {
  type CustomResourceDefinition,
  type DefinitionCondition,
  type DefinitionNames,
  type DefinitionStatus,
  isTrue,
} from './definition.ts';

/**
 * The status that a definition is to have: which of its names are accepted, and whether it is established. `others` are the definitions of its group as far as they
 * were committed before; undefined while an earlier one of them that wants the same names has not been decided about: it comes first.
 */
export function nextStatus(
  definition: CustomResourceDefinition,
  others: readonly CustomResourceDefinition[],
  now: string,
): DefinitionStatus | undefined {
  const undecided = others.filter((other) => conditionOf(other, 'NamesAccepted') === undefined);
  if (undecided.some((other) => isEarlier(other, definition) && wantsSame(other, definition))) return undefined;
  const { accepted, conflict } = acceptNames(definition, others);
  const conditions = new Map((definition.status?.conditions ?? []).map((condition) => [condition.type, condition]));
  const set = (type: string, status: 'True' | 'False', reason: string, message: string): void => {
    const old = conditions.get(type);
    const lastTransitionTime =
      old?.status === status && old.lastTransitionTime !== undefined ? old.lastTransitionTime : now;
    conditions.set(type, { ...old, type, status, lastTransitionTime, reason, message });
  };
  if (conflict === undefined) set('NamesAccepted', 'True', 'NoConflicts', 'no conflicts found');
  else set('NamesAccepted', 'False', conflict.reason, conflict.message);
  if (conflict === undefined)
    set('Established', 'True', 'InitialNamesAccepted', 'the initial names have been accepted');
  else if (!isTrue(definition, 'Established')) set('Established', 'False', 'NotAccepted', 'not all names are accepted');
  setApproval(definition, set);
  return { ...definition.status, conditions: [...conditions.values()], acceptedNames: accepted };
}

function isEarlier(a: CustomResourceDefinition, b: CustomResourceDefinition): boolean {
  const [left, right] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? ''];
  return left === right ? a.metadata.name < b.metadata.name : left < right;
}

/** Whether one of them could keep a name from the other. */
function wantsSame({ spec: { names: a } }: CustomResourceDefinition, { spec: { names: b } }: CustomResourceDefinition) {
  const resources = resourceNames(a);
  const kinds = kindNames(a);
  return resourceNames(b).some((name) => resources.includes(name)) || kindNames(b).some((name) => kinds.includes(name));
}

const resourceNames = ({ plural, singular, shortNames = [] }: DefinitionNames): string[] =>
  [plural, singular ?? '', ...shortNames].filter((name) => name !== '');
const kindNames = ({ kind, listKind }: DefinitionNames): string[] =>
  [kind, listKind ?? ''].filter((name) => name !== '');

function conditionOf({ status }: CustomResourceDefinition, type: string): DefinitionCondition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

interface Accepted {
  accepted: DefinitionNames;
  conflict: { reason: string; message: string } | undefined;
}

function acceptNames(
  { spec, status }: CustomResourceDefinition,
  others: readonly CustomResourceDefinition[],
): Accepted {
  const taken = others.map((other) => other.status?.acceptedNames).filter((names) => names !== undefined);
  const resources = new Set(taken.flatMap(resourceNames));
  const kinds = new Set(taken.flatMap(kindNames));
  const old = status?.acceptedNames;
  const accepted: DefinitionNames = { plural: old?.plural ?? '', kind: old?.kind ?? '', ...old };
  let conflict: Accepted['conflict'];
  const refuse = (name: string, reason: string): void => {
    conflict = { reason, message: `${JSON.stringify(name)} is already in use` };
  };
  const accept = (
    field: 'plural' | 'singular' | 'kind' | 'listKind',
    used: ReadonlySet<string>,
    reason: string,
  ): void => {
    const wanted = spec.names[field];
    if (!wanted) return;
    if (used.has(wanted)) refuse(wanted, reason);
    else accepted[field] = wanted;
  };
  accept('plural', resources, 'PluralConflict');
  accept('singular', resources, 'SingularConflict');
  const short = (spec.names.shortNames ?? []).find((name) => resources.has(name));
  if (short !== undefined) refuse(short, 'ShortNamesConflict');
  else if (spec.names.shortNames !== undefined) accepted.shortNames = spec.names.shortNames;
  else delete accepted.shortNames;
  accept('kind', kinds, 'KindConflict');
  accept('listKind', kinds, 'ListKindConflict');
  if (spec.names.categories !== undefined) accepted.categories = spec.names.categories;
  else delete accepted.categories;
  return { accepted, conflict };
}

function setApproval(
  { metadata, spec }: CustomResourceDefinition,
  set: (type: string, status: 'True' | 'False', reason: string, message: string) => void,
): void {
  if (!/(?:^|\.)(?:k8s|kubernetes)\.io$/.test(spec.group)) return;
  const said = metadata.annotations?.['api-approved.kubernetes.io'] ?? '';
  const type = 'KubernetesAPIApprovalPolicyConformant';
  if (said.startsWith('unapproved'))
    set(type, 'False', 'UnapprovedAnnotation', `not approved: ${JSON.stringify(said)}`);
  else set(type, 'True', 'ApprovedAnnotation', `approved in ${said}`);
}
