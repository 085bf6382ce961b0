import type { BinaryOperator, Expr } from './ast.ts';
import { type Checked, type CompileContext, dottedName, maxSize } from './checked.ts';
import { compare, equals } from './equality.ts';
import { noOverload } from './errors.ts';
import type { Frame } from './frame.ts';
import { isAssignable, isInstance, type Overload, type Substitution, substitute } from './function.ts';
import { add, divide, isIn, modulo, multiply, subtract } from './operators.ts';
import { type CelType, types } from './types.ts';
import { type CelValue, sizeOf } from './values.ts';

/** A call of a function: the forms that fit are found now, the one that is called when the values are known. */
export function compileCall(compiler: CompileContext, expr: Expr & { type: 'call' }): Checked {
  const { library } = compiler.scope;
  const namespace = expr.target === undefined ? undefined : dottedName(expr.target);
  const isQualified = namespace !== undefined && !compiler.isVariable(namespace.split('.')[0] as string);
  const qualified = isQualified ? `${namespace}.${expr.name}` : undefined;
  const name = qualified !== undefined && library.has(qualified) ? qualified : expr.name;
  const member = expr.target !== undefined && name === expr.name;
  const known = library.get(name)?.filter((overload) => overload.member === member);
  if (known === undefined || known.length === 0) {
    return compiler.refuse(expr.at, `undeclared reference to '${name}' (in container '')`);
  }
  const args = (member ? [expr.target as Expr, ...expr.args] : expr.args).map((arg) =>
    arg.type === 'list' && name === 'format' ? compiler.compileMixed(arg) : compiler.compile(arg),
  );
  const fitting = known.flatMap((overload) => fit(overload, args));
  if (fitting.length === 0) return compiler.noMatch(expr.at, name, args, member);
  return callOf(fitting, args);
}

interface Fitting {
  overload: Overload;
  type: CelType;
}

function fit(overload: Overload, args: readonly Checked[]): Fitting[] {
  if (overload.params.length !== args.length) return [];
  const substitution: Substitution = new Map();
  const fits = overload.params.every((param, i) => isAssignable(param, (args[i] as Checked).type, substitution));
  if (!fits) return [];
  const type = substitute(overload.result, substitution);
  const sized = sizedKinds.has(type.kind) ? { max: overload.resultSize(args.map((arg) => maxSize(arg.type))) } : {};
  return [{ overload, type: { ...type, ...sized } }];
}

const sizedKinds: ReadonlySet<CelType['kind']> = new Set(['string', 'bytes', 'list', 'map']);

function callOf(fitting: readonly Fitting[], args: readonly Checked[]): Checked {
  const sizes = args.map((arg) => maxSize(arg.type));
  const cost = args.reduce((sum, arg) => sum + arg.cost, 1);
  const most = Math.max(...fitting.map(({ overload }) => overload.cost(sizes)));
  const [first] = fitting as [Fitting];
  const sameType = fitting.every(({ type }) => type.kind === first.type.kind);
  return {
    type: sameType ? first.type : types.dyn,
    cost: cost + Math.ceil(most),
    run: runner(
      fitting.map(({ overload }) => overload),
      args,
    ),
  };
}

function runner(overloads: readonly Overload[], args: readonly Checked[]): (frame: Frame) => CelValue {
  return (frame) => {
    const values = args.map((arg) => arg.run(frame));
    const overload = overloads.find(({ params }) =>
      params.every((param, i) => isInstance(values[i] as CelValue, param)),
    );
    if (overload === undefined) throw noOverload();
    frame.charge(1 + overload.cost(values.map(sizeOf)));
    return overload.call(frame, values);
  };
}

const arithmetic: Partial<
  Record<BinaryOperator, readonly (readonly [CelType['kind'], CelType['kind'], CelType['kind']])[]>
> = {
  '+': [
    ...(['int', 'uint', 'double', 'string', 'bytes', 'list', 'duration'] as const).map(
      (kind) => [kind, kind, kind] as const,
    ),
    ['timestamp', 'duration', 'timestamp'],
    ['duration', 'timestamp', 'timestamp'],
  ],
  '-': [
    ...(['int', 'uint', 'double', 'duration'] as const).map((kind) => [kind, kind, kind] as const),
    ['timestamp', 'timestamp', 'duration'],
    ['timestamp', 'duration', 'timestamp'],
  ],
  '*': (['int', 'uint', 'double'] as const).map((kind) => [kind, kind, kind] as const),
  '/': (['int', 'uint', 'double'] as const).map((kind) => [kind, kind, kind] as const),
  '%': (['int', 'uint'] as const).map((kind) => [kind, kind, kind] as const),
};

const operations: Record<BinaryOperator, (a: CelValue, b: CelValue, frame: Frame) => CelValue> = {
  '+': (a, b, frame) => add(a, b, frame.charge),
  '-': subtract,
  '*': multiply,
  '/': divide,
  '%': modulo,
  '==': (a, b, frame) => equals(a, b, frame.charge),
  '!=': (a, b, frame) => !equals(a, b, frame.charge),
  '<': (a, b, frame) => compare(a, b, frame.charge) < 0,
  '<=': (a, b, frame) => compare(a, b, frame.charge) <= 0,
  '>': (a, b, frame) => compare(a, b, frame.charge) > 0,
  '>=': (a, b, frame) => compare(a, b, frame.charge) >= 0,
  in: (a, b, frame) => isIn(a, b, frame.charge),
};

export function compileBinary(
  compiler: CompileContext,
  { operator, left: leftExpr, right: rightExpr, at }: Expr & { type: 'binary' },
): Checked {
  const [left, right] = [compiler.compile(leftExpr), compiler.compile(rightExpr)];
  const type = binaryType(operator, left.type, right.type);
  if (type === undefined) return compiler.noMatch(at, operator === 'in' ? '@in' : `_${operator}_`, [left, right]);
  const operate = operations[operator];
  return {
    type,
    cost: left.cost + right.cost + 1 + Math.ceil(operatorCost(operator, left.type, right.type)),
    run: (frame) => {
      frame.charge(1);
      return operate(left.run(frame), right.run(frame), frame);
    },
  };
}

function binaryType(operator: BinaryOperator, left: CelType, right: CelType): CelType | undefined {
  const rows = arithmetic[operator];
  if (rows !== undefined) return arithmeticType(rows, left, right);
  if (operator === 'in') return isMember(left, right) ? types.bool : undefined;
  if (operator === '==' || operator === '!=') {
    return isAssignable(left, right, new Map()) || isAssignable(right, left, new Map()) ? types.bool : undefined;
  }
  if (left.kind === 'dyn' || right.kind === 'dyn') return types.bool;
  const comparable =
    (ordered.has(left.kind) && left.kind === right.kind) || (numeric.has(left.kind) && numeric.has(right.kind));
  return comparable ? types.bool : undefined;
}

const numeric: ReadonlySet<CelType['kind']> = new Set(['int', 'uint', 'double']);
const ordered: ReadonlySet<CelType['kind']> = new Set(['bool', 'string', 'bytes', 'timestamp', 'duration']);

function arithmeticType(
  rows: readonly (readonly [CelType['kind'], CelType['kind'], CelType['kind']])[],
  left: CelType,
  right: CelType,
): CelType | undefined {
  const isDyn = left.kind === 'dyn' || right.kind === 'dyn';
  const row = rows.find(
    ([a, b]) => (left.kind === 'dyn' || a === left.kind) && (right.kind === 'dyn' || b === right.kind),
  );
  if (row === undefined) return undefined;
  if (isDyn) return types.dyn;
  if (row[2] === 'list') {
    if (!isAssignable(left, right, new Map()) && !isAssignable(right, left, new Map())) return undefined;
    return { ...(left as CelType & { kind: 'list' }), max: maxSize(left) + maxSize(right) };
  }
  if (row[2] === 'string' || row[2] === 'bytes') return { kind: row[2], max: maxSize(left) + maxSize(right) };
  return { kind: row[2] } as CelType;
}

function isMember(value: CelType, container: CelType): boolean {
  if (container.kind === 'dyn') return true;
  if (container.kind === 'list') return isAssignable(container.element, value, new Map());
  return container.kind === 'map' && isAssignable(container.key, value, new Map());
}

function operatorCost(operator: BinaryOperator, left: CelType, right: CelType): number {
  if (operator === 'in') return right.kind === 'map' ? 0 : maxSize(right);
  const text = left.kind === 'string' || left.kind === 'bytes';
  if (operator === '+')
    return text ? (maxSize(left) + maxSize(right)) / 10 : left.kind === 'list' ? maxSize(left) + maxSize(right) : 0;
  if (arithmetic[operator] !== undefined) return 0;
  const least = Math.min(maxSize(left), maxSize(right));
  return text || right.kind === 'string' ? least / 10 : left.kind === 'list' || left.kind === 'map' ? least : 0;
}
