import { isObject, type JsonObject } from '../data.ts';
import type { ScalarType } from '../facts.ts';
import type { Field, SchemaNode, StructNode } from '../node.ts';
import { zeroValue } from '../zero.ts';
import { Writer } from './writer.ts';

/** A value in the form that `decodeObject` gives, as the bytes that Go would write for it. */
export function encodeMessage(value: JsonObject, node: StructNode): Buffer {
  const writer = new Writer();
  for (const [number, wire] of node.wire.entries()) {
    if (wire === undefined) continue;
    if ('inline' in wire) writer.bytes(number, encodeMessage(value, wire.inline));
    else writeField(writer, number, wire.field, value[wire.field.name]);
  }
  return writer.finish();
}

/** Go writes every field that is no pointer, list or map, whether set or not. */
function writeField(writer: Writer, number: number, field: Field, value: unknown): void {
  const { node } = field;
  if (node.kind === 'list' && node.wrapped !== true) {
    for (const element of listOf(value)) writeValue(writer, number, node.element, element);
  } else if (node.kind === 'map') {
    for (const key of Object.keys(objectOf(value)).sort()) {
      const entry = new Writer();
      entry.string(1, key);
      writeValue(entry, 2, node.element, objectOf(value)[key]);
      writer.bytes(number, entry.finish());
    }
  } else if (value !== undefined && value !== null) writeValue(writer, number, node, value);
  else if (!field.pointer && isValueInGo(node)) writeValue(writer, number, node, zeroValue(node));
}

/** Byte slices can be nil. */
const isValueInGo = (node: SchemaNode): boolean => node.kind !== 'scalar' || node.scalar !== 'bytes';

function writeValue(writer: Writer, number: number, node: SchemaNode, value: unknown): void {
  if (node.kind === 'scalar') writeScalar(writer, number, node.scalar, value);
  else if (node.kind === 'struct') writer.bytes(number, encodeMessage(objectOf(value), node));
  else if (node.kind === 'list') {
    const message = new Writer();
    for (const element of listOf(value)) writeValue(message, 1, node.element, element);
    writer.bytes(number, message.finish());
  } else throw new Error('protobuf has no maps of maps');
}

function writeScalar(writer: Writer, number: number, scalar: ScalarType, value: unknown): void {
  if (scalar === 'string') writer.string(number, String(value));
  else if (scalar === 'bool') writer.varint(number, value === true ? 1 : 0);
  else if (scalar === 'int32' || scalar === 'int64') writer.varint(number, Number(value));
  else if (scalar === 'double') writer.double(number, Number(value));
  else if (scalar === 'bytes') writer.bytes(number, Buffer.from(String(value), 'base64'));
  else writer.bytes(number, encodeScalarMessage(scalar, value));
}

function encodeScalarMessage(scalar: ScalarType, value: unknown): Buffer {
  const writer = new Writer();
  if (scalar === 'Time' || scalar === 'MicroTime') writeTime(writer, value);
  else if (scalar === 'Quantity') writer.string(1, String(value));
  else if (scalar === 'IntOrString') {
    writer.varint(1, typeof value === 'string' ? 1 : 0);
    writer.varint(2, typeof value === 'string' ? 0 : Number(value));
    writer.string(3, typeof value === 'string' ? value : '');
  } else if (scalar === 'Duration') writer.varint(1, durationNanos(String(value)));
  else if (value !== null) writer.string(1, JSON.stringify(value));
  return writer.finish();
}

/** A zero time has no fields. */
function writeTime(writer: Writer, value: unknown): void {
  if (typeof value !== 'string') return;
  const micros = Number((/\.(\d{1,6})/.exec(value)?.[1] ?? '').padEnd(6, '0'));
  writer.varint(1, Math.floor(Date.parse(value) / 1000));
  writer.varint(2, micros * 1000);
}

const unitNanos: ReadonlyMap<string, number> = new Map([
  ['h', 3.6e12],
  ['m', 6e10],
  ['s', 1e9],
  ['ms', 1e6],
  ['µs', 1e3],
  ['us', 1e3],
  ['ns', 1],
]);

function durationNanos(text: string): number {
  let nanos = 0;
  for (const [, amount, unit] of text.matchAll(/([0-9.]+)(h|ms|m|s|µs|us|ns)/g)) {
    nanos += Number(amount) * (unitNanos.get(unit as string) ?? 0);
  }
  return Math.round(text.startsWith('-') ? -nanos : nanos);
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const objectOf = (value: unknown): JsonObject => (isObject(value) ? value : {});
