import { type JsonObject, setKey } from '../data.ts';
import type { ScalarType } from '../facts.ts';
import type { Field, ListNode, MapNode, SchemaNode, StructNode } from '../node.ts';
import { addAlwaysWritten, zeroElement } from '../zero.ts';
import { badProtobuf, type Reader } from './reader.ts';
import { BYTES, VARINT, wireTypeOf } from './wire.ts';

/** Kinds nest a dozen levels deep; a hostile body must not nest without end. */
const MAX_DEPTH = 100;

/** A message as the JSON that Go would write for it. Unknown numbers are skipped, as Go does. */
export function decodeMessage(reader: Reader, node: StructNode): JsonObject {
  const target: JsonObject = {};
  readFields(reader, node, target, 0);
  return target;
}

function readFields(reader: Reader, node: StructNode, target: JsonObject, depth: number): void {
  if (depth > MAX_DEPTH) throw badProtobuf('nested too deeply');
  while (!reader.done) {
    const tag = reader.tag();
    const wireType = tag & 7;
    const wire = node.wire[tag >>> 3];
    if (wire === undefined) reader.skip(wireType);
    else if ('inline' in wire) {
      expectType(wireType, BYTES, node.name);
      readFields(reader.message(), wire.inline, target, depth + 1);
    } else readField(reader, wire.field, wireType, target, depth);
  }
  // Writers other than Go's leave zero values out.
  addAlwaysWritten(node, target);
}

function readField(reader: Reader, field: Field, wireType: number, target: JsonObject, depth: number): void {
  const { name, node } = field;
  if (node.kind === 'list' && node.wrapped !== true) readElement(reader, node, wireType, target, name, depth);
  else if (node.kind === 'map') readEntry(reader, field, node, wireType, target, depth);
  else {
    const value = readValue(reader, node, wireType, name, depth);
    const isAbsent = value === null || (field.dropsEmpty && (value === '' || value === 0 || value === false));
    if (isAbsent) delete target[name];
    else target[name] = value;
  }
}

function readElement(
  reader: Reader,
  node: ListNode,
  wireType: number,
  target: JsonObject,
  name: string,
  depth: number,
): void {
  const known = target[name] as unknown[] | undefined;
  const list = known ?? [];
  if (known === undefined) target[name] = list;
  const { element } = node;
  if (wireType === BYTES && element.kind === 'scalar' && wireTypeOf(element.scalar) === VARINT) {
    const packed = reader.message();
    while (!packed.done) list.push(readScalar(packed, element.scalar));
  } else list.push(readValue(reader, element, wireType, name, depth));
}

/** An entry is a message of key (1) and value (2); an absent part is zero. */
function readEntry(
  reader: Reader,
  { name }: Field,
  node: MapNode,
  wireType: number,
  target: JsonObject,
  depth: number,
): void {
  expectType(wireType, BYTES, name);
  const known = target[name] as JsonObject | undefined;
  const map = known ?? {};
  if (known === undefined) target[name] = map;
  const entry = reader.message();
  let key = '';
  let value: unknown;
  while (!entry.done) {
    const tag = entry.tag();
    const number = tag >>> 3;
    if (number === 1) {
      expectType(tag & 7, BYTES, name);
      key = entry.string();
    } else if (number === 2) value = readValue(entry, node.element, tag & 7, name, depth);
    else entry.skip(tag & 7);
  }
  setKey(map, key, value ?? zeroElement(node.element));
}

function readValue(reader: Reader, node: SchemaNode, wireType: number, name: string, depth: number): unknown {
  if (node.kind === 'scalar') {
    expectType(wireType, wireTypeOf(node.scalar), name);
    return readScalar(reader, node.scalar);
  }
  expectType(wireType, BYTES, name);
  const message = reader.message();
  if (node.kind === 'struct') {
    const target: JsonObject = {};
    readFields(message, node, target, depth + 1);
    return target;
  }
  if (node.kind === 'list') return readWrappedList(message, node, name, depth);
  throw badProtobuf(`${name} is a map of maps`);
}

function readWrappedList(message: Reader, { element }: ListNode, name: string, depth: number): unknown[] {
  const list: unknown[] = [];
  while (!message.done) {
    const tag = message.tag();
    if (tag >>> 3 === 1) list.push(readValue(message, element, tag & 7, name, depth + 1));
    else message.skip(tag & 7);
  }
  return list;
}

function expectType(found: number, wanted: number, name: string): void {
  if (found !== wanted) throw badProtobuf(`wrong wire type ${found} for field ${name}`);
}

function readScalar(reader: Reader, scalar: ScalarType): unknown {
  switch (scalar) {
    case 'string':
      return reader.string();
    case 'bool':
      return reader.varint() !== 0;
    case 'int32':
      return reader.varint() | 0;
    case 'int64':
      return reader.varint();
    case 'double':
      return reader.double();
    case 'bytes':
      return reader.bytes().toString('base64');
    default:
      return readMessageScalar(reader.message(), scalar);
  }
}

/** Scalars in JSON that are messages in protobuf. */
function readMessageScalar(message: Reader, scalar: ScalarType): unknown {
  const fields = new Map<number, number | Buffer>();
  while (!message.done) {
    const tag = message.tag();
    if ((tag & 7) === VARINT) fields.set(tag >>> 3, message.varint());
    else if ((tag & 7) === BYTES) fields.set(tag >>> 3, message.bytes());
    else message.skip(tag & 7);
  }
  const number = (field: number): number => Number(fields.get(field) ?? 0);
  const text = (field: number): string => String(fields.get(field) ?? '');
  switch (scalar) {
    case 'Time':
    case 'MicroTime':
      return fields.size === 0 ? null : timeText(number(1), number(2), scalar === 'Time' ? 0 : 6);
    case 'Duration':
      return durationText(number(1));
    case 'Quantity':
      return text(1) === '' ? '0' : text(1);
    case 'IntOrString':
      return number(1) === 1 ? text(3) : number(2) | 0;
    default:
      return jsonOf(text(1));
  }
}

function timeText(seconds: number, nanos: number, digits: number): string {
  const milliseconds = seconds * 1000;
  if (!(Math.abs(milliseconds) < 8.64e15)) throw badProtobuf('a time out of range');
  const fraction = digits === 0 ? '' : `.${String(Math.trunc(nanos / 1000)).padStart(6, '0')}`;
  return `${new Date(milliseconds).toISOString().slice(0, 19)}${fraction}Z`;
}

/** Go's form: '1h2m3s', '1.5s'; of less than a second in ms, µs or ns. */
function durationText(nanos: number): string {
  if (nanos === 0) return '0s';
  const sign = nanos < 0 ? '-' : '';
  const amount = Math.abs(nanos);
  if (amount < 1e3) return `${sign}${amount}ns`;
  if (amount < 1e6) return `${sign}${amount / 1e3}µs`;
  if (amount < 1e9) return `${sign}${amount / 1e6}ms`;
  const seconds = amount / 1e9;
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  const rest = Math.round((seconds % 60) * 1e9) / 1e9;
  return `${sign}${hours > 0 ? `${hours}h` : ''}${hours > 0 || minutes > 0 ? `${minutes}m` : ''}${rest}s`;
}

/** Raw JSON inside protobuf: RawExtension and FieldsV1. */
function jsonOf(text: string): unknown {
  if (text === '') return null;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badProtobuf(`an embedded object is not JSON: ${error instanceof Error ? error.message.slice(0, 80) : ''}`);
  }
}
