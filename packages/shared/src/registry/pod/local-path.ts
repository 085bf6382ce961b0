import type { FieldError } from '../../errors/index.ts';
import { field } from '../field.ts';

/** A path inside something: relative and never leading out of it. */
export function localPath(value: string, where: string): FieldError[] {
  const errors: FieldError[] = [];
  if (value.startsWith('/')) errors.push(field.invalid(where, value, 'must be a relative path'));
  if (value.split('/').includes('..')) errors.push(field.invalid(where, value, "must not contain '..'"));
  return errors;
}
