import type { Expr, Literal } from './ast.ts';
import { compileBinary, compileCall } from './calls.ts';
import {
  absorb,
  type Checked,
  type CompileContext,
  dottedName,
  failed,
  join,
  type Scope,
  truth,
  unwrapped,
} from './checked.ts';
import { compileBind, compileComprehension, compileOptMap } from './comprehensions.ts';
import type { CelError, Issue } from './errors.ts';
import type { Frame } from './frame.ts';
import { isAssignable } from './function.ts';
import { negate } from './operators.ts';
import { compileIndex, compileSelect } from './selection.ts';
import { type CelType, listOf, mapOf, optionalOf, showType, types } from './types.ts';
import {
  ArrayList,
  CelBytes,
  CelOptional,
  CelTypeValue,
  CelUint,
  type CelValue,
  EntryMap,
  FieldStruct,
} from './values.ts';

/** The value of types as identifiers. */
const typeNames: ReadonlyMap<string, CelType> = new Map<string, CelType>([
  ...(['bool', 'int', 'uint', 'double', 'string', 'bytes'] as const).map((name) => [name, types[name]] as const),
  ['null_type', types.null],
  ['list', listOf(types.dyn)],
  ['map', mapOf(types.dyn, types.dyn)],
  ['optional_type', optionalOf(types.dyn)],
  ['type', { kind: 'type', of: types.dyn }],
  ['google.protobuf.Timestamp', types.timestamp],
  ['google.protobuf.Duration', types.duration],
]);

/** Checks an expression and makes it executable in one walk. Issues are collected; what follows from one is not told. */
export class Compiler implements CompileContext {
  readonly scope: Scope;
  readonly issues: Issue[] = [];
  /** Variables that the expression uses, with their slots. */
  readonly used = new Map<string, number>();
  /** Names that macros brought in, innermost last. */
  readonly #locals: { name: string; type: CelType; slot: number }[] = [];
  #slots = 0;

  constructor(scope: Scope) {
    this.scope = scope;
  }

  get slots(): number {
    return this.#slots;
  }

  compile(expr: Expr): Checked {
    switch (expr.type) {
      case 'literal':
        return literal(expr.value);
      case 'ident':
        return this.#ident(expr);
      case 'select':
        return this.qualified(expr) ?? compileSelect(this, expr);
      case 'has':
        return compileSelect(this, expr);
      case 'index':
        return compileIndex(this, expr);
      case 'call':
        return compileCall(this, expr);
      case 'not':
      case 'negate':
        return this.#unary(expr);
      case 'and':
      case 'or':
        return this.#logic(expr);
      case 'binary':
        return compileBinary(this, expr);
      case 'conditional':
        return this.#conditional(expr);
      case 'list':
        return this.#list(expr.elements, false);
      case 'map':
        return this.#map(expr);
      case 'struct':
        return this.#struct(expr);
      case 'comprehension':
        return compileComprehension(this, expr);
      case 'bind':
        return compileBind(this, expr);
      default:
        return compileOptMap(this, expr);
    }
  }

  /** What stands for an expression that has an issue. */
  refuse(at: number, message: string): Checked {
    this.issues.push({ at, message });
    return failed;
  }

  noMatch(at: number, name: string, args: readonly Checked[], member = false): Checked {
    if (args.includes(failed)) return failed;
    const shown = args.map(({ type }) => showType(type));
    const applied = member ? `${shown[0]}.(${shown.slice(1).join(', ')})` : `(${shown.join(', ')})`;
    return this.refuse(at, `found no matching overload for '${name}' applied to '${applied}'`);
  }

  /** Compiles with a name of one's own; the slot is where its value is to be put. */
  withLocal<T>(name: string, type: CelType, body: (slot: number) => T): T {
    const slot = this.#slots++;
    this.#locals.push({ name, type, slot });
    const result = body(slot);
    this.#locals.pop();
    return result;
  }

  isVariable(name: string): boolean {
    return this.#locals.some((local) => local.name === name) || this.scope.variables.has(name);
  }

  /** A dotted name of a variable, or of a type where its first part is no variable. */
  qualified(expr: Expr): Checked | undefined {
    const name = dottedName(expr);
    if (name === undefined) return undefined;
    const first = name.slice(0, name.indexOf('.'));
    if (this.#locals.some((local) => local.name === first)) return undefined;
    // A variable may have a dotted name beside one of its first part: `authorizer.requestResource`.
    return this.scope.variables.has(first) && !this.scope.variables.has(name) ? undefined : this.#global(name);
  }

  #ident({ name, at }: Expr & { type: 'ident' }): Checked {
    const local = name.startsWith('.') ? undefined : this.#locals.findLast((known) => known.name === name);
    if (local !== undefined) {
      const { slot, type } = local;
      return { type, cost: 1, run: slotReader(slot) };
    }
    const plain = name.replace(/^\./, '');
    return this.#global(plain) ?? this.refuse(at, `undeclared reference to '${plain}' (in container '')`);
  }

  #global(name: string): Checked | undefined {
    const type = this.scope.variables.get(name);
    if (type !== undefined) {
      const slot = this.used.get(name) ?? this.#slots++;
      this.used.set(name, slot);
      return { type, cost: 1, run: slotReader(slot) };
    }
    const named = typeNames.get(name) ?? this.scope.types.get(name);
    const value = new CelTypeValue(name);
    return named && { type: { kind: 'type', of: named }, cost: 1, run: () => value };
  }

  #unary({ type, operand: expr, at }: Expr & { type: 'not' | 'negate' }): Checked {
    const operand = this.compile(expr);
    const { run, cost } = operand;
    const { kind } = operand.type;
    if (type === 'not') {
      if (kind !== 'bool' && kind !== 'dyn') return this.noMatch(at, '!_', [operand]);
      return { type: types.bool, cost: cost + 1, run: (frame) => !truth(run(frame)) };
    }
    if (kind !== 'int' && kind !== 'double' && kind !== 'dyn') return this.noMatch(at, '-_', [operand]);
    return { type: operand.type, cost: cost + 1, run: (frame) => negate(run(frame)) };
  }

  /** One side may make up for an error of the other: false && error is false. */
  #logic({ type, left: leftExpr, right: rightExpr, at }: Expr & { type: 'and' | 'or' }): Checked {
    const [left, right] = [this.compile(leftExpr), this.compile(rightExpr)];
    for (const side of [left, right]) {
      if (side.type.kind !== 'bool' && side.type.kind !== 'dyn') {
        return this.noMatch(at, type === 'and' ? '_&&_' : '_||_', [left, right]);
      }
    }
    const decisive = type === 'or';
    return {
      type: types.bool,
      cost: left.cost + right.cost,
      run: (frame) => {
        let error: CelError;
        try {
          if (truth(left.run(frame)) === decisive) return decisive;
          return truth(right.run(frame));
        } catch (thrown) {
          error = absorb(frame, thrown);
        }
        if (truth(right.run(frame)) === decisive) return decisive;
        throw error;
      },
    };
  }

  #conditional({ test: testExpr, yes: yesExpr, no: noExpr, at }: Expr & { type: 'conditional' }): Checked {
    const [test, yes, no] = [this.compile(testExpr), this.compile(yesExpr), this.compile(noExpr)];
    const same = test.type.kind === 'bool' || test.type.kind === 'dyn' ? join(yes.type, no.type) : undefined;
    if (same === undefined) return this.noMatch(at, '_?_:_', [test, yes, no]);
    return {
      type: same,
      cost: test.cost + Math.max(yes.cost, no.cost),
      run: (frame) => (truth(test.run(frame)) ? yes.run(frame) : no.run(frame)),
    };
  }

  compileMixed({ elements }: Expr & { type: 'list' }): Checked {
    return this.#list(elements, true);
  }

  #list(elements: (Expr & { type: 'list' })['elements'], mixed: boolean): Checked {
    const items = elements.map(({ value, optional }) => ({ at: value.at, optional, ...this.compile(value) }));
    const found = items.map((item) => ({ at: item.at, type: item.optional ? unwrapped(item.type) : item.type }));
    const element = mixed ? types.dyn : this.#common(found);
    return {
      type: listOf(element, items.length),
      cost: items.reduce((sum, item) => sum + item.cost, 10),
      run: (frame) => {
        frame.charge(10);
        const values: CelValue[] = [];
        for (const item of items) {
          const value = item.run(frame);
          if (!item.optional) values.push(value);
          else if (value instanceof CelOptional && value.value !== undefined) values.push(value.value);
        }
        return new ArrayList(values);
      },
    };
  }

  #map({ entries }: Expr & { type: 'map' }): Checked {
    const compiled = entries.map(({ key, value, optional }) => ({
      ...{ keyAt: key.at, valueAt: value.at, optional },
      key: this.compile(key),
      value: this.compile(value),
    }));
    const key = this.#common(compiled.map((entry) => ({ at: entry.keyAt, type: entry.key.type })));
    const value = this.#common(
      compiled.map((entry) => ({
        at: entry.valueAt,
        type: entry.optional ? unwrapped(entry.value.type) : entry.value.type,
      })),
    );
    return {
      type: mapOf(key, value, compiled.length),
      cost: compiled.reduce((sum, entry) => sum + entry.key.cost + entry.value.cost, 30),
      run: (frame) => {
        frame.charge(30);
        const made: [CelValue, CelValue][] = [];
        for (const entry of compiled) {
          const of = entry.value.run(frame);
          const given = entry.optional && of instanceof CelOptional ? of.value : of;
          if (given !== undefined) made.push([entry.key.run(frame), given]);
        }
        return new EntryMap(made);
      },
    };
  }

  #struct({ name, fields, at }: Expr & { type: 'struct' }): Checked {
    const type = this.scope.types.get(name);
    if (type === undefined) return this.refuse(at, `undeclared reference to '${name}' (in container '')`);
    const compiled = fields.map((field) => {
      const value = this.compile(field.value);
      const declared = type.fields.get(field.name);
      if (declared === undefined) this.refuse(field.at, `undefined field '${field.name}'`);
      else if (!isAssignable(declared.type, field.optional ? unwrapped(value.type) : value.type, new Map())) {
        const shown = `expected type of field '${field.name}' is '${showType(declared.type)}' but provided type is '${showType(value.type)}'`;
        this.refuse(field.at, shown);
      }
      return { ...field, value };
    });
    return {
      type,
      cost: compiled.reduce((sum, field) => sum + field.value.cost, 40),
      run: (frame) => {
        frame.charge(40);
        const values = new Map<string, CelValue>();
        for (const field of compiled) {
          const value = field.value.run(frame);
          const given = field.optional && value instanceof CelOptional ? value.value : value;
          if (given !== undefined) values.set(field.name, given);
        }
        return new FieldStruct(name, values);
      },
    };
  }

  /** The one type that all are of: Kubernetes wants aggregates to be of one. */
  #common(items: readonly { at: number; type: CelType }[]): CelType {
    let common: CelType | undefined;
    for (const { at, type } of items) {
      const joined: CelType | undefined = common === undefined ? type : join(common, type);
      if (joined === undefined) {
        this.refuse(at, `expected type '${showType(common as CelType)}' but found '${showType(type)}'`);
        return types.dyn;
      }
      common = joined;
    }
    return common ?? types.dyn;
  }
}

function slotReader(slot: number): (frame: Frame) => CelValue {
  return (frame) => {
    frame.charge(1);
    return frame.slots[slot] as CelValue;
  };
}

function literal(value: Literal): Checked {
  const constant = literalValue(value);
  const size = value.kind === 'string' || value.kind === 'bytes' ? { max: value.value.length } : {};
  return { type: { ...types[value.kind], ...size }, cost: 0, run: () => constant };
}

function literalValue(literal: Literal): CelValue {
  if (literal.kind === 'null') return null;
  if (literal.kind === 'uint') return new CelUint(literal.value);
  return literal.kind === 'bytes' ? new CelBytes(literal.value) : literal.value;
}
