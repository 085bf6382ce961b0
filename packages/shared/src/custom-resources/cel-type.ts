import { type CelField, type CelType, escapeName, listOf, mapOf, type ObjectType, types } from '../cel/index.ts';
import { listAt, number, type Structural, text } from './structural.ts';

/** Bytes of a request: what bounds values that have no bound of their own. */
const MAX_REQUEST = 3 * 1024 * 1024;
/** Keys have no bound in schemas; what is estimated for them is what is usual. The budget at run time holds for all. */
const MAX_KEY = 1024;

/** The type of values in rules; undefined for values that rules cannot see (apiserver/pkg/cel/common SchemaDeclType). */
export function celType(schema: Structural, root: boolean, name = 'object'): CelType | undefined {
  if (schema.intOrString) return { kind: 'dyn', max: MAX_REQUEST - 2 };
  switch (root ? 'object' : schema.type) {
    case 'array':
      return listType(schema);
    case 'object':
      return schema.additional === undefined || root ? objectType(schema, root, name) : mapType(schema);
    case 'string':
      return stringType(schema);
    case 'boolean':
      return types.bool;
    case 'number':
      return types.double;
    case 'integer':
      return types.int;
    default:
      return undefined;
  }
}

function listType(schema: Structural): CelType | undefined {
  const element = schema.items && celType(schema.items, schema.items.embedded);
  if (element === undefined) return undefined;
  const most = number(schema.props, 'maxItems') ?? Math.floor((MAX_REQUEST - 2) / (leastSize(schema.items) + 1));
  const semantics =
    schema.listType === 'set' || schema.listType === 'map'
      ? { listType: schema.listType, keys: schema.listMapKeys }
      : {};
  return { ...listOf(element, most), ...semantics };
}

function mapType(schema: Structural): CelType | undefined {
  if (typeof schema.additional !== 'object') return undefined;
  const value = celType(schema.additional, schema.additional.embedded);
  if (value === undefined) return undefined;
  const most =
    number(schema.props, 'maxProperties') ?? Math.floor((MAX_REQUEST - 2) / (leastSize(schema.additional) + 6));
  return mapOf({ kind: 'string', max: MAX_KEY }, value, most);
}

function stringType({ props }: Structural): CelType {
  const format = text(props, 'format');
  const length = number(props, 'maxLength');
  switch (format) {
    case 'byte':
      return { kind: 'bytes', max: length ?? MAX_REQUEST - 2 };
    case 'duration':
      return types.duration;
    case 'date':
    case 'date-time':
      return types.timestamp;
    default: {
      const longest = listAt(props, 'enum').reduce<number>((most, one) => Math.max(most, String(one).length), 0);
      return { kind: 'string', max: longest || (length === undefined ? MAX_REQUEST - 2 : length * 4) };
    }
  }
}

function objectType(schema: Structural, root: boolean, name: string): ObjectType {
  const fields = new Map<string, CelField>();
  for (const [json, child] of schema.properties) {
    const type = celType(child, child.embedded, `${name}.${json}`);
    const escaped = escapeName(json);
    if (type !== undefined && escaped !== undefined) fields.set(escaped, { json, type });
  }
  if (root) addRootFields(fields, name);
  return { kind: 'object', name, fields };
}

/** Every object says what it is and what it is called, whatever its schema says. */
function addRootFields(fields: Map<string, CelField>, name: string): void {
  const string: CelType = { kind: 'string', max: 253 };
  for (const json of ['apiVersion', 'kind']) fields.set(json, { json, type: string });
  const own = ['name', 'generateName'].map((json) => [json, { json, type: string }] as const);
  fields.set('metadata', {
    json: 'metadata',
    type: { kind: 'object', name: `${name}.metadata`, fields: new Map(own) },
  });
}

/** The fewest bytes of JSON that a value has; what has a default need not be sent. */
export function leastSize(schema: Structural | undefined): number {
  switch (schema?.type) {
    case 'boolean':
      return 4;
    case 'string':
      return listAt(schema.props, 'enum').reduce<number>((least, one) => Math.min(least, String(one).length), 0) + 2;
    case 'array':
      return 2;
    case 'object':
      return schema.required.reduce((sum, name) => {
        const child = schema.properties.get(name);
        return child === undefined || child.default !== undefined ? sum : sum + name.length + 4 + leastSize(child);
      }, 2);
    default:
      return 1;
  }
}
