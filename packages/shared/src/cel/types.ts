/** The types of CEL, with what Kubernetes adds: objects described by schemas, and sizes that bound the cost of a rule. */
export type CelType =
  | SimpleType
  | ListType
  | MapType
  | ObjectType
  | { readonly kind: 'optional'; readonly element: CelType }
  | { readonly kind: 'type'; readonly of: CelType }
  | { readonly kind: 'opaque'; readonly name: string }
  | { readonly kind: 'param'; readonly name: string };

export interface SimpleType {
  readonly kind: 'dyn' | 'bool' | 'int' | 'uint' | 'double' | 'string' | 'bytes' | 'null' | 'timestamp' | 'duration';
  /** Most characters of a string, most bytes of bytes. */
  readonly max?: number;
  /** A string in JSON that is a day only. */
  readonly day?: boolean;
}

export interface ListType {
  readonly kind: 'list';
  readonly element: CelType;
  readonly max?: number;
  /** Lists that are sets or maps compare without regard to order, and `+` merges them. */
  readonly listType?: 'set' | 'map';
  readonly keys?: readonly string[];
}

export interface MapType {
  readonly kind: 'map';
  readonly key: CelType;
  readonly value: CelType;
  readonly max?: number;
}

export interface ObjectType {
  readonly kind: 'object';
  readonly name: string;
  /** By CEL name. */
  readonly fields: ReadonlyMap<string, CelField>;
}

export interface CelField {
  /** In JSON, where it differs from the name in CEL. */
  readonly json: string;
  readonly type: CelType;
}

export const types = {
  dyn: { kind: 'dyn' },
  bool: { kind: 'bool' },
  int: { kind: 'int' },
  uint: { kind: 'uint' },
  double: { kind: 'double' },
  string: { kind: 'string' },
  bytes: { kind: 'bytes' },
  null: { kind: 'null' },
  timestamp: { kind: 'timestamp' },
  duration: { kind: 'duration' },
} as const satisfies Record<string, SimpleType>;

export const listOf = (element: CelType, max?: number): ListType => ({
  kind: 'list',
  element,
  ...(max === undefined ? {} : { max }),
});
export const mapOf = (key: CelType, value: CelType, max?: number): MapType => ({
  kind: 'map',
  key,
  value,
  ...(max === undefined ? {} : { max }),
});
export const optionalOf = (element: CelType): CelType => ({ kind: 'optional', element });
export const opaque = (name: string): CelType => ({ kind: 'opaque', name });

/** An object with fields of one type each, named as they are in JSON. */
export function objectOf(name: string, fields: Readonly<Record<string, CelType>>): ObjectType {
  return {
    kind: 'object',
    name,
    fields: new Map(Object.entries(fields).map(([field, type]) => [field, { json: field, type }])),
  };
}

/** As messages print it. */
export function showType(type: CelType): string {
  switch (type.kind) {
    case 'list':
      return `list(${showType(type.element)})`;
    case 'map':
      return `map(${showType(type.key)}, ${showType(type.value)})`;
    case 'optional':
      return `optional_type(${showType(type.element)})`;
    case 'type':
      return `type(${showType(type.of)})`;
    case 'object':
    case 'opaque':
    case 'param':
      return type.name;
    case 'timestamp':
      return 'google.protobuf.Timestamp';
    case 'duration':
      return 'google.protobuf.Duration';
    default:
      return type.kind;
  }
}

const simple: ReadonlyMap<string, CelType> = new Map(Object.entries(types));

/** Reads the notation of signatures: 'list(A)', 'map(string, dyn)', 'optional(A)', 'type(A)', one capital letter for a parameter, a dotted name for an opaque type. */
export function parseType(text: string): CelType {
  const known = simple.get(text);
  if (known !== undefined) return known;
  if (/^[A-Z]$/.test(text)) return { kind: 'param', name: text };
  const match = /^(list|map|optional|type)\((.*)\)$/.exec(text);
  if (match === null) return opaque(text);
  const inner = match[2] as string;
  if (match[1] === 'list') return listOf(parseType(inner));
  if (match[1] === 'optional') return optionalOf(parseType(inner));
  if (match[1] === 'type') return { kind: 'type', of: parseType(inner) };
  const [key, value] = splitTypes(inner);
  return mapOf(parseType(key as string), parseType(value as string));
}

/** Splits at commas outside of parentheses. */
export function splitTypes(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    if (text[at] === '(') depth++;
    else if (text[at] === ')') depth--;
    else if (text[at] === ',' && depth === 0) {
      parts.push(text.slice(from, at).trim());
      from = at + 1;
    }
  }
  const last = text.slice(from).trim();
  return last === '' ? parts : [...parts, last];
}
