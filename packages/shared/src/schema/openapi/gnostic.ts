import { isObject } from '../data.ts';
import { Writer } from '../protobuf/writer.ts';
import type { OpenApiObject } from './contract.ts';

/**
 * OpenAPI v2 in the protobuf form that kubectl asks for (google/gnostic openapiv2/OpenAPIv2.proto). Only what Kubernetes' documents use is written;
 * vendor extensions and defaults are YAML inside, of which JSON is a part.
 */
export function encodeGnostic(document: OpenApiObject): Buffer {
  const writer = new Writer();
  writer.string(1, String(document['swagger']));
  writer.bytes(2, encodeInfo(objectOf(document['info'])));
  const paths = new Writer();
  for (const [path, item] of entriesOf(document['paths'])) paths.bytes(2, named(path, encodePathItem(objectOf(item))));
  writer.bytes(8, paths.finish());
  writer.bytes(9, encodeSchemas(document['definitions']));
  return writer.finish();
}

function encodeInfo(info: OpenApiObject): Buffer {
  const writer = new Writer();
  writer.string(1, String(info['title']));
  writer.string(2, String(info['version']));
  return writer.finish();
}

const methods: ReadonlyMap<string, number> = new Map([
  ['get', 2],
  ['put', 3],
  ['post', 4],
  ['delete', 5],
  ['patch', 8],
]);

function encodePathItem(item: OpenApiObject): Buffer {
  const writer = new Writer();
  for (const [method, number] of methods) {
    const operation = item[method];
    if (isObject(operation)) writer.bytes(number, encodeOperation(operation));
  }
  for (const parameter of listOf(item['parameters'])) writer.bytes(9, encodeParameter(objectOf(parameter)));
  return writer.finish();
}

function encodeOperation(operation: OpenApiObject): Buffer {
  const writer = new Writer();
  if (typeof operation['operationId'] === 'string') writer.string(5, operation['operationId']);
  for (const type of listOf(operation['consumes'])) writer.string(7, String(type));
  for (const parameter of listOf(operation['parameters'])) writer.bytes(8, encodeParameter(objectOf(parameter)));
  writer.bytes(9, encodeResponses(objectOf(operation['responses'])));
  writeExtensions(writer, 13, operation);
  return writer.finish();
}

/** ParametersItem > Parameter > BodyParameter, or NonBodyParameter > its place. */
function encodeParameter(parameter: OpenApiObject): Buffer {
  const writer = new Writer();
  const place = String(parameter['in']);
  if (place === 'body') {
    writer.string(2, String(parameter['name']));
    writer.string(3, place);
    writer.bytes(5, encodeSchema(objectOf(parameter['schema'])));
    return wrap(1, wrap(1, writer.finish()));
  }
  if (parameter['required'] === true) writer.varint(1, 1);
  writer.string(2, place);
  writer.string(4, String(parameter['name']));
  writer.string(place === 'path' ? 5 : 6, String(parameter['type']));
  return wrap(1, wrap(2, wrap(place === 'path' ? 4 : 3, writer.finish())));
}

function encodeResponses(responses: OpenApiObject): Buffer {
  const writer = new Writer();
  for (const [code, response] of Object.entries(responses)) {
    const value = new Writer();
    value.string(1, String(objectOf(response)['description']));
    value.bytes(2, wrap(1, encodeSchema(objectOf(objectOf(response)['schema']))));
    writer.bytes(1, named(code, wrap(1, value.finish())));
  }
  return writer.finish();
}

function encodeSchema(schema: OpenApiObject): Buffer {
  const writer = new Writer();
  if (typeof schema['$ref'] === 'string') writer.string(1, schema['$ref']);
  if (typeof schema['format'] === 'string') writer.string(2, schema['format']);
  if (typeof schema['description'] === 'string') writer.string(4, schema['description']);
  if (schema['default'] !== undefined) writer.bytes(5, anyOf(schema['default']));
  for (const name of listOf(schema['required'])) writer.string(19, String(name));
  for (const value of listOf(schema['enum'])) writer.bytes(20, anyOf(value));
  if (isObject(schema['additionalProperties'])) writer.bytes(21, wrap(1, encodeSchema(schema['additionalProperties'])));
  if (typeof schema['type'] === 'string') writer.bytes(22, textMessage(1, schema['type']));
  if (isObject(schema['items'])) writer.bytes(23, wrap(1, encodeSchema(schema['items'])));
  if (isObject(schema['properties'])) writer.bytes(25, encodeSchemas(schema['properties']));
  writeExtensions(writer, 31, schema);
  return writer.finish();
}

/** Definitions and properties alike: a list of named schemas. */
function encodeSchemas(schemas: unknown): Buffer {
  const writer = new Writer();
  for (const [name, schema] of entriesOf(schemas)) writer.bytes(1, named(name, encodeSchema(objectOf(schema))));
  return writer.finish();
}

function writeExtensions(writer: Writer, number: number, source: OpenApiObject): void {
  for (const [key, value] of Object.entries(source)) {
    if (key.startsWith('x-')) writer.bytes(number, named(key, anyOf(value)));
  }
}

function named(name: string, value: Buffer): Buffer {
  const writer = new Writer();
  writer.string(1, name);
  writer.bytes(2, value);
  return writer.finish();
}

const anyOf = (value: unknown): Buffer => textMessage(2, `${JSON.stringify(value)}\n`);

function textMessage(number: number, text: string): Buffer {
  const writer = new Writer();
  writer.string(number, text);
  return writer.finish();
}

function wrap(number: number, message: Buffer): Buffer {
  const writer = new Writer();
  writer.bytes(number, message);
  return writer.finish();
}

const objectOf = (value: unknown): OpenApiObject => (isObject(value) ? value : {});
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const entriesOf = (value: unknown): [string, unknown][] => Object.entries(objectOf(value));
