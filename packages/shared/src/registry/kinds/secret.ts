import type { FieldError } from '../../errors/index.ts';
import { equal } from '../../object/equal.ts';
import { names } from '../../object/index.ts';
import type { Secret } from '../../schema/index.ts';
import { age, ageColumn, nameColumn, text } from '../columns.ts';
import type { KindDeclaration } from '../contract.ts';
import { field, immutable } from '../field.ts';

/** Bytes of all values together. */
const MAX_DATA = 1024 * 1024;

/** Keys that secrets of a type must have (core/v1 SecretType). */
const requiredKeys: ReadonlyMap<string, readonly string[]> = new Map([
  ['kubernetes.io/dockercfg', ['.dockercfg']],
  ['kubernetes.io/dockerconfigjson', ['.dockerconfigjson']],
  ['kubernetes.io/ssh-auth', ['ssh-privatekey']],
  ['kubernetes.io/tls', ['tls.crt', 'tls.key']],
]);

export const secret: KindDeclaration<Secret> = {
  kind: 'Secret',
  plural: 'secrets',
  singular: 'secret',
  scope: 'Namespaced',
  versions: [{ group: '', version: 'v1', schema: 'io.k8s.api.core.v1.Secret' }],
  strategy: { setDefaults, validate, validateUpdate },
  table: {
    columns: [
      nameColumn,
      text('Type', 'Used to facilitate programmatic handling of secret data.'),
      text('Data', 'The number of keys and values.'),
      ageColumn,
    ],
    cells: (object, now) => [
      object.metadata.name,
      object.type ?? '',
      Object.keys(object.data ?? {}).length,
      age(object, now),
    ],
  },
  fields: { type: (object) => object.type ?? '' },
};

/** `stringData` is for writing alone: its values go into `data`. */
function setDefaults(object: Secret): void {
  object.type ||= 'Opaque';
  const plain = Object.entries(object.stringData ?? {});
  delete object.stringData;
  if (plain.length === 0) return;
  const encoded = plain.map(([key, value]) => [key, Buffer.from(value).toString('base64')] as const);
  object.data = Object.fromEntries([...Object.entries(object.data ?? {}), ...encoded]);
}

function validate({ data = {}, type = '', metadata }: Secret): FieldError[] {
  const errors: FieldError[] = [];
  let size = 0;
  for (const [key, value] of Object.entries(data)) {
    errors.push(...field.invalids(field.key('data', key), key, names.configMapKey(key)));
    size += Buffer.byteLength(value, 'base64');
  }
  if (size > MAX_DATA) errors.push(field.tooLong('data', MAX_DATA));
  for (const key of requiredKeys.get(type) ?? []) {
    if (!Object.hasOwn(data, key)) errors.push(field.required(field.key('data', key)));
    else if (key.startsWith('.docker') && !isJsonObject(data[key])) {
      errors.push(field.invalid(field.key('data', key), '<secret contents redacted>', 'must be a JSON object'));
    }
  }
  if (type === 'kubernetes.io/basic-auth' && !Object.hasOwn(data, 'username') && !Object.hasOwn(data, 'password')) {
    errors.push(field.required('data[username]'), field.required('data[password]'));
  }
  if (type === 'kubernetes.io/service-account-token') {
    const name = metadata.annotations?.['kubernetes.io/service-account.name'];
    if (!name) errors.push(field.required('metadata.annotations[kubernetes.io/service-account.name]'));
  }
  return errors;
}

/** Says no more than that: what a parser complains of is a part of the secret. */
function isJsonObject(base64 = ''): boolean {
  try {
    const value: unknown = JSON.parse(Buffer.from(base64, 'base64').toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

function validateUpdate(object: Secret, old: Secret): FieldError[] {
  const errors: FieldError[] = [];
  if (object.type !== old.type) errors.push(field.invalid('type', object.type ?? '', immutable));
  if (old.immutable !== true) return errors;
  if (object.immutable !== true) {
    errors.push(field.forbidden('immutable', 'field is immutable when `immutable` is set'));
  }
  if (!equal(object.data, old.data)) {
    errors.push(field.forbidden('data', 'field is immutable when `immutable` is set'));
  }
  return errors;
}
