import type { FieldError } from '../errors/index.ts';
import { linearRegex, RegexError } from '../regex/index.ts';
import { field } from '../registry/field.ts';
import { getKey, isObject, type JsonObject } from '../schema/data.ts';
import { asObject, listAt, objectAt, type Structural, structuralOf, text } from './structural.ts';
import { SchemaValidator } from './validator.ts';

const supported = ['array', 'boolean', 'integer', 'number', 'object', 'string'];
const notServed = ['id', '$schema', '$ref', 'definitions', 'dependencies', 'patternProperties', 'additionalItems'];
/** What may stand in the structure alone, not in alternatives. */
const structureOnly = ['type', 'default', 'nullable', 'title', 'description', 'additionalProperties'];
const extensions = [
  'x-kubernetes-preserve-unknown-fields',
  'x-kubernetes-embedded-resource',
  'x-kubernetes-int-or-string',
  'x-kubernetes-list-type',
  'x-kubernetes-list-map-keys',
  'x-kubernetes-map-type',
];
const child = field.child;

/** What keeps a schema from being structural (KEP-1111), and what its keywords must not say. */
export function structuralErrors(props: JsonObject, path: string): FieldError[] {
  const errors = new SchemaErrors();
  errors.visit(props, path, 'root');
  const schema = structuralOf(props);
  errors.list.push(...metadataErrors(schema, path));
  return errors.list.length > 0 ? errors.list : defaultErrors(schema, path);
}

type Place = 'root' | 'field' | 'item';

class SchemaErrors {
  readonly list: FieldError[] = [];

  visit(props: JsonObject, path: string, place: Place): void {
    this.#type(props, path, place);
    this.#keywords(props, path);
    this.#extensions(props, path);
    for (const [name, schema] of Object.entries(objectAt(props, 'properties'))) {
      this.visit(asObject(schema), `${child(path, 'properties')}[${name}]`, 'field');
    }
    const items = getKey(props, 'items');
    if (isObject(items)) this.visit(items, child(path, 'items'), 'item');
    const additional = getKey(props, 'additionalProperties');
    if (isObject(additional)) this.visit(additional, child(path, 'additionalProperties'), 'field');
    for (const name of ['allOf', 'anyOf', 'oneOf']) {
      for (const [i, schema] of listAt(props, name).entries())
        this.#alternative(asObject(schema), props, `${child(path, name)}[${i}]`, text(props, 'type'));
    }
    const not = objectAt(props, 'not');
    if (Object.keys(not).length > 0) this.#alternative(not, props, child(path, 'not'), '');
  }

  #type(props: JsonObject, path: string, place: Place): void {
    const type = text(props, 'type');
    const where = child(path, 'type');
    const isAny =
      getKey(props, 'x-kubernetes-int-or-string') === true ||
      getKey(props, 'x-kubernetes-preserve-unknown-fields') === true;
    if (type !== '' && !supported.includes(type)) this.list.push(field.notSupported(where, type, supported));
    if (place === 'root') {
      if (type === '') this.list.push(field.required(where, 'must not be empty at the root'));
      else if (type !== 'object') this.list.push(field.invalid(where, type, 'must be object at the root'));
    } else if (type === '' && !isAny) {
      this.list.push(
        field.required(where, `must not be empty for specified ${place === 'item' ? 'array items' : 'object fields'}`),
      );
    }
    if (type === 'array' && getKey(props, 'items') === undefined)
      this.list.push(field.required(child(path, 'items'), 'must be specified'));
  }

  #keywords(props: JsonObject, path: string): void {
    const forbid = (name: string, why: string): void => void this.list.push(field.forbidden(child(path, name), why));
    for (const name of notServed) if (getKey(props, name) !== undefined) forbid(name, `${name} is not supported`);
    if (getKey(props, 'uniqueItems') === true) {
      forbid('uniqueItems', 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic');
    }
    const additional = getKey(props, 'additionalProperties');
    if (additional !== undefined && getKey(props, 'properties') !== undefined && !(additional === true)) {
      forbid('additionalProperties', 'additionalProperties and properties are mutual exclusive');
    } else if (additional === false) forbid('additionalProperties', 'additionalProperties cannot be set to false');
    if (Array.isArray(getKey(props, 'items'))) forbid('items', 'items must be a schema object and not an array');
    this.#pattern(props, path);
  }

  #pattern(props: JsonObject, path: string): void {
    try {
      const pattern = text(props, 'pattern');
      if (pattern !== '') linearRegex(pattern);
    } catch (error) {
      if (!(error instanceof RegexError)) throw error;
      const why = `must be a valid regular expression, but isn't: ${error.message}`;
      this.list.push(field.invalid(child(path, 'pattern'), text(props, 'pattern'), why));
    }
  }

  #extensions(props: JsonObject, path: string): void {
    const type = text(props, 'type');
    const at = (name: string): string => child(path, name);
    const is = (name: string): boolean => getKey(props, name) === true;
    if (getKey(props, 'x-kubernetes-preserve-unknown-fields') === false) {
      this.list.push(field.invalid(at('x-kubernetes-preserve-unknown-fields'), false, 'must be true or undefined'));
    }
    if (is('x-kubernetes-int-or-string') && type !== '') {
      this.list.push(field.invalid(at('type'), type, 'must be empty if x-kubernetes-int-or-string is true'));
    }
    if (is('x-kubernetes-embedded-resource')) {
      if (type !== 'object')
        this.list.push(field.invalid(at('type'), type, 'must be object if x-kubernetes-embedded-resource is true'));
      if (!is('x-kubernetes-preserve-unknown-fields') && Object.keys(objectAt(props, 'properties')).length === 0) {
        const why =
          'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields';
        this.list.push(field.required(at('properties'), why));
      }
    }
    this.#listType(props, type, at);
    const mapType = text(props, 'x-kubernetes-map-type');
    if (mapType === '') return;
    if (type !== 'object')
      this.list.push(field.invalid(at('type'), type, 'must be object if x-kubernetes-map-type is specified'));
    if (!['atomic', 'granular'].includes(mapType))
      this.list.push(field.notSupported(at('x-kubernetes-map-type'), mapType, ['atomic', 'granular']));
  }

  #listType(props: JsonObject, type: string, at: (name: string) => string): void {
    const listType = text(props, 'x-kubernetes-list-type');
    const keys = listAt(props, 'x-kubernetes-list-map-keys') as string[];
    if (listType !== '' && type !== 'array')
      this.list.push(field.invalid(at('type'), type, 'must be array if x-kubernetes-list-type is specified'));
    if (listType !== '' && !['atomic', 'map', 'set'].includes(listType)) {
      this.list.push(field.notSupported(at('x-kubernetes-list-type'), listType, ['atomic', 'map', 'set']));
    }
    if (keys.length > 0 && listType !== 'map') {
      const why = 'must be map if x-kubernetes-list-map-keys is non-empty';
      this.list.push(
        listType === ''
          ? field.required(at('x-kubernetes-list-type'), why)
          : field.invalid(at('x-kubernetes-list-type'), listType, why),
      );
    }
    const items = objectAt(props, 'items');
    if (listType === 'set' && ['object', 'array'].includes(text(items, 'type'))) this.#setOfContainers(items, at);
    if (listType !== 'map') return;
    if (keys.length === 0)
      this.list.push(
        field.required(at('x-kubernetes-list-map-keys'), 'must not be empty if x-kubernetes-list-type is map'),
      );
    if (text(items, 'type') !== 'object')
      this.list.push(
        field.invalid(
          child(at('items'), 'type'),
          text(items, 'type'),
          "must be object if parent array's x-kubernetes-list-type is map",
        ),
      );
    for (const [i, key] of keys.entries())
      this.#mapKey(items, key, field.index(at('x-kubernetes-list-map-keys'), i), at('items'));
  }

  #setOfContainers(items: JsonObject, at: (name: string) => string): void {
    const atomic =
      text(items, 'x-kubernetes-map-type') === 'atomic' ||
      ['', 'atomic'].includes(text(items, 'x-kubernetes-list-type'));
    if (text(items, 'type') === 'array' ? atomic : text(items, 'x-kubernetes-map-type') === 'atomic') return;
    const why = `must be atomic as item of a list with x-kubernetes-list-type=set`;
    this.list.push(
      field.invalid(
        child(at('items'), `x-kubernetes-${text(items, 'type') === 'array' ? 'list' : 'map'}-type`),
        null,
        why,
      ),
    );
  }

  #mapKey(items: JsonObject, key: string, path: string, itemsPath: string): void {
    const property = getKey(objectAt(items, 'properties'), key);
    if (!isObject(property)) {
      this.list.push(field.invalid(path, key, 'entries must all be names of item properties'));
      return;
    }
    const where = `${child(itemsPath, 'properties')}[${key}]`;
    if (['array', 'object'].includes(text(property, 'type'))) {
      this.list.push(
        field.invalid(
          child(where, 'type'),
          text(property, 'type'),
          "must be a scalar type if parent array's x-kubernetes-list-type is map",
        ),
      );
    }
    const isGiven = listAt(items, 'required').includes(key) || getKey(property, 'default') !== undefined;
    const why = 'this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property';
    if (!isGiven) this.list.push(field.required(child(where, 'default'), why));
  }

  /** Alternatives constrain values; the structure is not theirs to say. */
  #alternative(props: JsonObject, spine: JsonObject, path: string, parentType: string): void {
    const intOrString = getKey(spine, 'x-kubernetes-int-or-string') === true;
    for (const name of [...structureOnly, ...extensions]) {
      const value = getKey(props, name);
      if (value === undefined || value === false || (name === 'type' && intOrString)) continue;
      this.list.push(field.forbidden(child(path, name), 'must be empty to be structural'));
    }
    this.#pattern(props, path);
    for (const [name, schema] of Object.entries(objectAt(props, 'properties'))) {
      const own = getKey(objectAt(spine, 'properties'), name);
      const where = `${child(path, 'properties')}[${name}]`;
      if (!isObject(own)) {
        const structure = `${path.replace(/\.(?:allOf|anyOf|oneOf|not)\b.*$/, '')}.properties[${name}]`;
        this.list.push(field.required(structure, `because it is defined in ${where}`));
      } else this.#alternative(asObject(schema), own, where, parentType);
    }
    const items = getKey(props, 'items');
    if (isObject(items)) this.#alternative(items, objectAt(spine, 'items'), child(path, 'items'), parentType);
    for (const name of ['allOf', 'anyOf', 'oneOf']) {
      for (const [i, schema] of listAt(props, name).entries())
        this.#alternative(asObject(schema), spine, `${child(path, name)}[${i}]`, parentType);
    }
    const not = objectAt(props, 'not');
    if (Object.keys(not).length > 0) this.#alternative(not, spine, child(path, 'not'), parentType);
  }
}

/** Metadata is Kubernetes'; of names one may ask more. */
function metadataErrors({ properties }: Structural, path: string): FieldError[] {
  const metadata = properties.get('metadata');
  if (metadata === undefined) return [];
  const { properties: _, type: _type, description: _description, ...rest } = metadata.props;
  const others = [...metadata.properties.keys()].filter((name) => name !== 'name' && name !== 'generateName');
  const where = `${child(path, 'properties')}[metadata]`;
  if (others.length === 0 && Object.keys(rest).length === 0) return [];
  return [
    field.forbidden(
      where,
      'must not specify anything other than name and generateName, but metadata is implicitly specified',
    ),
  ];
}

function defaultErrors(schema: Structural, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const where = child(path, 'default');
  if (schema.default !== undefined) errors.push(...new SchemaValidator(schema).errorsAt(schema.default, where));
  for (const [name, property] of schema.properties)
    errors.push(...defaultErrors(property, `${child(path, 'properties')}[${name}]`));
  if (schema.items !== undefined) errors.push(...defaultErrors(schema.items, child(path, 'items')));
  if (typeof schema.additional === 'object')
    errors.push(...defaultErrors(schema.additional, child(path, 'additionalProperties')));
  return errors;
}
