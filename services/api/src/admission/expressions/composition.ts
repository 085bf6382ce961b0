import {
  type Binding,
  type Budget,
  type CelEnv,
  CelError,
  type CelField,
  type CelType,
  type CelValue,
  compile,
  LazyStruct,
  type ObjectType,
  type Program,
  types,
} from '@kubus/shared/cel';
import { admissionLibrary, variablesOf } from './environment.ts';

export interface Variable {
  name: string;
  expression: string;
}

export type Evaluated = { value: CelValue } | { error: string };

/** An expression, or why it is none. */
export interface Expression {
  source: string;
  program: Program | { error: string };
}

const variablesType = 'kubernetes.variables';

/**
 * The expressions of a policy, which may use its variables: each of them may use those before it, and is computed at most once for each
 * request (KEP-3488 "Variable composition").
 */
export class Composition {
  readonly #env: CelEnv;
  readonly #variables = new Map<string, Expression>();
  readonly #order: Expression[] = [];

  constructor(variables: readonly Variable[], hasParams: boolean, object?: CelType, more: Partial<CelEnv> = {}) {
    const fields = new Map<string, CelField>();
    const type: ObjectType = { kind: 'object', name: variablesType, fields };
    const declared = variablesOf(hasParams, object).set('variables', type);
    this.#env = { variables: declared, library: admissionLibrary, ...more };
    for (const { name, expression } of variables) {
      const compiled = this.compile(expression);
      this.#variables.set(name, compiled);
      this.#order.push(compiled);
      fields.set(name, { json: name, type: 'error' in compiled.program ? types.dyn : compiled.program.type });
    }
  }

  /** In the order in which they were declared. */
  get variables(): readonly Expression[] {
    return this.#order;
  }

  compile(source: string, result?: readonly CelType[]): Expression {
    const compiled = compile(source, result === undefined ? this.#env : { ...this.#env, result });
    return { source, program: 'program' in compiled ? compiled.program : { error: compiled.error } };
  }

  /** The variables of one evaluation, beside those that `bindingsOf` gives. */
  bind(budget: Budget, bindings: () => (variable: string) => Binding): (variable: string) => Binding | undefined {
    const compute = (name: string): CelValue | undefined => {
      const variable = this.#variables.get(name);
      if (variable === undefined) return undefined;
      const result = evaluate(variable, bindings(), budget);
      if ('value' in result) return result.value;
      throw new CelError(`composited variable ${JSON.stringify(name)} fails to evaluate: ${result.error}`);
    };
    const struct = new LazyStruct(variablesType, compute);
    return (variable) => (variable === 'variables' ? { value: struct } : undefined);
  }
}

export function evaluate(
  { source, program }: Expression,
  bindings: (variable: string) => Binding,
  budget: Budget,
): Evaluated {
  if ('error' in program) return { error: `compilation error: ${program.error}` };
  try {
    return { value: program.evaluate(bindings, budget) };
  } catch (error) {
    if (!(error instanceof CelError)) throw error;
    if (budget.remaining <= 0) return { error: outOfBudget };
    return { error: `expression '${source}' resulted in error: ${error.message}` };
  }
}

const outOfBudget = 'validation failed due to running out of cost budget, no further validation rules will be run';
