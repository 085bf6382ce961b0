import type { Expr, MacroName } from './ast.ts';
import { SyntaxIssue } from './lexer.ts';

const oneVariable: ReadonlyMap<string, MacroName> = new Map<string, MacroName>([
  ['all', 'all'],
  ['exists', 'exists'],
  ['exists_one', 'existsOne'],
  ['existsOne', 'existsOne'],
  ['map', 'map'],
  ['filter', 'filter'],
]);
const twoVariables: ReadonlyMap<string, MacroName> = new Map<string, MacroName>([
  ['all', 'all'],
  ['exists', 'exists'],
  ['existsOne', 'existsOne'],
  ['exists_one', 'existsOne'],
  ['transformList', 'transformList'],
  ['transformMap', 'transformMap'],
  ['transformMapEntry', 'transformMapEntry'],
]);

/** The node of a call that is a macro's; undefined when it is a function's. */
export function expandMacro(name: string, target: Expr | undefined, args: Expr[], at: number): Expr | undefined {
  if (target === undefined) return name === 'has' && args.length === 1 ? has(args[0] as Expr, at) : undefined;
  if (name === 'bind' && target.type === 'ident' && target.name === 'cel' && args.length === 3) {
    const [variable, init, body] = args as [Expr, Expr, Expr];
    return { type: 'bind', at, name: variableOf(variable), init, body, depth: 0 };
  }
  if ((name === 'optMap' || name === 'optFlatMap') && args.length === 2) {
    const [variable, body] = args as [Expr, Expr];
    const flat = name === 'optFlatMap';
    return { type: 'optMap', at, flat, operand: target, name: variableOf(variable), body, depth: 0 };
  }
  return comprehension(name, target, args, at);
}

function has(operand: Expr, at: number): Expr {
  if (operand.type !== 'select' || operand.optional) throw new SyntaxIssue(at, 'invalid argument to has() macro');
  return { type: 'has', at, operand: operand.operand, field: operand.field, depth: 0 };
}

function comprehension(name: string, range: Expr, args: Expr[], at: number): Expr | undefined {
  const single = oneVariable.get(name);
  if (single !== undefined && args.length === 2) {
    const [variable, body] = args as [Expr, Expr];
    const transforms = single === 'map';
    return {
      ...{ type: 'comprehension', at, macro: single, range, variables: [variableOf(variable)] as [string] },
      test: transforms ? undefined : body,
      transform: transforms ? body : undefined,
      depth: 0,
    };
  }
  if (name === 'map' && args.length === 3) {
    const [variable, test, transform] = args as [Expr, Expr, Expr];
    const variables: [string] = [variableOf(variable)];
    return { type: 'comprehension', at, macro: 'map', range, variables, test, transform, depth: 0 };
  }
  const double = twoVariables.get(name);
  if (double === undefined || args.length < 3 || args.length > 4) return undefined;
  const [key, value, ...rest] = args as [Expr, Expr, Expr, Expr?];
  const variables: [string, string] = [variableOf(key), variableOf(value)];
  if (variables[0] === variables[1]) throw new SyntaxIssue(at, 'duplicate variable name in comprehension');
  const transforms = double.startsWith('transform');
  if (!transforms && rest.length > 1) return undefined;
  const transform = transforms ? rest.at(-1) : undefined;
  const test = transforms && rest.length === 1 ? undefined : rest[0];
  return { type: 'comprehension', at, macro: double, range, variables, test, transform, depth: 0 };
}

function variableOf(expr: Expr): string {
  if (expr.type !== 'ident' || expr.name.startsWith('.'))
    throw new SyntaxIssue(expr.at, 'argument must be a simple name');
  return expr.name;
}
