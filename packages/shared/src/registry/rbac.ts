import type { FieldError } from '../errors/index.ts';
import { equal } from '../object/equal.ts';
import type { KubeObject } from '../object/index.ts';
import { names } from '../object/index.ts';
import type { PolicyRule, RoleRef, Subject } from '../schema/index.ts';
import { age, ageColumn, nameColumn, text } from './columns.ts';
import type { TableColumns } from './contract.ts';
import { field } from './field.ts';

/** What the kinds of rbac.authorization.k8s.io have in common. */

export const rbacGroup = 'rbac.authorization.k8s.io';

interface Binding extends KubeObject {
  subjects?: Subject[];
  roleRef: RoleRef;
}

export const roleColumns: TableColumns = {
  columns: [nameColumn, { name: 'Created At', type: 'date', description: 'When the server created the object.' }],
  cells: (object) => [object.metadata.name, object.metadata.creationTimestamp ?? null],
};

export const bindingColumns: TableColumns<Binding> = {
  columns: [
    nameColumn,
    text('Role', 'The role that is bound.'),
    ageColumn,
    text('Users', 'Users that are bound.', 1),
    text('Groups', 'Groups that are bound.', 1),
    text('ServiceAccounts', 'Service accounts that are bound.', 1),
  ],
  cells: (object, now) => [
    object.metadata.name,
    `${object.roleRef.kind}/${object.roleRef.name}`,
    age(object, now),
    subjectsCell(object, 'User'),
    subjectsCell(object, 'Group'),
    subjectsCell(object, 'ServiceAccount'),
  ],
};

function subjectsCell({ subjects = [] }: Binding, kind: string): string {
  return subjects
    .filter((subject) => subject.kind === kind)
    .map(({ namespace, name }) => (kind === 'ServiceAccount' ? `${namespace}/${name}` : name))
    .join(', ');
}

/** Rules of a role; only a ClusterRole may speak of paths (pkg/apis/rbac/validation ValidatePolicyRule). */
export function validateRules(rules: readonly PolicyRule[] | undefined | null, namespaced: boolean): FieldError[] {
  return (rules ?? []).flatMap((rule, i) => validateRule(rule, `rules[${i}]`, namespaced));
}

function validateRule(rule: PolicyRule, where: string, namespaced: boolean): FieldError[] {
  const { verbs = [], apiGroups = [], resources = [], resourceNames = [], nonResourceURLs = [] } = rule;
  const errors: FieldError[] = [];
  if (verbs.length === 0) errors.push(field.required(`${where}.verbs`, 'verbs must contain at least one value'));
  if (nonResourceURLs.length > 0) {
    if (namespaced) {
      const why = 'namespaced rules cannot apply to non-resource URLs';
      errors.push(field.invalid(`${where}.nonResourceURLs`, nonResourceURLs, why));
    }
    if (apiGroups.length + resources.length + resourceNames.length > 0) {
      const why = 'rules cannot apply to both regular resources and non-resource URLs';
      errors.push(field.invalid(`${where}.nonResourceURLs`, nonResourceURLs, why));
    }
    return errors;
  }
  if (apiGroups.length === 0) {
    errors.push(field.required(`${where}.apiGroups`, 'resource rules must supply at least one api group'));
  }
  if (resources.length === 0) {
    errors.push(field.required(`${where}.resources`, 'resource rules must supply at least one resource'));
  }
  return errors;
}

/** Rules of a binding; a ClusterRoleBinding can only name a ClusterRole. */
export function validateBinding({ roleRef, subjects = [] }: Binding, namespaced: boolean): FieldError[] {
  const errors: FieldError[] = [];
  if (roleRef?.apiGroup !== rbacGroup) {
    errors.push(field.notSupported('roleRef.apiGroup', roleRef?.apiGroup ?? '', [rbacGroup]));
  }
  const kinds = namespaced ? ['Role', 'ClusterRole'] : ['ClusterRole'];
  if (!kinds.includes(roleRef?.kind ?? '')) {
    errors.push(field.notSupported('roleRef.kind', roleRef?.kind ?? '', kinds));
  }
  if (!roleRef?.name) errors.push(field.required('roleRef.name'));
  else errors.push(...field.invalids('roleRef.name', roleRef.name, names.pathSegmentName(roleRef.name)));
  return [...errors, ...subjects.flatMap((subject, i) => validateSubject(subject, `subjects[${i}]`, namespaced))];
}

function validateSubject(
  { kind, apiGroup = '', name, namespace }: Subject,
  where: string,
  namespaced: boolean,
): FieldError[] {
  const errors: FieldError[] = name ? [] : [field.required(`${where}.name`)];
  switch (kind) {
    case 'ServiceAccount':
      if (name) errors.push(...field.invalids(`${where}.name`, name, names.dnsSubdomain(name)));
      if (apiGroup !== '') errors.push(field.notSupported(`${where}.apiGroup`, apiGroup, ['']));
      if (!namespaced && !namespace) errors.push(field.required(`${where}.namespace`));
      return errors;
    case 'User':
    case 'Group':
      if (apiGroup !== rbacGroup) errors.push(field.notSupported(`${where}.apiGroup`, apiGroup, [rbacGroup]));
      return errors;
    default:
      return [...errors, field.notSupported(`${where}.kind`, kind, ['ServiceAccount', 'User', 'Group'])];
  }
}

export function validateBindingUpdate(object: Binding, old: Binding): FieldError[] {
  return equal(object.roleRef, old.roleRef) ? [] : [field.invalid('roleRef', object.roleRef, 'cannot change roleRef')];
}

/** The groups that names are of when nothing is said (pkg/apis/rbac/v1 defaults). */
export function setBindingDefaults({ roleRef, subjects = [] }: Binding): void {
  if (roleRef !== undefined) roleRef.apiGroup ||= rbacGroup;
  for (const subject of subjects) {
    if (subject.kind === 'User' || subject.kind === 'Group') subject.apiGroup ||= rbacGroup;
  }
}
