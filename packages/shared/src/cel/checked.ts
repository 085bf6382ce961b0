import type { Expr } from './ast.ts';
import { BudgetExceeded, CelError, noOverload } from './errors.ts';
import type { Frame } from './frame.ts';
import { isAssignable, type Library } from './function.ts';
import { type CelType, type ObjectType, types } from './types.ts';
import type { CelValue } from './values.ts';

/** An expression that is checked: its type, how it is evaluated, and the most that this can cost. */
export interface Checked {
  type: CelType;
  run(frame: Frame): CelValue;
  cost: number;
}

export interface Scope {
  variables: ReadonlyMap<string, CelType>;
  /** Object types that expressions may make. */
  types: ReadonlyMap<string, ObjectType>;
  library: Library;
}

/** What the parts of the compiler ask of the whole. */
export interface CompileContext {
  readonly scope: Scope;
  compile(expr: Expr): Checked;
  /** A list whose elements may be of different types, as arguments of `format` are. */
  compileMixed(list: Expr & { type: 'list' }): Checked;
  /** What stands for an expression that has an issue. */
  refuse(at: number, message: string): Checked;
  noMatch(at: number, name: string, args: readonly Checked[], member?: boolean): Checked;
  /** Compiles with a name of one's own; the slot is where its value is to be put. */
  withLocal<T>(name: string, type: CelType, body: (slot: number) => T): T;
  isVariable(name: string): boolean;
}

/** Of what has an issue already. */
export const failed: Checked = {
  type: types.dyn,
  cost: 0,
  run: () => {
    throw noOverload();
  },
};

export function truth(value: CelValue): boolean {
  if (typeof value !== 'boolean') throw noOverload();
  return value;
}

/** An error that something else may make up for. Throws what nothing can. Catching costs more than most calls do. */
export function absorb(frame: Frame, thrown: unknown): CelError {
  if (!(thrown instanceof CelError) || thrown instanceof BudgetExceeded) throw thrown;
  frame.charge(10);
  return thrown;
}

/** The type of what is of one of two types; undefined when they have nothing in common. */
export function join(a: CelType, b: CelType): CelType | undefined {
  if (a.kind === 'dyn' || b.kind === 'dyn') return types.dyn;
  if (a.kind === 'null' && isAssignable(b, a, new Map())) return b;
  if (!isAssignable(a, b, new Map())) return undefined;
  const [left, right] = [a as { max?: number }, b as { max?: number }];
  if (b.kind === 'null' || left.max === right.max) return a;
  const { max: _, ...unbounded } = a as CelType & { max?: number };
  if (left.max === undefined || right.max === undefined) return unbounded as CelType;
  return { ...unbounded, max: Math.max(left.max, right.max) } as CelType;
}

export function unwrapped(type: CelType): CelType {
  return type.kind === 'optional' ? type.element : types.dyn;
}

/** 'a.b.c' of nested selections; undefined for anything else. */
export function dottedName(expr: Expr): string | undefined {
  if (expr.type === 'ident') return expr.name.replace(/^\./, '');
  if (expr.type !== 'select' || expr.optional) return undefined;
  const operand = dottedName(expr.operand);
  return operand === undefined ? undefined : `${operand}.${expr.field}`;
}
/** More than a request can hold: what a value without a bound may come to. */
const UNBOUNDED = 3 * 1024 * 1024;

/** The most that a value of the type can be. */
export function maxSize(type: CelType): number {
  switch (type.kind) {
    case 'string':
    case 'bytes':
    case 'list':
    case 'map':
    case 'dyn':
      return type.max ?? UNBOUNDED;
    case 'optional':
      return maxSize(type.element);
    default:
      return 1;
  }
}
