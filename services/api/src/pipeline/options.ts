import { type FieldError, invalid } from '@kubus/shared/errors';
import { field } from '@kubus/shared/registry';

/** Query parameters; only own, string-valued ones count. */
export type Query = Readonly<Record<string, string>> | undefined;

type FieldValidation = 'Ignore' | 'Warn' | 'Strict';

/** meta.k8s.io/v1 CreateOptions, UpdateOptions and PatchOptions. */
export interface WriteOptions {
  dryRun: boolean;
  /** Who is recorded in managedFields; never ''. */
  fieldManager: string;
  fieldValidation: FieldValidation;
  /** Of an apply: take over the fields of others. */
  force: boolean;
}

const MAX_MANAGER = 128;

export function parameter(query: Query, name: string): string | undefined {
  return query !== undefined && Object.hasOwn(query, name) ? query[name] : undefined;
}

export function booleanParameter(query: Query, name: string): boolean | undefined {
  const value = parameter(query, name);
  return value === undefined ? undefined : value !== '0' && value.toLowerCase() !== 'false';
}

/** Throws Invalid, worded for `kind`, naming everything that is wrong with the parameters. `apply` asks for a named manager. */
export function writeOptions(
  query: Query,
  userAgent: string,
  kind: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions',
  apply = false,
): WriteOptions {
  if (query === undefined && !apply) return { ...defaults, fieldManager: managerOf(userAgent) };
  const manager = parameter(query, 'fieldManager') ?? '';
  const validation = parameter(query, 'fieldValidation') ?? '';
  const dryRun = parameter(query, 'dryRun') ?? '';
  const errors = [...managerErrors(manager), ...dryRunErrors(dryRun), ...validationErrors(validation)];
  if (apply && manager === '') errors.unshift(field.required('fieldManager', 'is required for apply patch'));
  const force = booleanParameter(query, 'force');
  if (kind === 'PatchOptions' && !apply && force !== undefined) {
    errors.unshift(field.forbidden('force', 'may not be specified for non-apply patch'));
  }
  refuse(kind, errors);
  return {
    dryRun: dryRun !== '',
    fieldManager: manager === '' ? managerOf(userAgent) : manager,
    fieldValidation: validation === '' ? 'Warn' : (validation as FieldValidation),
    force: force ?? false,
  };
}

const defaults = { dryRun: false, fieldValidation: 'Warn', force: false } as const;

/** The field manager of a client that names none: its user agent up to the first '/' (apiserver/pkg/endpoints/handlers managerOrUserAgent). */
function managerOf(userAgent: string): string {
  const [product = ''] = userAgent.split('/', 1);
  return product.slice(0, MAX_MANAGER) || 'unknown';
}

export function dryRunErrors(dryRun: string): FieldError[] {
  return dryRun === '' || dryRun === 'All' ? [] : [field.notSupported('dryRun', [dryRun], ['All'])];
}

function managerErrors(manager: string): FieldError[] {
  const errors = Buffer.byteLength(manager) > MAX_MANAGER ? [field.tooLong('fieldManager', MAX_MANAGER)] : [];
  let position = 0;
  for (const character of manager) {
    if (/[\p{C}\p{Z}]/u.test(character) && character !== ' ') {
      const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
      errors.push(field.invalid('fieldManager', manager, `invalid character U+${code} (at position ${position})`));
    }
    position += Buffer.byteLength(character);
  }
  return errors;
}

function validationErrors(validation: string): FieldError[] {
  if (['', 'Ignore', 'Warn', 'Strict'].includes(validation)) return [];
  return [field.notSupported('fieldValidation', validation, ['', 'Ignore', 'Strict', 'Warn'])];
}

/** Throws when there are errors, in the name of an options kind. */
export function refuse(kind: string, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind, name: '' }, errors);
}
