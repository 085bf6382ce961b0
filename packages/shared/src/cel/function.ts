import type { LinearRegex } from '../regex/index.ts';
import type { Charge } from './equality.ts';
import { type CelType, listOf, mapOf, optionalOf, parseType, splitTypes } from './types.ts';
import { type CelOpaque, type CelStruct, type CelValue, kindOf } from './values.ts';

/** What a function may use of the evaluation that calls it. */
export interface CallContext {
  readonly charge: Charge;
  /** Compiled once for each program. Throws CelError for a pattern that is none. */
  regex(pattern: string): LinearRegex;
}

/** One form of a function. */
export interface Overload {
  readonly name: string;
  /** The first parameter stands before the dot. */
  readonly member: boolean;
  readonly params: readonly CelType[];
  readonly result: CelType;
  call(context: CallContext, args: readonly CelValue[]): CelValue;
  /** Units for arguments of these sizes, beside the one that every call costs. Charged before the call; of the most that arguments can be, it is the estimate. */
  cost(sizes: readonly number[]): number;
  /** The most that a result can be, if it has a size. */
  resultSize(sizes: readonly number[]): number;
}

export interface OverloadOptions {
  cost?(...sizes: number[]): number;
  resultSize?(...sizes: number[]): number;
}

/**
 * Declares a function: 'string.contains(string): bool' is called on a string, 'size(string): int' is not, 'sets::contains(list(T), list(T)): bool' has
 * a dot in its name. Cost by default: a tenth for each character of text, one for each element.
 */
export function fn<A extends readonly CelValue[]>(
  signature: string,
  call: (context: CallContext, ...args: A) => CelValue,
  options: OverloadOptions = {},
): Overload {
  const { name, member, params, result } = parseSignature(signature);
  const traversal = (sizes: readonly number[]): number =>
    params.reduce((sum, param, i) => sum + weight(param) * (sizes[i] as number), 0);
  return {
    name,
    member,
    params,
    result,
    call: (context, args) => call(context, ...(args as unknown as A)),
    cost: options.cost === undefined ? traversal : (sizes) => options.cost?.(...sizes) ?? 0,
    resultSize: (sizes) => options.resultSize?.(...sizes) ?? sizes.reduce((sum, size) => sum + size, 0),
  };
}

function weight(type: CelType): number {
  if (type.kind === 'string' || type.kind === 'bytes') return 0.1;
  return type.kind === 'list' || type.kind === 'map' || type.kind === 'dyn' ? 1 : 0;
}

function parseSignature(signature: string): Pick<Overload, 'name' | 'member' | 'params' | 'result'> {
  const end = signature.lastIndexOf('): ');
  const result = parseType(signature.slice(end + 3));
  const open = openingOf(signature, end);
  const params = splitTypes(signature.slice(open + 1, end)).map(parseType);
  const head = signature.slice(0, open);
  const dot = head.includes('::') ? -1 : head.lastIndexOf('.');
  if (dot < 0) return { name: head.replace('::', '.'), member: false, params, result };
  return { name: head.slice(dot + 1), member: true, params: [parseType(head.slice(0, dot)), ...params], result };
}

/** The parenthesis that the one at `close` belongs to. */
function openingOf(text: string, close: number): number {
  let depth = 0;
  for (let at = close; ; at--) {
    if (text[at] === ')') depth++;
    else if (text[at] === '(' && --depth === 0) return at;
  }
}

/** Functions by name. */
export type Library = ReadonlyMap<string, readonly Overload[]>;

export function libraryOf(...parts: readonly (readonly Overload[])[]): Library {
  const library = new Map<string, Overload[]>();
  for (const overload of parts.flat()) {
    const known = library.get(overload.name);
    if (known === undefined) library.set(overload.name, [overload]);
    else known.push(overload);
  }
  return library;
}

/** What the type parameters of one call stand for. */
export type Substitution = Map<string, CelType>;

/** Whether a value of the type `given` can stand where `wanted` is asked for. */
export function isAssignable(wanted: CelType, given: CelType, substitution: Substitution): boolean {
  if (wanted.kind === 'param') return bind(wanted.name, given, substitution);
  if (wanted.kind === 'dyn' || given.kind === 'dyn') return true;
  if (given.kind === 'null') return wanted.kind === 'null' || nullable.has(wanted.kind);
  if (wanted.kind !== given.kind) return false;
  switch (wanted.kind) {
    case 'list':
    case 'optional':
      return isAssignable(wanted.element, (given as typeof wanted).element, substitution);
    case 'map':
      return (
        isAssignable(wanted.key, (given as typeof wanted).key, substitution) &&
        isAssignable(wanted.value, (given as typeof wanted).value, substitution)
      );
    case 'object':
    case 'opaque':
      return wanted.name === (given as typeof wanted).name;
    default:
      return true;
  }
}

const nullable: ReadonlySet<CelType['kind']> = new Set(['object', 'opaque', 'optional', 'timestamp', 'duration']);

function bind(name: string, given: CelType, substitution: Substitution): boolean {
  const known = substitution.get(name);
  if (known === undefined) {
    substitution.set(name, given);
    return true;
  }
  if (known.kind === 'null' && isAssignable(given, known, new Map())) {
    substitution.set(name, given);
    return true;
  }
  if (!isAssignable(known, given, new Map())) return false;
  if (given.kind === 'dyn') substitution.set(name, given);
  return true;
}

export function substitute(type: CelType, substitution: Substitution): CelType {
  switch (type.kind) {
    case 'param':
      return substitution.get(type.name) ?? { kind: 'dyn' };
    case 'list':
      return {
        ...listOf(substitute(type.element, substitution)),
        ...(type.max === undefined ? {} : { max: type.max }),
      };
    case 'map':
      return mapOf(substitute(type.key, substitution), substitute(type.value, substitution));
    case 'optional':
      return optionalOf(substitute(type.element, substitution));
    case 'type':
      return { kind: 'type', of: substitute(type.of, substitution) };
    default:
      return type;
  }
}

/** Whether a value is of the type, looked at from outside. */
export function isInstance(value: CelValue, type: CelType): boolean {
  if (type.kind === 'dyn' || type.kind === 'param') return true;
  if (kindOf(value) !== type.kind) {
    // Objects without a schema are maps of JSON.
    return false;
  }
  if (type.kind === 'opaque') return (value as CelOpaque).typeName === type.name;
  return type.kind !== 'object' || (value as CelStruct).typeName === type.name;
}
