import type { FieldError } from '../errors/index.ts';
import { field } from '../registry/field.ts';
import { getKey, isObject, type JsonObject, jsonEqual } from '../schema/data.ts';
import { type Check, checksOf } from './checks.ts';
import { asObject, listAt, objectAt, type Structural, structuralOf } from './structural.ts';

/** Most errors that are told of one object. */
const MAX_ERRORS = 100;

/** Checks values against a structural schema. Made once for each version of a definition. */
export class SchemaValidator {
  readonly schema: Structural;
  readonly #checks: readonly Check[];
  readonly #properties: ReadonlyMap<string, SchemaValidator>;
  readonly #additional: SchemaValidator | undefined;
  readonly #items: SchemaValidator | undefined;
  readonly #logic: readonly Check[];

  /** Throws RegexError for a pattern that is none. */
  constructor(schema: Structural) {
    this.schema = schema;
    this.#checks = checksOf(schema);
    this.#properties = new Map([...schema.properties].map(([name, child]) => [name, new SchemaValidator(child)]));
    this.#additional = typeof schema.additional === 'object' ? new SchemaValidator(schema.additional) : undefined;
    this.#items = schema.items && new SchemaValidator(schema.items);
    this.#logic = logicOf(schema.props);
  }

  /** What is wrong with an object. With `old`, what has not changed is not judged again (KEP-4008). */
  validate(object: JsonObject, old?: JsonObject): FieldError[] {
    const errors: FieldError[] = [];
    this.#walk(object, old, '', errors);
    return errors;
  }

  /** What is wrong with a value at a place in an object. */
  errorsAt(value: unknown, path: string): FieldError[] {
    const errors: FieldError[] = [];
    this.#walk(value, undefined, path, errors);
    return errors;
  }

  #walk(value: unknown, old: unknown, path: string, errors: FieldError[]): void {
    if (errors.length >= MAX_ERRORS || (old !== undefined && jsonEqual(value, old))) return;
    const before = errors.length;
    for (const check of this.#checks) errors.push(...check(value, path));
    if (value === null || errors.length > before + 1) return;
    for (const check of this.#logic) errors.push(...check(value, path));
    if (Array.isArray(value)) this.#list(value, old, path, errors);
    else if (isObject(value)) this.#object(value, old, path, errors);
  }

  #object(value: JsonObject, old: unknown, path: string, errors: FieldError[]): void {
    const { required, embedded } = this.schema;
    for (const name of required)
      if (getKey(value, name) === undefined) errors.push(field.required(field.child(path, name)));
    if (embedded) errors.push(...embeddedErrors(value, path));
    const before = isObject(old) && this.schema.mapType !== 'atomic' ? old : undefined;
    for (const key of Object.keys(value)) {
      const property = this.#properties.get(key);
      const child = property ?? this.#additional;
      if (child === undefined) continue;
      child.#walk(value[key], before && getKey(before, key), field.child(path, key), errors);
    }
  }

  #list(value: readonly unknown[], old: unknown, path: string, errors: FieldError[]): void {
    const { listType, listMapKeys } = this.schema;
    if (listType === 'set' || listType === 'map')
      errors.push(...duplicates(value, listType === 'map' ? listMapKeys : undefined, path));
    if (this.#items === undefined) return;
    const before = correlated(this.schema, old);
    for (const [i, item] of value.entries()) this.#items.#walk(item, before?.(item), field.index(path, i), errors);
  }
}

/** The element of the old list that an element of the new one comes from, where elements have keys. */
export function correlated(
  { listType, listMapKeys, items }: Structural,
  old: unknown,
): ((item: unknown) => unknown) | undefined {
  if (listType !== 'map' || !Array.isArray(old)) return undefined;
  const byKey = new Map(old.map((item: unknown) => [keyOf(item, listMapKeys, items), item]));
  return (item) => byKey.get(keyOf(item, listMapKeys, items));
}

function keyOf(item: unknown, keys: readonly string[], items: Structural | undefined): string {
  const object = asObject(item);
  return JSON.stringify(keys.map((key) => getKey(object, key) ?? items?.properties.get(key)?.default ?? null));
}

function duplicates(list: readonly unknown[], keys: readonly string[] | undefined, path: string): FieldError[] {
  const seen = new Set<string>();
  const errors: FieldError[] = [];
  for (const [i, item] of list.entries()) {
    const object = asObject(item);
    const shown =
      keys === undefined
        ? item
        : Object.fromEntries(keys.filter((key) => Object.hasOwn(object, key)).map((key) => [key, object[key]]));
    const text = JSON.stringify(keys === undefined ? sorted(item) : keys.map((key) => getKey(object, key) ?? null));
    if (seen.has(text)) errors.push(field.duplicate(field.index(path, i), shown));
    seen.add(text);
  }
  return errors;
}

/** With keys in order, so that what is equal has one text. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  return Object.keys(value)
    .sort()
    .map((key) => [key, sorted(value[key])]);
}

function embeddedErrors(value: JsonObject, path: string): FieldError[] {
  return ['apiVersion', 'kind'].flatMap((name) => {
    const said = getKey(value, name);
    if (typeof said === 'string' && said !== '') return [];
    return [field.required(field.child(path, name), 'must not be empty')];
  });
}

function logicOf(props: JsonObject): Check[] {
  const checks: Check[] = [];
  const all = alternatives(props, 'allOf');
  if (all.length > 0) checks.push((value, path) => all.flatMap((one) => one(value, path)));
  const any = alternatives(props, 'anyOf');
  if (any.length > 0)
    checks.push((value, path) =>
      any.some((one) => one(value, path).length === 0)
        ? []
        : failed(value, path, 'must validate at least one schema (anyOf)'),
    );
  const one = alternatives(props, 'oneOf');
  if (one.length > 0) {
    checks.push((value, path) => {
      const valid = one.filter((check) => check(value, path).length === 0).length;
      if (valid === 1) return [];
      return failed(
        value,
        path,
        `must validate one and only one schema (oneOf). Found ${valid === 0 ? 'none' : valid} valid${valid > 1 ? ' alternatives' : ''}`,
      );
    });
  }
  const not = objectAt(props, 'not');
  if (Object.keys(not).length > 0) {
    const check = alternative(not);
    checks.push((value, path) =>
      check(value, path).length > 0 ? [] : failed(value, path, 'must not validate the schema (not)'),
    );
  }
  return checks;
}

const failed = (value: unknown, path: string, why: string): FieldError[] => [
  field.invalid(path, isObject(value) ? '' : value, `${path || '""'} ${why}`),
];

function alternatives(props: JsonObject, name: string): Check[] {
  return listAt(props, name).map((schema) => alternative(asObject(schema)));
}

function alternative(props: JsonObject): Check {
  const validator = new SchemaValidator(structuralOf(props));
  return (value, path) => validator.errorsAt(value, path);
}
