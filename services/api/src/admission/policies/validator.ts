import { type Budget, REQUEST_BUDGET, types } from '@kubus/shared/cel';
import type { StatusReason } from '@kubus/shared/errors';
import { type Activation, bindingsOf } from '../expressions/activation.ts';
import { Composition, type Evaluated, type Expression, evaluate } from '../expressions/composition.ts';
import { MatchConditions } from '../expressions/conditions.ts';
import type { ValidatingPolicySpec, Validation } from './contract.ts';

/** Longest message that an expression may give. */
const MAX_MESSAGE_BYTES = 5 * 1024;

/** What one validation comes to. `failed`: an error where errors refuse; it is told of as a refusal is. */
export interface Refusal {
  /** Of the validation in its policy. */
  index: number;
  message: string;
  reason: StatusReason;
}

export interface Judgement {
  refusals: readonly Refusal[];
  annotations: readonly (readonly [key: string, value: string])[];
  /** Of audit annotations that could not be computed. */
  annotationErrors: readonly string[];
}

const nothing: Judgement = { refusals: [], annotations: [], annotationErrors: [] };

/** The expressions of a ValidatingAdmissionPolicy, compiled (policy/validating validator). */
export class Validator {
  readonly #conditions: MatchConditions;
  readonly #composition: Composition;
  readonly #validations: readonly { spec: Validation; expression: Expression; message: Expression | undefined }[];
  readonly #annotations: readonly { key: string; source: string; expression: Expression }[];
  readonly #ignoresErrors: boolean;

  constructor(spec: ValidatingPolicySpec) {
    const hasParams = spec.paramKind !== undefined;
    this.#conditions = new MatchConditions(spec.matchConditions ?? [], hasParams);
    this.#composition = new Composition(spec.variables ?? [], hasParams);
    this.#validations = (spec.validations ?? []).map((validation) => ({
      spec: validation,
      expression: this.#composition.compile(validation.expression, [types.bool]),
      message: validation.messageExpression
        ? this.#composition.compile(validation.messageExpression, [types.string])
        : undefined,
    }));
    this.#annotations = (spec.auditAnnotations ?? []).map(({ key, valueExpression }) => ({
      key,
      source: valueExpression,
      expression: this.#composition.compile(valueExpression, [types.string, types.null]),
    }));
    this.#ignoresErrors = spec.failurePolicy === 'Ignore';
  }

  judge(activation: Activation): Judgement {
    const budget: Budget = { remaining: REQUEST_BUDGET };
    const plain = bindingsOf(activation);
    const conditions = this.#conditions.evaluate(plain, budget);
    if ('error' in conditions) return { ...nothing, refusals: this.#failure(0, conditions.error) };
    if (!conditions.matches) return nothing;
    const bindings: ReturnType<typeof bindingsOf> = bindingsOf(
      activation,
      this.#composition.bind(budget, () => bindings),
    );
    const refusals = this.#validations.flatMap(({ spec, expression, message }, index) => {
      const result = evaluate(expression, bindings, budget);
      if ('error' in result) return this.#failure(index, result.error);
      if (result.value === true) return [];
      const said = message === undefined ? undefined : textOf(evaluate(message, bindings, budget));
      const reason = (spec.reason ?? 'Invalid') as StatusReason;
      return [
        { index, message: said || spec.message?.trim() || `failed expression: ${spec.expression.trim()}`, reason },
      ];
    });
    return { refusals, ...this.#annotate(bindings) };
  }

  #failure(index: number, message: string): Refusal[] {
    return this.#ignoresErrors ? [] : [{ index, message, reason: 'Invalid' }];
  }

  #annotate(bindings: ReturnType<typeof bindingsOf>): Pick<Judgement, 'annotations' | 'annotationErrors'> {
    const budget: Budget = { remaining: REQUEST_BUDGET };
    const annotations: [string, string][] = [];
    const errors: string[] = [];
    for (const { key, source, expression } of this.#annotations) {
      const result = evaluate(expression, bindings, budget);
      if ('error' in result) errors.push(result.error);
      else if (typeof result.value === 'string') {
        if (result.value.trim() !== '') annotations.push([key, result.value.trim()]);
      } else if (result.value !== null) {
        errors.push(
          `valueExpression '${source}' resulted in unsupported return type. Return type must be either string or null.`,
        );
      }
    }
    return { annotations, annotationErrors: this.#ignoresErrors ? [] : errors };
  }
}

/** One line of a reasonable length; anything else is passed over. */
function textOf(result: Evaluated): string | undefined {
  if ('error' in result || typeof result.value !== 'string') return undefined;
  const text = result.value.trim();
  return text.includes('\n') || Buffer.byteLength(text) > MAX_MESSAGE_BYTES ? undefined : text;
}
