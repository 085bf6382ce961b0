import type { FieldError } from '../../errors/index.ts';
import { equal } from '../../object/equal.ts';
import { names } from '../../object/index.ts';
import type { ConfigMap } from '../../schema/index.ts';
import { age, ageColumn, nameColumn, text } from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';
import { field } from '../field.ts';

/** Bytes of all values together. */
const MAX_DATA = 1024 * 1024;

export const configMap: KindDeclaration<ConfigMap> = {
  kind: 'ConfigMap',
  plural: 'configmaps',
  singular: 'configmap',
  shortNames: ['cm'],
  scope: 'Namespaced',
  versions: [{ group: '', version: 'v1', schema: 'io.k8s.api.core.v1.ConfigMap' }],
  strategy: { validate, validateUpdate },
  table: {
    columns: [nameColumn, text('Data', 'The number of keys and values.'), ageColumn],
    cells: (object, now) => [object.metadata.name, count(object), age(object, now)],
  },
};

function count({ data, binaryData }: ConfigMap): number {
  return Object.keys(data ?? {}).length + Object.keys(binaryData ?? {}).length;
}

function validate({ data = {}, binaryData = {} }: ConfigMap): FieldError[] {
  const errors: FieldError[] = [];
  let size = 0;
  for (const [key, value] of Object.entries(data)) {
    errors.push(...field.invalids(field.key('data', key), key, names.configMapKey(key)));
    if (Object.hasOwn(binaryData, key)) {
      const why = `duplicate of key present in binaryData`;
      errors.push(field.invalid(field.key('data', key), key, why));
    }
    size += Buffer.byteLength(value);
  }
  for (const [key, value] of Object.entries(binaryData)) {
    errors.push(...field.invalids(field.key('binaryData', key), key, names.configMapKey(key)));
    size += Buffer.byteLength(value, 'base64');
  }
  if (size > MAX_DATA) errors.push(field.tooLong('', MAX_DATA));
  return errors;
}

function validateUpdate(object: ConfigMap, old: ConfigMap): FieldError[] {
  if (old.immutable !== true) return [];
  const errors: FieldError[] = [];
  if (object.immutable !== true) {
    errors.push(field.forbidden('immutable', 'field is immutable when `immutable` is set'));
  }
  for (const name of ['data', 'binaryData'] as const) {
    if (!equal(object[name], old[name])) {
      errors.push(field.forbidden(name, 'field is immutable when `immutable` is set'));
    }
  }
  return errors;
}
