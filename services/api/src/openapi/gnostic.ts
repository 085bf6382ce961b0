import type { OpenApiSchema } from './schemas.ts';

/** Protobuf messages of OpenAPI v2 (gnostic, openapiv2/OpenAPIv2.proto), by field number: what clients up to 1.26 validate with, and newer ones for Lists. */
type Value = string | boolean | Uint8Array;

/** One message; fields in the order given, undefined ones left out. */
export function message(...fields: readonly (readonly [number, Value | undefined])[]): Buffer {
  return Buffer.concat(fields.flatMap(([number, value]) => (value === undefined ? [] : field(number, value))));
}

function field(number: number, value: Value): Uint8Array[] {
  if (typeof value === 'boolean') return [varint(number * 8), varint(value ? 1 : 0)];
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return [varint(number * 8 + 2), varint(bytes.length), bytes];
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

/** A repeated field. */
export const all = (number: number, values: Iterable<Value>): [number, Value][] =>
  [...values].map((value) => [number, value]);

export const named = (name: string, value: Uint8Array): Buffer => message([1, name], [2, value]);

/** Any value as YAML, of which JSON is a part. */
const any = (value: unknown): Buffer => message([2, JSON.stringify(value)]);

/** Extensions of an object, as NamedAny. */
export function extensions(object: OpenApiSchema): Buffer[] {
  return Object.entries(object)
    .filter(([name]) => name.startsWith('x-'))
    .map(([name, value]) => named(name, any(value)));
}

/** A schema of OpenAPI 3.0 as a v2 Schema message. */
export function schemaMessage(schema: OpenApiSchema): Buffer {
  const [inner] = (schema['allOf'] ?? []) as OpenApiSchema[];
  const ref = (inner ?? schema)['$ref'];
  if (typeof ref === 'string') return message([1, ref.replace('#/components/schemas/', '#/definitions/')]);
  const { format, type, required, items, additionalProperties, properties, default: value, oneOf } = schema;
  // A choice of types is not known to v2; upstream calls it a string there.
  const typeName = oneOf === undefined ? type : 'string';
  return message(
    [2, format as string | undefined],
    [5, value === undefined ? undefined : any(value)],
    ...all(19, (required ?? []) as string[]),
    ...all(20, ((schema['enum'] ?? []) as unknown[]).map(any)),
    [
      21,
      additionalProperties === undefined
        ? undefined
        : message([1, schemaMessage(additionalProperties as object as OpenApiSchema)]),
    ],
    [22, typeName === undefined ? undefined : message([1, typeName as string])],
    [23, items === undefined ? undefined : message([1, schemaMessage(items as OpenApiSchema)])],
    [25, properties === undefined ? undefined : namedSchemas(properties as Record<string, OpenApiSchema>)],
    ...all(31, extensions(schema)),
  );
}

/** Properties and Definitions are the same message. */
export function namedSchemas(schemas: Readonly<Record<string, OpenApiSchema>>): Buffer {
  return message(
    ...all(
      1,
      Object.entries(schemas).map(([name, schema]) => named(name, schemaMessage(schema))),
    ),
  );
}
