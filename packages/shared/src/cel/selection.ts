import type { Expr } from './ast.ts';
import type { Checked, CompileContext } from './checked.ts';
import { CelError, noKey } from './errors.ts';
import { lookup } from './operators.ts';
import { type CelType, optionalOf, showType, types } from './types.ts';
import { CelList, CelOptional, type CelValue, peek, select } from './values.ts';

/** `a.b`, `a.?b` and `has(a.b)`. */
export function compileSelect(compiler: CompileContext, expr: Expr & { type: 'select' | 'has' }): Checked {
  const operand = compiler.compile(expr.operand);
  const { field, at } = expr;
  const wrapped = operand.type.kind === 'optional';
  const type = fieldType(compiler, operand.type, field, at);
  const cost = operand.cost + 1;
  const { run } = operand;
  if (expr.type === 'has') {
    const isSet = (value: CelValue): boolean =>
      value instanceof CelOptional ? value.value !== undefined && isSet(value.value) : peek(value, field) !== undefined;
    // Whether something is there is asked for free, as kube-apiserver has it.
    return { type: types.bool, cost: operand.cost, run: (frame) => isSet(run(frame)) };
  }
  if (!expr.optional && !wrapped) {
    return { type, cost, run: charged((frame) => selectFrom(run(frame), field)) };
  }
  return { type: optionalOf(type), cost, run: charged((frame) => optionalField(run(frame), field)) };
}

function charged(run: Checked['run']): Checked['run'] {
  return (frame) => {
    frame.charge(1);
    return run(frame);
  };
}

/** What is dynamic may turn out to be optional. */
function selectFrom(operand: CelValue, field: string): CelValue {
  return operand instanceof CelOptional ? optionalField(operand, field) : select(operand, field);
}

function optionalField(operand: CelValue, field: string): CelOptional {
  if (!(operand instanceof CelOptional)) return new CelOptional(peek(operand, field));
  return operand.value === undefined ? operand : optionalField(operand.value, field);
}

function fieldType(compiler: CompileContext, operand: CelType, field: string, at: number): CelType {
  switch (operand.kind) {
    case 'dyn':
      return types.dyn;
    case 'map':
      return operand.value;
    case 'optional':
      return fieldType(compiler, operand.element, field, at);
    case 'object': {
      const declared = operand.fields.get(field);
      return declared?.type ?? compiler.refuse(at, `undefined field '${field}'`).type;
    }
    default:
      return compiler.refuse(at, `type '${showType(operand)}' does not support field selection`).type;
  }
}

/** `a[k]` and `a[?k]`. */
export function compileIndex(
  compiler: CompileContext,
  { operand: operandExpr, key: keyExpr, optional, at }: Expr & { type: 'index' },
): Checked {
  const operand = compiler.compile(operandExpr);
  const key = compiler.compile(keyExpr);
  const wrapped = operand.type.kind === 'optional';
  const type = elementType(wrapped ? (operand.type as CelType & { kind: 'optional' }).element : operand.type, key.type);
  if (type === undefined) return compiler.noMatch(at, optional ? '_[?_]' : '_[_]', [operand, key]);
  const cost = operand.cost + key.cost + 1;
  if (!optional && !wrapped) {
    return {
      type,
      cost,
      run: (frame) => {
        frame.charge(1);
        const container = operand.run(frame);
        const index = key.run(frame);
        const found = container instanceof CelOptional ? optionalElement(container, index) : lookup(container, index);
        if (found === undefined) throw missing(container, index);
        return found;
      },
    };
  }
  return {
    type: optionalOf(type),
    cost,
    run: charged((frame) => optionalElement(operand.run(frame), key.run(frame))),
  };
}

function optionalElement(operand: CelValue, key: CelValue): CelOptional {
  if (!(operand instanceof CelOptional)) return new CelOptional(lookup(operand, key));
  return operand.value === undefined ? operand : optionalElement(operand.value, key);
}

function missing(container: CelValue, key: CelValue): CelError {
  return container instanceof CelList ? new CelError(`index out of bounds: ${String(key)}`) : noKey(key);
}

function elementType(container: CelType, key: CelType): CelType | undefined {
  if (container.kind === 'dyn') return types.dyn;
  if (container.kind === 'list') return key.kind === 'int' || key.kind === 'dyn' ? container.element : undefined;
  if (container.kind !== 'map') return undefined;
  const fits = key.kind === 'dyn' || container.key.kind === 'dyn' || key.kind === container.key.kind;
  return fits ? container.value : undefined;
}
