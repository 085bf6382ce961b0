import { type CelType, compile, types } from '../cel/index.ts';
import type { FieldError } from '../errors/index.ts';
import { field } from '../registry/field.ts';
import type { JsonObject } from '../schema/data.ts';
import { celType, leastSize } from './cel-type.ts';
import { ruleVariables } from './rules.ts';
import { number, type RuleSpec, type Structural, structuralOf } from './structural.ts';

/** Most units that one rule may be estimated to cost, and all rules of a schema together (apiextensions validation, StaticEstimatedCostLimit). */
const RULE_LIMIT = 10_000_000;
const SCHEMA_LIMIT = 100_000_000;
/** Each is compiled while others wait. */
const MAX_RULES = 2000;
const MAX_TEXT = 2048;
const MAX_REQUEST = 3 * 1024 * 1024;
const reasons = ['FieldValueRequired', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueDuplicate'];

/** What is wrong with the x-kubernetes-validations of a schema that is structural. */
export function ruleErrors(props: JsonObject, path: string): FieldError[] {
  const walk = new RuleWalk();
  walk.visit(structuralOf(props), path, { root: true, count: 1, correlated: true });
  if (walk.total > SCHEMA_LIMIT) {
    const why = `x-kubernetes-validations estimated rule & messageExpression cost total for entire OpenAPIv3 schema exceeds budget by factor of ${factor(walk.total, SCHEMA_LIMIT)} (try simplifying the rule(s), or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`;
    walk.errors.push(field.forbidden(path, why));
  }
  return walk.errors;
}

/** Where rules stand. */
interface Place {
  /** The schema of a whole object. */
  root: boolean;
  /** How often its values can be in one object; undefined where a list or map around them has no bound: as often as a request has room for. */
  count: number | undefined;
  /** Its values can be told apart from one version of an object to the next. */
  correlated: boolean;
}

class RuleWalk {
  readonly errors: FieldError[] = [];
  total = 0;
  #rules = 0;

  visit(schema: Structural, path: string, place: Place): void {
    if (schema.rules.length > 0) this.#visitRules(schema, field.child(path, 'x-kubernetes-validations'), place);
    const { count, correlated } = place;
    const fixed = correlated && schema.mapType !== 'atomic';
    const times = (bound: string): number | undefined => {
      const most = number(schema.props, bound);
      return count === undefined || most === undefined ? undefined : count * most;
    };
    for (const [name, child] of schema.properties) {
      const where = `${field.child(path, 'properties')}[${name}]`;
      this.visit(child, where, { root: child.embedded, count, correlated: fixed });
    }
    const { items, additional } = schema;
    if (items !== undefined) {
      const keyed = correlated && schema.listType === 'map';
      this.visit(items, field.child(path, 'items'), {
        root: items.embedded,
        count: times('maxItems'),
        correlated: keyed,
      });
    }
    if (typeof additional === 'object') {
      const where = field.child(path, 'additionalProperties');
      this.visit(additional, where, { root: additional.embedded, count: times('maxProperties'), correlated: fixed });
    }
  }

  #visitRules(schema: Structural, path: string, place: Place): void {
    this.#rules += schema.rules.length;
    if (this.#rules > MAX_RULES) {
      this.errors.push(field.tooMany(path, this.#rules, MAX_RULES));
      return;
    }
    const type = celType(schema, place.root);
    // As many as a request has room for, where nothing says how many (apiserver/pkg/cel/library maxCardinality).
    const count = place.count ?? Math.floor(MAX_REQUEST / (leastSize(schema) + 1));
    for (const [i, spec] of schema.rules.entries()) {
      const where = field.index(path, i);
      this.errors.push(...textErrors(spec, where));
      if (spec.rule.trim() === '')
        this.errors.push(field.required(field.child(where, 'rule'), 'rule is not specified'));
      else if (type === undefined)
        this.errors.push(
          field.invalid(field.child(where, 'rule'), spec.rule, 'cannot be used on a value whose type is not known'),
        );
      else this.#compile(spec, type, where, count, place.correlated);
    }
  }

  #compile(spec: RuleSpec, type: CelType, path: string, count: number, correlated: boolean): void {
    const variables = ruleVariables(type, spec.optionalOldSelf === true);
    const rule = compile(spec.rule, { variables, result: [types.bool] });
    const rulePath = field.child(path, 'rule');
    if ('error' in rule) this.errors.push(refusal(rulePath, spec, rule.error));
    else {
      this.#charge(rule.program.estimatedCost, rulePath, count);
      const transition = rule.program.variables.has('oldSelf') && spec.optionalOldSelf !== true;
      const why = 'oldSelf cannot be used on the uncorrelatable portion of the schema';
      if (transition && !correlated) this.errors.push(field.invalid(rulePath, spec.rule, why));
    }
    if (!spec.messageExpression?.trim()) return;
    const message = compile(spec.messageExpression, { variables, result: [types.string] });
    const messagePath = field.child(path, 'messageExpression');
    if ('error' in message)
      this.errors.push(
        refusal(
          messagePath,
          spec,
          message.error.replace(/^must evaluate to .*/, 'messageExpression must evaluate to a string'),
        ),
      );
    else this.#charge(message.program.estimatedCost, messagePath, count);
  }

  #charge(estimate: number, path: string, count: number): void {
    const cost = estimate * count;
    this.total += cost;
    if (cost <= RULE_LIMIT) return;
    const why = `estimated rule cost exceeds budget by factor of ${factor(cost, RULE_LIMIT)} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`;
    this.errors.push(field.forbidden(path, why));
  }
}

function factor(cost: number, limit: number): string {
  return cost / limit > 100 ? 'more than 100x' : `${(cost / limit).toFixed(1)}x`;
}

function textErrors(spec: RuleSpec, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { message, messageExpression, reason } = spec;
  const at = (name: string): string => field.child(path, name);
  if (message !== undefined && message !== '' && message.trim() === '')
    errors.push(field.invalid(at('message'), message, 'message must be non-empty if specified'));
  if (message?.includes('\n'))
    errors.push(field.invalid(at('message'), message, 'message must not contain line breaks'));
  if (message !== undefined && Buffer.byteLength(message) > MAX_TEXT)
    errors.push(field.tooLong(at('message'), MAX_TEXT));
  if (spec.rule.includes('\n') && !message?.trim() && !messageExpression)
    errors.push(field.required(at('message'), 'message must be specified if rule contains line breaks'));
  if (messageExpression !== undefined && messageExpression !== '' && messageExpression.trim() === '') {
    errors.push(field.required(at('messageExpression'), 'messageExpression must be non-empty if specified'));
  }
  if (reason !== undefined && !reasons.includes(reason)) errors.push(field.notSupported(at('reason'), reason, reasons));
  return errors;
}

/** Rules as Go prints them. */
function refusal(path: string, spec: RuleSpec, why: string): FieldError {
  const quoted = (text: string | undefined): string => JSON.stringify(text ?? '');
  const pointer = (value: unknown, type: string): string =>
    value === undefined ? `(*${type})(nil)` : `(*${type})(0xc000000000)`;
  const shown = `apiextensions.ValidationRule{Rule:${quoted(spec.rule)}, Message:${quoted(spec.message)}, MessageExpression:${quoted(spec.messageExpression)}, Reason:${pointer(spec.reason, 'apiextensions.FieldValueErrorReason')}, FieldPath:${quoted(spec.fieldPath)}, OptionalOldSelf:${pointer(spec.optionalOldSelf, 'bool')}}`;
  return { type: 'FieldValueInvalid', field: path, detail: `Invalid value: ${shown}: ${why}` };
}
