import type { Scope } from './checked.ts';
import { Compiler } from './compiler.ts';
import { showIssues } from './errors.ts';
import { Frame, Patterns } from './frame.ts';
import type { Library } from './function.ts';
import { fromJson } from './json.ts';
import { standardLibrary } from './library/index.ts';
import { parse } from './parser.ts';
import { type CelType, type ObjectType, showType } from './types.ts';
import type { CelValue } from './values.ts';

/** What an expression may speak of. */
export interface CelEnv {
  variables: ReadonlyMap<string, CelType>;
  /** Object types that it may make: `Object.spec{replicas: 1}`. Default: none. */
  types?: ReadonlyMap<string, ObjectType>;
  /** Default: all of Kubernetes' libraries but authorizers. */
  library?: Library;
  /** Types that the result may have; dyn fits always. Default: any. */
  result?: readonly CelType[];
}

/** What the evaluations of one request may cost together (k8s.io/apiserver/pkg/apis/cel). */
export interface Budget {
  remaining: number;
}

/** Most units of one evaluation. */
const PER_CALL_LIMIT = 1_000_000;
/** Most units of all rules of one object. */
export const REQUEST_BUDGET = 10_000_000;

export interface Program {
  readonly type: CelType;
  /** The most that an evaluation can cost, by the sizes that the types allow. */
  readonly estimatedCost: number;
  /** The variables that the expression uses. */
  readonly variables: ReadonlySet<string>;
  /**
   * `bindings` gives JSON or values for variables; only those that are used are asked for. Throws CelError for what has no value, BudgetExceeded when
   * the evaluation or the budget is at its limit.
   */
  evaluate(bindings: (variable: string) => Binding, budget?: Budget): CelValue;
}

/** A value as it is, or JSON that is read as the variable's type says. */
export type Binding = { value: CelValue } | { json: unknown };

export type Compilation = { program: Program } | { error: string };

/** Checks an expression; an error is worded as kube-apiserver words it. */
export function compile(source: string, env: CelEnv): Compilation {
  const parsed = parse(source);
  if (!('type' in parsed)) return { error: `compilation failed: ${showIssues(source, [parsed])}` };
  const scope: Scope = {
    variables: env.variables,
    types: env.types ?? new Map<string, ObjectType>(),
    library: env.library ?? standardLibrary,
  };
  const compiler = new Compiler(scope);
  const checked = compiler.compile(parsed);
  if (compiler.issues.length > 0) return { error: `compilation failed: ${showIssues(source, compiler.issues)}` };
  const wrongType = wrongResult(checked.type, env.result);
  if (wrongType !== undefined) return { error: wrongType };
  const patterns = new Patterns();
  const used = [...compiler.used].map(([name, slot]) => ({ name, slot, type: scope.variables.get(name) as CelType }));
  const program: Program = {
    type: checked.type,
    estimatedCost: Math.min(checked.cost, Number.MAX_SAFE_INTEGER),
    variables: new Set(compiler.used.keys()),
    evaluate: (bindings, budget) => {
      const limit = Math.min(PER_CALL_LIMIT, budget?.remaining ?? PER_CALL_LIMIT);
      const frame = new Frame(compiler.slots, limit, patterns);
      for (const { name, slot, type } of used) {
        const binding = bindings(name);
        frame.slots[slot] = 'value' in binding ? binding.value : fromJson(binding.json, type);
      }
      try {
        return checked.run(frame);
      } finally {
        if (budget !== undefined) budget.remaining -= Math.ceil(frame.spent);
      }
    },
  };
  return { program };
}

function wrongResult(type: CelType, allowed: readonly CelType[] | undefined): string | undefined {
  if (allowed === undefined || type.kind === 'dyn') return undefined;
  if (
    allowed.some(
      (one) =>
        one.kind === type.kind && (one.kind !== 'list' || one.element.kind === (type as typeof one).element.kind),
    )
  ) {
    return undefined;
  }
  if (allowed.length === 1) return `must evaluate to ${showType(allowed[0] as CelType)}`;
  return `must evaluate to one of [${allowed.map(showType).join(' ')}]`;
}
