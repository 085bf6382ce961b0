import { CelError, noKey, noOverload } from './errors.ts';
import type { CelType, ListType } from './types.ts';

/** What expressions work on: int is a bigint, double a number, and JSON stays where it is until it is looked into. */
export type CelValue =
  | null
  | boolean
  | string
  | bigint
  | number
  | CelUint
  | CelBytes
  | CelTimestamp
  | CelDuration
  | CelList
  | CelMap
  | CelStruct
  | CelOptional
  | CelTypeValue
  | CelOpaque;

/** CEL uint: 64 bits without a sign. */
export class CelUint {
  readonly value: bigint;

  constructor(value: bigint) {
    this.value = value;
  }
}

/** CEL bytes. */
export class CelBytes {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** Nanoseconds since 1970. */
export class CelTimestamp {
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    if (nanos < minTimestamp || nanos > maxTimestamp) throw new CelError('timestamp overflow');
    this.nanos = nanos;
  }
}

const minTimestamp = -62_135_596_800n * 1_000_000_000n;
const maxTimestamp = 253_402_300_799n * 1_000_000_000n + 999_999_999n;

/** Nanoseconds, of either sign. Throws CelError beyond 64 bits. */
export class CelDuration {
  readonly nanos: bigint;

  constructor(nanos: bigint) {
    if (BigInt.asIntN(64, nanos) !== nanos) throw new CelError('duration overflow');
    this.nanos = nanos;
  }
}

/** CEL optional_type; without a value it is optional.none(). */
export class CelOptional {
  readonly value: CelValue | undefined;

  constructor(value?: CelValue) {
    this.value = value;
  }
}

/** A type as a value, as type() gives it. */
export class CelTypeValue {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** A value of a library's own: a quantity, an address, an authorizer. */
export abstract class CelOpaque {
  /** As its type is named: 'kubernetes.Quantity'. */
  abstract readonly typeName: string;
  abstract equals(other: CelOpaque): boolean;
}

/** A list, wherever its elements come from. */
export abstract class CelList {
  abstract readonly size: number;
  abstract at(index: number): CelValue;
  /** How it compares and adds; absent: in order. */
  readonly semantics: Pick<ListType, 'listType' | 'keys'> | undefined = undefined;

  *[Symbol.iterator](): Iterator<CelValue> {
    for (let i = 0; i < this.size; i++) yield this.at(i);
  }
}

/** A list of values that are there. */
export class ArrayList extends CelList {
  readonly items: readonly CelValue[];

  constructor(items: readonly CelValue[]) {
    super();
    this.items = items;
  }

  get size(): number {
    return this.items.length;
  }

  at(index: number): CelValue {
    return this.items[index] as CelValue;
  }
}

/** Two lists one after the other, without copying them; flat when read often enough to pay. */
export function concat(left: CelList, right: CelList): CelList {
  if (left.size === 0) return right;
  if (right.size === 0) return left;
  return new ArrayList([...left, ...right]);
}

/** A map, wherever its entries come from. Keys are strings, ints, uints or bools. */
export abstract class CelMap {
  abstract readonly size: number;
  abstract get(key: CelValue): CelValue | undefined;
  abstract keys(): Iterable<CelValue>;
}

/** Keys of the same number are one key, whatever the number's type. */
function mapKey(value: CelValue): string | bigint | boolean | undefined {
  if (typeof value === 'string' || typeof value === 'bigint' || typeof value === 'boolean') return value;
  if (value instanceof CelUint) return value.value;
  return typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : undefined;
}

/** A map of entries that are there. Throws CelError for a key that comes twice or is of another type. */
export class EntryMap extends CelMap {
  readonly #entries: ReadonlyMap<string | bigint | boolean, readonly [CelValue, CelValue]>;

  constructor(entries: Iterable<readonly [CelValue, CelValue]>) {
    super();
    const map = new Map<string | bigint | boolean, readonly [CelValue, CelValue]>();
    for (const entry of entries) {
      const key = mapKey(entry[0]);
      if (key === undefined || typeof entry[0] === 'number') throw new CelError('unsupported key type');
      if (map.has(key)) throw new CelError(`Failed with repeated key`);
      map.set(key, entry);
    }
    this.#entries = map;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: CelValue): CelValue | undefined {
    const known = mapKey(key);
    return known === undefined ? undefined : this.#entries.get(known)?.[1];
  }

  *keys(): Iterable<CelValue> {
    for (const [key] of this.#entries.values()) yield key;
  }
}

/** An object with named fields. */
export abstract class CelStruct {
  abstract readonly typeName: string;
  /** undefined: not set. `field` is the name in CEL. */
  abstract get(field: string): CelValue | undefined;
  /** Names of what is set. */
  abstract names(): Iterable<string>;
}

/** An object of fields that are there. */
export class FieldStruct extends CelStruct {
  readonly typeName: string;
  readonly #fields: ReadonlyMap<string, CelValue>;

  constructor(typeName: string, fields: ReadonlyMap<string, CelValue>) {
    super();
    this.typeName = typeName;
    this.#fields = fields;
  }

  get(field: string): CelValue | undefined {
    return this.#fields.get(field);
  }

  names(): Iterable<string> {
    return this.#fields.keys();
  }
}

/** Fields that are computed when they are first asked for. */
export class LazyStruct extends CelStruct {
  readonly typeName: string;
  readonly #compute: (field: string) => CelValue | undefined;
  readonly #known = new Map<string, CelValue | undefined>();

  constructor(typeName: string, compute: (field: string) => CelValue | undefined) {
    super();
    this.typeName = typeName;
    this.#compute = compute;
  }

  get(field: string): CelValue | undefined {
    if (!this.#known.has(field)) this.#known.set(field, this.#compute(field));
    return this.#known.get(field);
  }

  names(): Iterable<string> {
    return this.#known.keys();
  }
}

/** Types of values at run time: of the parameter 'list(int)' it says 'list'. */
export function kindOf(value: CelValue): CelType['kind'] {
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'string':
      return 'string';
    case 'bigint':
      return 'int';
    case 'number':
      return 'double';
    default:
      return value === null ? 'null' : kindOfObject(value);
  }
}

function kindOfObject(value: object): CelType['kind'] {
  if (value instanceof CelList) return 'list';
  if (value instanceof CelMap) return 'map';
  if (value instanceof CelStruct) return 'object';
  if (value instanceof CelUint) return 'uint';
  if (value instanceof CelBytes) return 'bytes';
  if (value instanceof CelTimestamp) return 'timestamp';
  if (value instanceof CelDuration) return 'duration';
  if (value instanceof CelOptional) return 'optional';
  return value instanceof CelTypeValue ? 'type' : 'opaque';
}

/** What `type(value)` names. */
export function typeNameOf(value: CelValue): string {
  if (value === null) return 'null_type';
  if (value instanceof CelTimestamp) return 'google.protobuf.Timestamp';
  if (value instanceof CelDuration) return 'google.protobuf.Duration';
  if (value instanceof CelOptional) return 'optional_type';
  if (value instanceof CelStruct || value instanceof CelOpaque) return value.typeName;
  return kindOf(value);
}

/** A field or a key of an object or a map. Throws CelError when there is none. */
export function select(operand: CelValue, field: string): CelValue {
  const value = peek(operand, field);
  if (value === undefined) throw noKey(field);
  return value;
}

/** The same, undefined when there is none. */
export function peek(operand: CelValue, field: string): CelValue | undefined {
  if (operand instanceof CelStruct || operand instanceof CelMap) return operand.get(field);
  throw noOverload();
}

/** The number of characters (code points) of a text. */
export function textSize(text: string): number {
  let size = text.length;
  for (let i = 0; i < text.length - 1; i++) {
    const code = text.charCodeAt(i);
    if (code >= 0xd800 && code <= 0xdbff && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) size--;
  }
  return size;
}

/** What work on a value is in proportion to. */
export function sizeOf(value: CelValue): number {
  if (typeof value === 'string') return value.length;
  if (value instanceof CelList || value instanceof CelMap) return value.size;
  if (value instanceof CelBytes) return value.bytes.length;
  return value instanceof CelOptional && value.value !== undefined ? sizeOf(value.value) : 1;
}
