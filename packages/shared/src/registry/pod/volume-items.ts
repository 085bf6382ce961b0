import type { FieldError } from '../../errors/index.ts';
import type { KeyToPath } from '../../schema/index.ts';
import { field } from '../field.ts';
import { localPath } from './local-path.ts';

/** What files in volumes have in common: names, keys, paths, modes. */

interface Keyed {
  defaultMode?: number;
  items?: readonly KeyToPath[];
}

/** A source that is an object's data: the object has a name, items have their keys and paths. */
export function named(name: string | undefined, at: string, source: Keyed, where: string): FieldError[] {
  const errors = name ? [] : [field.required(at)];
  if (source.defaultMode !== undefined) errors.push(...validateMode(source.defaultMode, `${where}.defaultMode`));
  for (const [i, item] of (source.items ?? []).entries()) {
    const itemAt = `${where}.items[${i}]`;
    if (!item.key) errors.push(field.required(`${itemAt}.key`));
    if (!item.path) errors.push(field.required(`${itemAt}.path`));
    else errors.push(...itemPath(item.path, `${itemAt}.path`));
    if (item.mode !== undefined) errors.push(...validateMode(item.mode, `${itemAt}.mode`));
  }
  return errors;
}

export function itemPath(value: string, where: string): FieldError[] {
  const errors = localPath(value, where);
  if (value.startsWith('..')) errors.push(field.invalid(where, value, "must not start with '..'"));
  return errors;
}

export function validateMode(mode: number, where: string): FieldError[] {
  if (mode >= 0 && mode <= 0o777) return [];
  const why = 'must be a number between 0 and 0777 (octal), both inclusive';
  return [field.invalid(where, mode, why)];
}
