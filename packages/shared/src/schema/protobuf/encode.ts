import { isObject, type JsonObject } from '../data.ts';
import type { ScalarType } from '../facts.ts';
import type { Field, SchemaNode, StructNode } from '../node.ts';
import { zeroValue } from '../zero.ts';
import { ReverseWriter } from './reverse-writer.ts';

/** A value in the form that `decodeObject` gives, as the bytes that Go would write for it. */
export function encodeMessage(value: JsonObject, node: StructNode): Buffer {
  const writer = new ReverseWriter();
  writeMessage(writer, value, node);
  return writer.finish();
}

/** Everything is written from its end: the length of a message is known when its beginning is reached. */
function writeMessage(writer: ReverseWriter, value: JsonObject, { wire }: StructNode): void {
  for (let number = wire.length - 1; number > 0; number--) {
    const entry = wire[number];
    if (entry === undefined) continue;
    if ('inline' in entry) {
      const end = writer.written;
      writeMessage(writer, value, entry.inline);
      writer.message(number, end);
    } else writeField(writer, number, entry.field, value[entry.field.name]);
  }
}

/** Go writes every field that is no pointer, list or map, whether set or not. */
function writeField(writer: ReverseWriter, number: number, field: Field, value: unknown): void {
  const { node } = field;
  if (node.kind === 'list' && node.wrapped !== true) writeElements(writer, number, node.element, value);
  else if (node.kind === 'map') {
    for (const key of Object.keys(objectOf(value)).sort().reverse()) {
      const end = writer.written;
      writeValue(writer, 2, node.element, objectOf(value)[key]);
      writer.string(1, key);
      writer.message(number, end);
    }
  } else if (value !== undefined && value !== null) writeValue(writer, number, node, value);
  else if (!field.pointer && isValueInGo(node))
    writeValue(writer, number, node, node.kind === 'struct' ? nothing : zeroValue(node));
}

function writeElements(writer: ReverseWriter, number: number, element: SchemaNode, value: unknown): void {
  const list = listOf(value);
  for (let i = list.length - 1; i >= 0; i--) writeValue(writer, number, element, list[i]);
}

const nothing: JsonObject = {};

/** Byte slices can be nil. */
const isValueInGo = (node: SchemaNode): boolean => node.kind !== 'scalar' || node.scalar !== 'bytes';

function writeValue(writer: ReverseWriter, number: number, node: SchemaNode, value: unknown): void {
  if (node.kind === 'scalar') {
    writeScalar(writer, number, node.scalar, value);
    return;
  }
  const end = writer.written;
  if (node.kind === 'struct') writeMessage(writer, objectOf(value), node);
  else if (node.kind === 'list') writeElements(writer, 1, node.element, value);
  else throw new Error('protobuf has no maps of maps');
  writer.message(number, end);
}

function writeScalar(writer: ReverseWriter, number: number, scalar: ScalarType, value: unknown): void {
  if (scalar === 'string') writer.string(number, String(value));
  else if (scalar === 'bool') writer.varint(number, value === true ? 1 : 0);
  else if (scalar === 'int32' || scalar === 'int64') writer.varint(number, Number(value));
  else if (scalar === 'double') writer.double(number, Number(value));
  else if (scalar === 'bytes') writer.bytes(number, Buffer.from(String(value), 'base64'));
  else {
    const end = writer.written;
    writeScalarMessage(writer, scalar, value);
    writer.message(number, end);
  }
}

function writeScalarMessage(writer: ReverseWriter, scalar: ScalarType, value: unknown): void {
  if (scalar === 'Time' || scalar === 'MicroTime') writeTime(writer, value);
  else if (scalar === 'Quantity') writer.string(1, String(value));
  else if (scalar === 'IntOrString') {
    writer.string(3, typeof value === 'string' ? value : '');
    writer.varint(2, typeof value === 'string' ? 0 : Number(value));
    writer.varint(1, typeof value === 'string' ? 1 : 0);
  } else if (scalar === 'Duration') writer.varint(1, durationNanos(String(value)));
  else if (value !== null) writer.string(1, JSON.stringify(value));
}

/** A zero time has no fields. */
function writeTime(writer: ReverseWriter, value: unknown): void {
  if (typeof value !== 'string') return;
  const micros = Number((/\.(\d{1,6})/.exec(value)?.[1] ?? '').padEnd(6, '0'));
  writer.varint(2, micros * 1000);
  writer.varint(1, Math.floor(Date.parse(value) / 1000));
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
