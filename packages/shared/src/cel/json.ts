import { getKey, type JsonObject, setKey } from '../schema/data.ts';
import { CelError } from './errors.ts';
import { formatDuration, formatTimestamp, parseDuration, parseTimestamp } from './time.ts';
import { type CelField, type CelType, type ListType, type MapType, type ObjectType, types } from './types.ts';
import type { CelValue } from './values.ts';
import {
  CelBytes,
  CelDuration,
  CelList,
  CelMap,
  type CelOpaque,
  CelOptional,
  CelStruct,
  CelTimestamp,
  CelTypeValue,
  CelUint,
} from './values.ts';

/** A value of JSON as its type says to read it. Objects and lists are read when they are looked into. */
export function fromJson(value: unknown, type: CelType = types.dyn): CelValue {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return fromText(value, type);
  if (typeof value === 'number') return fromNumber(value, type);
  if (typeof value === 'boolean') return value;
  if (Array.isArray(value)) return new JsonList(value, type.kind === 'list' ? type : anyList);
  if (type.kind === 'object') return new JsonStruct(value as JsonObject, type);
  return new JsonMap(value as JsonObject, type.kind === 'map' ? type : anyMap);
}

const anyList: ListType = { kind: 'list', element: types.dyn };
const anyMap: MapType = { kind: 'map', key: types.string, value: types.dyn };

function fromText(text: string, type: CelType): CelValue {
  if (type.kind === 'timestamp') return parseTimestamp(text);
  if (type.kind === 'duration') return parseDuration(text);
  return type.kind === 'bytes' ? new CelBytes(Buffer.from(text, 'base64')) : text;
}

function fromNumber(value: number, type: CelType): CelValue {
  if (type.kind === 'double') return value;
  if (type.kind === 'uint') return new CelUint(BigInt(Math.trunc(value)));
  return Number.isInteger(value) ? BigInt(value) : value;
}

class JsonList extends CelList {
  readonly raw: readonly unknown[];
  readonly #type: ListType;
  override readonly semantics: CelList['semantics'];

  constructor(raw: readonly unknown[], type: ListType) {
    super();
    this.raw = raw;
    this.#type = type;
    this.semantics = type.listType === undefined ? undefined : type;
  }

  get size(): number {
    return this.raw.length;
  }

  at(index: number): CelValue {
    return fromJson(this.raw[index], this.#type.element);
  }
}

class JsonMap extends CelMap {
  readonly raw: JsonObject;
  readonly #type: MapType;
  #size = -1;

  constructor(raw: JsonObject, type: MapType) {
    super();
    this.raw = raw;
    this.#type = type;
  }

  get size(): number {
    if (this.#size < 0) this.#size = Object.keys(this.raw).length;
    return this.#size;
  }

  get(key: CelValue): CelValue | undefined {
    if (typeof key !== 'string' || !Object.hasOwn(this.raw, key)) return undefined;
    return fromJson(this.raw[key], this.#type.value);
  }

  keys(): Iterable<CelValue> {
    return Object.keys(this.raw);
  }
}

class JsonStruct extends CelStruct {
  readonly raw: JsonObject;
  readonly #type: ObjectType;

  constructor(raw: JsonObject, type: ObjectType) {
    super();
    this.raw = raw;
    this.#type = type;
  }

  get typeName(): string {
    return this.#type.name;
  }

  get(name: string): CelValue | undefined {
    const field = this.#type.fields.get(name);
    const value = field === undefined ? undefined : getKey(this.raw, field.json);
    return value === undefined ? undefined : fromJson(value, (field as CelField).type);
  }

  *names(): Iterable<string> {
    for (const [name, field] of this.#type.fields) if (getKey(this.raw, field.json) !== undefined) yield name;
  }
}

/** The value as JSON: times and durations are text, bytes base64. Throws CelError for what has no such form. */
export function toJson(value: CelValue): unknown {
  if (value instanceof JsonList || value instanceof JsonMap || value instanceof JsonStruct) return value.raw;
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number')
    return value;
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof CelUint) return Number(value.value);
  if (value instanceof CelBytes) return Buffer.from(value.bytes).toString('base64');
  if (value instanceof CelTimestamp) return formatTimestamp(value);
  if (value instanceof CelDuration) return formatDuration(value);
  if (value instanceof CelList) return [...value].map(toJson);
  if (value instanceof CelOptional) return value.value === undefined ? null : toJson(value.value);
  if (value instanceof CelMap)
    return fromEntries([...value.keys()].map((key) => [String(toJson(key)), value.get(key)]));
  if (value instanceof CelStruct) return fromEntries([...value.names()].map((name) => [name, value.get(name)]));
  if (value instanceof CelTypeValue) return value.name;
  throw new CelError(`cannot convert ${(value satisfies CelOpaque).typeName} to JSON`);
}

function fromEntries(entries: readonly (readonly [string, CelValue | undefined])[]): JsonObject {
  const result: JsonObject = {};
  for (const [key, value] of entries) if (value !== undefined) setKey(result, key, toJson(value));
  return result;
}
