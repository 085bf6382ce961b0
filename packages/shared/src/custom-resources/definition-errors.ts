import type { FieldError } from '../errors/index.ts';
import { equal } from '../object/equal.ts';
import { names } from '../object/index.ts';
import { field, immutable } from '../registry/field.ts';
import { type CustomResourceDefinition, type DefinitionNames, type DefinitionSpec, isTrue } from './definition.ts';
import { conversionErrors, versionErrors } from './version-errors.ts';

/** What is wrong with a definition (apiextensions-apiserver/pkg/apis/apiextensions/validation). `old`: its former state, of which unchanged schemas are not judged again. */
export function definitionErrors(definition: CustomResourceDefinition, old?: CustomResourceDefinition): FieldError[] {
  const { metadata, spec } = definition;
  const errors = specErrors(spec, old?.spec);
  if (metadata.name !== `${spec.names.plural}.${spec.group}`) {
    errors.unshift(field.invalid('metadata.name', metadata.name, 'must be spec.names.plural+"."+spec.group'));
  }
  return [...errors, ...approvalErrors(definition)];
}

/** What may not change in a definition. */
export function definitionUpdateErrors(
  definition: CustomResourceDefinition,
  old: CustomResourceDefinition,
): FieldError[] {
  const { spec } = definition;
  const { group, names: before }: Partial<DefinitionSpec> = old.spec ?? {};
  const errors: FieldError[] = [];
  const same = (path: string, value: unknown, before: unknown): void => {
    if (!equal(value, before)) errors.push(field.invalid(path, value, immutable));
  };
  if (isTrue(old, 'Established')) {
    same('spec.scope', spec.scope, old.spec.scope);
    same('spec.names.kind', spec.names.kind, before?.kind);
  }
  same('spec.group', spec.group, group);
  same('spec.names.plural', spec.names.plural, before?.plural);
  return [...errors, ...storedVersionErrors(definition)];
}

/** Versions in which objects are stored have to stay in the definition. */
export function storedVersionErrors({ spec, status }: CustomResourceDefinition): FieldError[] {
  const known = new Set(spec.versions.map(({ name }) => name));
  const stored = status?.storedVersions ?? [];
  const errors = stored.flatMap((name, i) =>
    known.has(name)
      ? []
      : [
          field.invalid(
            `status.storedVersions[${i}]`,
            name,
            'missing from spec.versions; v1 was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in v1 and removes v1 from status.storedVersions'.replaceAll(
              'v1',
              name,
            ),
          ),
        ],
  );
  const storage = spec.versions.find((version) => version.storage)?.name;
  if (stored.length > 0 && storage !== undefined && !stored.includes(storage)) {
    errors.push(field.invalid('status.storedVersions', stored, `must have the storage version ${storage}`));
  }
  return errors;
}

function specErrors(spec: DefinitionSpec, old: DefinitionSpec | undefined): FieldError[] {
  const errors: FieldError[] = [...groupErrors(spec.group)];
  if (!spec.scope) errors.push(field.required('spec.scope'));
  else if (spec.scope !== 'Cluster' && spec.scope !== 'Namespaced') {
    errors.push(field.notSupported('spec.scope', spec.scope, ['Cluster', 'Namespaced']));
  }
  if (spec.preserveUnknownFields === true) {
    const why =
      'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead';
    errors.push(field.invalid('spec.preserveUnknownFields', true, why));
  }
  errors.push(...versionsErrors(spec));
  for (const [i, version] of spec.versions.entries()) {
    const before = old?.versions.find(({ name }) => name === version.name);
    errors.push(...versionErrors(version, `spec.versions[${i}]`, before));
  }
  for (const name of ['plural', 'singular', 'kind', 'listKind'] as const) {
    if (!spec.names[name]) errors.push(field.required(`spec.names.${name}`));
  }
  return [...errors, ...namesErrors(spec.names, 'spec.names'), ...conversionErrors(spec.conversion)];
}

function groupErrors(group: string): FieldError[] {
  if (!group) return [field.required('spec.group')];
  const reasons = names.dnsSubdomain(group);
  if (reasons.length > 0) return [field.invalid('spec.group', group, reasons.join(','))];
  return group.includes('.') ? [] : [field.invalid('spec.group', group, 'should be a domain with at least one dot')];
}

function versionsErrors({ versions }: DefinitionSpec): FieldError[] {
  const errors: FieldError[] = [];
  for (const [i, { name }] of versions.entries()) {
    const reasons = names.dns1035Label(name);
    if (reasons.length > 0) errors.push(field.invalid(`spec.versions[${i}].name`, name, reasons.join(',')));
  }
  const shown = versions.map(({ name }) => name);
  if (new Set(shown).size !== shown.length)
    errors.push(field.invalid('spec.versions', shown, 'must contain unique version names'));
  if (versions.filter(({ storage }) => storage).length !== 1) {
    errors.push(field.invalid('spec.versions', shown, 'must have exactly one version marked as storage version'));
  }
  return errors;
}

/** Names that are given must be names. */
function namesErrors(given: DefinitionNames, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const label = (value: string | undefined, where: string, mixed = false): void => {
    const reasons = value ? names.dns1035Label(mixed ? value.toLowerCase() : value) : [];
    const prefix = mixed ? 'may have mixed case, but should otherwise match: ' : '';
    if (reasons.length > 0) errors.push(field.invalid(`${path}.${where}`, value, prefix + reasons.join(',')));
  };
  label(given.plural, 'plural');
  label(given.singular, 'singular');
  label(given.kind, 'kind', true);
  label(given.listKind, 'listKind', true);
  for (const [i, name] of (given.shortNames ?? []).entries()) label(name, `shortNames[${i}]`);
  for (const [i, name] of (given.categories ?? []).entries()) label(name, `categories[${i}]`);
  if (given.kind && given.kind === given.listKind) {
    errors.push(field.invalid(`${path}.listKind`, given.listKind, 'kind and listKind may not be the same'));
  }
  return errors;
}

const approval = 'api-approved.kubernetes.io';

/** Kubernetes' own groups (KEP-1111, "protected groups"). */
function approvalErrors({ metadata, spec }: CustomResourceDefinition): FieldError[] {
  if (!/(?:^|\.)(?:k8s|kubernetes)\.io$/.test(spec.group)) return [];
  const said = metadata.annotations?.[approval];
  const where = `metadata.annotations[${approval}]`;
  const see = 'see https://github.com/kubernetes/enhancements/pull/1111';
  if (!said) return [field.required(where, `protected groups must have approval annotation "${approval}", ${see}`)];
  if (said.startsWith('unapproved') || URL.canParse(said)) return [];
  return [
    field.invalid(
      where,
      said,
      `protected groups must have approval annotation "${approval}" with either a URL or a reason starting with "unapproved", ${see}`,
    ),
  ];
}
