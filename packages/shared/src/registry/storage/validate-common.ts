import type { FieldError } from '../../errors/index.ts';
import { names, parseQuantity } from '../../object/index.ts';
import { field } from '../field.ts';
import { quantityErrors } from '../pod/validate-resources.ts';

const modes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
const volumeModes = ['Block', 'Filesystem'];

export function accessModeErrors(list: readonly string[] = [], where: string): FieldError[] {
  const errors = list.filter((mode) => !modes.includes(mode)).map((mode) => field.notSupported(where, mode, modes));
  if (list.includes('ReadWriteOncePod') && list.some((mode) => mode !== 'ReadWriteOncePod')) {
    errors.push(field.forbidden(where, 'may not use ReadWriteOncePod with other access modes'));
  }
  return errors;
}

export function volumeModeErrors(mode: string | undefined, where: string): FieldError[] {
  return mode === undefined || volumeModes.includes(mode) ? [] : [field.notSupported(where, mode, volumeModes)];
}

export function classNameErrors(name: string, where: string): FieldError[] {
  return field.invalids(where, name, names.dnsSubdomain(name));
}

export function positiveErrors(quantity: string | number, where: string): FieldError[] {
  const errors = quantityErrors(quantity, where);
  if (errors.length > 0 || parseQuantity(quantity).nano > 0n) return errors;
  return [field.invalid(where, String(quantity), 'must be greater than zero')];
}

const MAX_PARAMETERS = 512;
const MAX_PARAMETER_BYTES = 256 * 1024;

export function parameterErrors(parameters: Readonly<Record<string, string>> = {}, where: string): FieldError[] {
  const entries = Object.entries(parameters);
  const errors: FieldError[] = [];
  if (entries.length > MAX_PARAMETERS) errors.push(field.tooLong(where, MAX_PARAMETERS));
  if (entries.some(([key]) => key === '')) errors.push(field.invalid(where, '', 'field can not be empty.'));
  const size = entries.reduce((sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value), 0);
  if (size > MAX_PARAMETER_BYTES) errors.push(field.tooLong(where, MAX_PARAMETER_BYTES));
  return errors;
}

/** The name of a driver or provisioner. */
export function provisionerErrors(name: string | undefined, where: string): FieldError[] {
  if (!name) return [field.required(where, name ?? '')];
  return field.invalids(where, name, names.qualifiedName(name.toLowerCase()));
}

export function forbiddenUpdate(name: string): FieldError {
  return field.forbidden(name, `updates to ${name} are forbidden.`);
}
