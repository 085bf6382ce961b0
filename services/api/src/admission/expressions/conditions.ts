import { type Binding, type Budget, CelError, compile, type Program, types } from '@kubus/shared/cel';
import type { Expression } from './composition.ts';
import { admissionLibrary, variablesOf } from './environment.ts';

export interface MatchCondition {
  name: string;
  expression: string;
}

export type ConditionsResult = { matches: boolean } | { error: string };

interface Compiled {
  condition: MatchCondition;
  program: Program | { error: string };
}

/** Expressions that all have to hold before a webhook or policy is asked (KEP-3716). */
export class MatchConditions {
  readonly #compiled: readonly Compiled[];

  constructor(conditions: readonly MatchCondition[], hasParams: boolean) {
    const variables = variablesOf(hasParams);
    this.#compiled = conditions.map((condition) => {
      const result = compile(condition.expression, { variables, library: admissionLibrary, result: [types.bool] });
      return {
        condition,
        program: 'program' in result ? result.program : { error: result.error },
      };
    });
  }

  /** In their order. */
  get expressions(): readonly Expression[] {
    return this.#compiled.map(({ condition, program }) => ({ source: condition.expression, program }));
  }

  get isEmpty(): boolean {
    return this.#compiled.length === 0;
  }

  /** One that does not hold decides, whatever errors the others have. */
  evaluate(bindings: (variable: string) => Binding, budget: Budget): ConditionsResult {
    const errors: string[] = [];
    for (const { condition, program } of this.#compiled) {
      const result = evaluateOne(condition, program, bindings, budget);
      if (result === false) return { matches: false };
      if (result !== true) errors.push(result);
    }
    return errors.length === 0
      ? { matches: true }
      : { error: errors.length === 1 ? (errors[0] as string) : `[${errors.join(', ')}]` };
  }
}

function evaluateOne(
  { expression }: MatchCondition,
  program: Compiled['program'],
  bindings: (variable: string) => Binding,
  budget: Budget,
): boolean | string {
  if ('error' in program) return `compilation error: ${program.error}`;
  try {
    return program.evaluate(bindings, budget) === true;
  } catch (error) {
    if (error instanceof CelError) return `expression '${expression}' resulted in error: ${error.message}`;
    throw error;
  }
}
