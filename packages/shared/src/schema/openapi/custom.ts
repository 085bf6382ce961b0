import type { GroupVersionKind } from '../../object/index.ts';
import { isObject } from '../data.ts';
import type { Dialect, OpenApiObject } from './contract.ts';

/**
 * The definition of a custom resource: what its author wrote, with the fields that every object has, `common`, there and in the objects that are embedded in it
 * (apiextensions-apiserver/pkg/controller/openapi).
 */
export function customDefinition(
  schema: Readonly<OpenApiObject>,
  common: OpenApiObject,
  kinds: readonly GroupVersionKind[] | undefined,
  dialect: Dialect,
): OpenApiObject {
  const gvk = kinds === undefined ? {} : { 'x-kubernetes-group-version-kind': kinds };
  // Of a part of the fields clients that check by version 2 conclude that there are no others.
  if (dialect === 'v2' && keepsUnknown(schema)) return { type: 'object', ...gvk };
  const own = withEmbedded(dialect === 'v2' ? forV2(schema) : schema, common);
  return { ...own, properties: { ...propertiesOf(own), ...common }, ...gvk };
}

const keepsUnknown = (schema: Readonly<OpenApiObject>): boolean =>
  schema['x-kubernetes-preserve-unknown-fields'] === true;

const propertiesOf = (schema: Readonly<OpenApiObject>): OpenApiObject =>
  isObject(schema['properties']) ? schema['properties'] : {};

/** The schema with each schema in it that describes a part of the value (fields, elements, values) replaced by what `change` makes of it. */
function mapParts(schema: Readonly<OpenApiObject>, change: (part: OpenApiObject) => OpenApiObject): OpenApiObject {
  const changed = { ...schema };
  for (const key of ['items', 'additionalProperties']) {
    if (isObject(changed[key])) changed[key] = change(changed[key]);
  }
  if (isObject(changed['properties'])) {
    const entries = Object.entries(changed['properties']);
    changed['properties'] = Object.fromEntries(
      entries.map(([name, part]) => [name, isObject(part) ? change(part) : part]),
    );
  }
  return changed;
}

/** Without what version 2 has no words for, and what kubectl misreads in it: there, who names a part of the fields or a type forbids everything else. */
function forV2(schema: Readonly<OpenApiObject>): OpenApiObject {
  const { allOf, anyOf, oneOf, not, default: _, nullable, ...rest } = schema;
  const kept: OpenApiObject = rest;
  if (nullable === true || keepsUnknown(schema)) {
    delete kept['items'];
    delete kept['properties'];
  }
  const untyped = nullable === true || (kept['type'] === 'array' && kept['items'] === undefined);
  if (untyped || (kept['type'] === 'object' && keepsUnknown(schema))) delete kept['type'];
  const required = requiredInV2(kept);
  if (required.length === 0) delete kept['required'];
  else kept['required'] = required;
  return mapParts(kept, forV2);
}

/** What may be null cannot be required of those who know no null. */
function requiredInV2(schema: Readonly<OpenApiObject>): unknown[] {
  const isNullable = (part: unknown): boolean => isObject(part) && part['nullable'] === true;
  if (!Array.isArray(schema['required']) || isNullable(schema['additionalProperties'])) return [];
  const properties = propertiesOf(schema);
  return schema['required'].filter((name: string) => !Object.hasOwn(properties, name) || !isNullable(properties[name]));
}

function withEmbedded(schema: Readonly<OpenApiObject>, common: OpenApiObject): OpenApiObject {
  const whole = mapParts(schema, (part) => withEmbedded(part, common));
  const { type } = whole;
  if (whole['x-kubernetes-embedded-resource'] !== true || type !== 'object') return whole;
  const required = Array.isArray(whole['required']) ? whole['required'] : [];
  return {
    ...whole,
    properties: { ...propertiesOf(whole), ...common },
    required: [...new Set([...required, 'kind', 'apiVersion'])],
  };
}
