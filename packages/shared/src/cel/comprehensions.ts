import type { Comprehension, Expr, MacroName } from './ast.ts';
import { absorb, type Checked, type CompileContext, maxSize, truth, unwrapped } from './checked.ts';
import { type CelError, noOverload } from './errors.ts';
import type { Frame } from './frame.ts';
import { type CelType, listOf, mapOf, optionalOf, showType, types } from './types.ts';
import { ArrayList, CelList, CelMap, CelOptional, type CelValue, EntryMap } from './values.ts';

/** One turn of a loop, as the macros see it. */
interface Loop {
  /** Calls for each element, until it says that that is enough. */
  each(frame: Frame, range: CelValue, turn: () => boolean): void;
  test: Checked | undefined;
  transform: Checked | undefined;
  /** Slot of the first variable. */
  first: number;
}

export function compileComprehension(compiler: CompileContext, expr: Comprehension): Checked {
  const range = compiler.compile(expr.range);
  const [first, second] = rangeTypes(range.type, expr.variables.length === 2);
  if (first === undefined || second === undefined) {
    const shown = `expression of type '${showType(range.type)}' cannot be range of a comprehension (must be list, map, or dynamic)`;
    return compiler.refuse(expr.range.at, shown);
  }
  const body = (slots: readonly [number, number | undefined]): Checked => {
    const test = expr.test && compiler.compile(expr.test);
    if (test !== undefined && test.type.kind !== 'bool' && test.type.kind !== 'dyn') {
      return compiler.refuse(expr.test?.at as number, `expected type 'bool' but found '${showType(test.type)}'`);
    }
    const transform = expr.transform && compiler.compile(expr.transform);
    const loop: Loop = { each: iteration(slots), test, transform, first: slots[0] };
    const elementCost = (test?.cost ?? 0) + (transform?.cost ?? 0) + 3;
    return {
      type: resultType(expr.macro, range.type, transform?.type),
      cost: range.cost + 1 + maxSize(range.type) * elementCost,
      run: (frame) => macros[expr.macro](loop, frame, range.run(frame)),
    };
  };
  const [one, two] = expr.variables;
  return compiler.withLocal(one, first, (slot) =>
    two === undefined ? body([slot, undefined]) : compiler.withLocal(two, second, (other) => body([slot, other])),
  );
}

function rangeTypes(range: CelType, two: boolean): [CelType | undefined, CelType | undefined] {
  if (range.kind === 'dyn') return [types.dyn, types.dyn];
  if (range.kind === 'list') return two ? [types.int, range.element] : [range.element, types.dyn];
  return range.kind === 'map' ? [range.key, range.value] : [undefined, undefined];
}

function resultType(macro: MacroName, range: CelType, transform: CelType | undefined): CelType {
  switch (macro) {
    case 'map':
    case 'transformList':
      return listOf(transform ?? types.dyn, maxSize(range));
    case 'filter':
      return range.kind === 'map' ? listOf(range.key, maxSize(range)) : range;
    case 'transformMap':
      return mapOf(
        range.kind === 'map' ? range.key : range.kind === 'list' ? types.int : types.dyn,
        transform ?? types.dyn,
        maxSize(range),
      );
    case 'transformMapEntry':
      return transform ?? types.dyn;
    default:
      return types.bool;
  }
}

function iteration([first, second]: readonly [number, number | undefined]): Loop['each'] {
  return (frame, range, turn) => {
    if (range instanceof CelList) {
      for (let i = 0; i < range.size; i++) {
        frame.charge(2);
        if (second === undefined) frame.slots[first] = range.at(i);
        else {
          frame.slots[first] = BigInt(i);
          frame.slots[second] = range.at(i);
        }
        if (turn()) return;
      }
    } else if (range instanceof CelMap) {
      for (const key of range.keys()) {
        frame.charge(2);
        frame.slots[first] = key;
        if (second !== undefined) frame.slots[second] = range.get(key) as CelValue;
        if (turn()) return;
      }
    } else throw noOverload();
  };
}

/** Whether the loop's condition holds for the element at hand. */
const holds = (loop: Loop, frame: Frame): boolean => loop.test === undefined || truth(loop.test.run(frame));

/** An element that decides makes up for the errors of all others. */
function quantify(loop: Loop, frame: Frame, range: CelValue, decisive: boolean): boolean {
  let decided = false;
  let error: CelError | undefined;
  loop.each(frame, range, () => {
    try {
      decided = holds(loop, frame) === decisive;
    } catch (thrown) {
      error ??= absorb(frame, thrown);
    }
    return decided;
  });
  if (!decided && error !== undefined) throw error;
  return decided ? decisive : !decisive;
}

const macros: Record<MacroName, (loop: Loop, frame: Frame, range: CelValue) => CelValue> = {
  all: (loop, frame, range) => quantify(loop, frame, range, false),
  exists: (loop, frame, range) => quantify(loop, frame, range, true),
  existsOne: (loop, frame, range) => {
    let count = 0;
    loop.each(frame, range, () => {
      if (holds(loop, frame)) count++;
      return false;
    });
    return count === 1;
  },
  filter: (loop, frame, range) => {
    const kept: CelValue[] = [];
    loop.each(frame, range, () => {
      const element = frame.slots[loop.first] as CelValue;
      if (holds(loop, frame)) kept.push(element);
      return false;
    });
    return new ArrayList(kept);
  },
  map: collect,
  transformList: collect,
  transformMap: (loop, frame, range) => {
    const entries: [CelValue, CelValue][] = [];
    loop.each(frame, range, () => {
      const key = frame.slots[loop.first] as CelValue;
      if (holds(loop, frame)) entries.push([key, (loop.transform as Checked).run(frame)]);
      return false;
    });
    return new EntryMap(entries);
  },
  transformMapEntry: (loop, frame, range) => {
    const entries: [CelValue, CelValue][] = [];
    loop.each(frame, range, () => {
      if (!holds(loop, frame)) return false;
      const made = (loop.transform as Checked).run(frame);
      if (!(made instanceof CelMap)) throw noOverload();
      for (const key of made.keys()) entries.push([key, made.get(key) as CelValue]);
      return false;
    });
    return new EntryMap(entries);
  },
};

function collect(loop: Loop, frame: Frame, range: CelValue): CelValue {
  const made: CelValue[] = [];
  loop.each(frame, range, () => {
    if (holds(loop, frame)) made.push((loop.transform as Checked).run(frame));
    return false;
  });
  return new ArrayList(made);
}

/** `cel.bind(name, value, body)`. */
export function compileBind(
  compiler: CompileContext,
  { name, init: initExpr, body: bodyExpr }: Expr & { type: 'bind' },
): Checked {
  const init = compiler.compile(initExpr);
  return compiler.withLocal(name, init.type, (slot) => {
    const body = compiler.compile(bodyExpr);
    return {
      type: body.type,
      cost: init.cost + body.cost + 1,
      run: (frame) => {
        frame.charge(1);
        frame.slots[slot] = init.run(frame);
        return body.run(frame);
      },
    };
  });
}

/** `optional.optMap(name, body)` and `optFlatMap`. */
export function compileOptMap(
  compiler: CompileContext,
  { operand: operandExpr, name, body: bodyExpr, flat, at }: Expr & { type: 'optMap' },
): Checked {
  const operand = compiler.compile(operandExpr);
  const { kind } = operand.type;
  if (kind !== 'optional' && kind !== 'dyn')
    return compiler.noMatch(at, flat ? 'optFlatMap' : 'optMap', [operand], true);
  return compiler.withLocal(name, unwrapped(operand.type), (slot) => {
    const body = compiler.compile(bodyExpr);
    return {
      type: flat ? body.type : optionalOf(body.type),
      cost: operand.cost + body.cost + 1,
      run: (frame) => {
        frame.charge(1);
        const value = operand.run(frame);
        if (!(value instanceof CelOptional)) throw noOverload();
        if (value.value === undefined) return value;
        frame.slots[slot] = value.value;
        return flat ? body.run(frame) : new CelOptional(body.run(frame));
      },
    };
  });
}
