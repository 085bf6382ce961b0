import {
  type Budget,
  BudgetExceeded,
  CelError,
  CelOptional,
  type CelType,
  compile,
  fromJson,
  optionalOf,
  type Program,
  REQUEST_BUDGET,
  types,
} from '../cel/index.ts';
import type { FieldError } from '../errors/index.ts';
import { field } from '../registry/field.ts';
import { getKey, isObject, jsonEqual } from '../schema/data.ts';
import { celType } from './cel-type.ts';
import type { RuleSpec, Structural } from './structural.ts';
import { correlated } from './validator.ts';

interface Rule {
  spec: RuleSpec;
  program: Program;
  message: Program | undefined;
  transition: boolean;
}

/** A rule with the value that it is about. */
interface Task {
  rule: Rule;
  node: RuleNode;
  value: unknown;
  /** undefined: there is none, or none that corresponds. */
  old: unknown;
  path: string;
  /** The value is what it was. */
  unchanged: boolean;
}

/** How long rules may keep the event loop before others get their turn. */
const SLICE_MS = 8;
const MAX_MESSAGE = 5 * 1024;

/** The x-kubernetes-validations of a schema, compiled. */
export class RuleSet {
  readonly #root: RuleNode | undefined;

  /** The definition has been checked: rules that do not compile (by a newer version of this program) are left out. */
  constructor(schema: Structural) {
    this.#root = RuleNode.of(schema, celType(schema, true), true);
  }

  get isEmpty(): boolean {
    return this.#root === undefined;
  }

  /** Errors at once, or later when there is much to do. */
  validate(object: unknown, old: unknown): FieldError[] | Promise<FieldError[]> {
    if (this.#root === undefined) return [];
    const tasks: Task[] = [];
    this.#root.collect(object, old, '', old !== undefined && jsonEqual(object, old), tasks);
    const run = new RuleRun(tasks);
    return run.step() ? run.errors : run.finish();
  }
}

class RuleRun {
  readonly errors: FieldError[] = [];
  readonly #tasks: readonly Task[];
  readonly #budget: Budget = { remaining: REQUEST_BUDGET };
  #next = 0;

  constructor(tasks: readonly Task[]) {
    this.#tasks = tasks;
  }

  /** Evaluates for a while; true when all is done. */
  step(): boolean {
    const until = performance.now() + SLICE_MS;
    while (this.#next < this.#tasks.length) {
      if (!this.#evaluate(this.#tasks[this.#next++] as Task)) return true;
      if (performance.now() > until) return this.#next >= this.#tasks.length;
    }
    return true;
  }

  async finish(): Promise<FieldError[]> {
    do await new Promise((resolve) => setImmediate(resolve));
    while (!this.step());
    return this.errors;
  }

  /** False: nothing more is to be evaluated. */
  #evaluate(task: Task): boolean {
    const { rule, node, path } = task;
    const refuse = (why: string): void => void this.errors.push(field.invalid(path, node.typeName, why));
    if (this.#budget.remaining <= 0) {
      refuse('validation failed due to running out of cost budget, no further validation rules will be run');
      return false;
    }
    try {
      if (evaluate(rule.program, task, this.#budget) === true) return true;
    } catch (error) {
      return this.#failed(error, ruleText(rule.spec), refuse);
    }
    if (task.unchanged && !rule.transition) return true;
    this.errors.push(errorOf(task, this.#messageOf(task)));
    return true;
  }

  #failed(error: unknown, rule: string, refuse: (why: string) => void): boolean {
    if (!(error instanceof CelError)) throw error;
    if (error instanceof BudgetExceeded) {
      refuse(
        `'${error.message}': no further validation rules will be run due to call cost exceeds limit for rule: ${rule}`,
      );
      return false;
    }
    if (error.message.startsWith('no such overload')) {
      refuse(
        `'${error.message}': call arguments did not match a supported operator, function or macro signature for rule: ${rule}`,
      );
    } else refuse(`${error.message} evaluating rule: ${rule}`);
    return true;
  }

  #messageOf(task: Task): string {
    const { spec, message } = task.rule;
    const plain = spec.message ? spec.message.trim() : `failed rule: ${ruleText(spec)}`;
    if (message === undefined) return plain;
    try {
      const made = evaluate(message, task, this.#budget);
      const text = typeof made === 'string' ? made.trim() : '';
      return text === '' || text.includes('\n') || text.length > MAX_MESSAGE ? plain : text;
    } catch (error) {
      if (error instanceof CelError) return plain;
      throw error;
    }
  }
}

const ruleText = ({ message, rule }: RuleSpec): string => (message || rule).trim();

function evaluate(program: Program, { node, value, old, rule }: Task, budget: Budget): unknown {
  return program.evaluate((variable) => {
    if (variable === 'self') return { json: value };
    if (rule.spec.optionalOldSelf !== true) return { json: old };
    return { value: new CelOptional(old === undefined ? undefined : fromJson(old, node.type)) };
  }, budget);
}

function errorOf({ rule: { spec }, value, path }: Task, message: string): FieldError {
  const where = spec.fieldPath
    ? `${path}${spec.fieldPath.replace(/\['((?:[^'\\]|\\.)*)'\]/g, '.$1')}`.replace(/^\./, '')
    : path;
  switch (spec.reason) {
    case 'FieldValueForbidden':
      return field.forbidden(where, message);
    case 'FieldValueRequired':
      return field.required(where, message);
    case 'FieldValueDuplicate':
      return field.duplicate(where, value);
    default:
      return isObject(value) || Array.isArray(value)
        ? field.invalidUnshown(where, message)
        : field.invalid(where, value, message);
  }
}

/** The part of a schema that has rules, or has parts that have some. */
class RuleNode {
  readonly schema: Structural;
  readonly type: CelType;
  readonly #rules: readonly Rule[];
  readonly #properties: ReadonlyMap<string, RuleNode>;
  readonly #additional: RuleNode | undefined;
  readonly #items: RuleNode | undefined;

  static of(schema: Structural, type: CelType | undefined, root: boolean): RuleNode | undefined {
    if (type === undefined) return undefined;
    const node = new RuleNode(schema, type, root);
    return node.#isEmpty ? undefined : node;
  }

  private constructor(schema: Structural, type: CelType, root: boolean) {
    this.schema = schema;
    this.type = type;
    this.#rules = schema.rules.flatMap((spec) => compileRule(spec, type));
    const part = (child: Structural): RuleNode | undefined =>
      RuleNode.of(child, celType(child, child.embedded), child.embedded);
    const parts = [...schema.properties].flatMap(([name, child]) => {
      const node = part(child);
      return node === undefined || (root && name === 'metadata') ? [] : [[name, node] as const];
    });
    this.#properties = new Map(parts);
    this.#additional = typeof schema.additional === 'object' ? part(schema.additional) : undefined;
    this.#items = schema.items && part(schema.items);
  }

  get #isEmpty(): boolean {
    return (
      this.#rules.length === 0 &&
      this.#properties.size === 0 &&
      this.#additional === undefined &&
      this.#items === undefined
    );
  }

  get typeName(): string {
    return this.schema.type || 'object';
  }

  collect(value: unknown, old: unknown, path: string, unchanged: boolean, tasks: Task[]): void {
    if (value === null || value === undefined) return;
    for (const rule of this.#rules) {
      const runs = rule.transition ? old !== undefined || rule.spec.optionalOldSelf === true : !unchanged;
      if (runs) tasks.push({ rule, node: this, value, old: old ?? undefined, path, unchanged });
    }
    if (Array.isArray(value)) this.#collectItems(value, old, path, unchanged, tasks);
    else if (isObject(value)) {
      const before = isObject(old) && this.schema.mapType !== 'atomic' ? old : undefined;
      for (const key of Object.keys(value)) {
        const node = this.#properties.get(key) ?? (this.schema.properties.has(key) ? undefined : this.#additional);
        if (node === undefined) continue;
        const was = before && getKey(before, key);
        node.collect(value[key], was, field.child(path, key), unchanged || same(value[key], was), tasks);
      }
    }
  }

  #collectItems(value: readonly unknown[], old: unknown, path: string, unchanged: boolean, tasks: Task[]): void {
    if (this.#items === undefined) return;
    const before = correlated(this.schema, old);
    for (const [i, item] of value.entries()) {
      const was = before?.(item);
      this.#items.collect(item, was, field.index(path, i), unchanged || same(item, was), tasks);
    }
  }
}

const same = (value: unknown, old: unknown): boolean => old !== undefined && jsonEqual(value, old);

/** The variables of a rule on a value of the type. */
export function ruleVariables(type: CelType, optionalOldSelf: boolean): ReadonlyMap<string, CelType> {
  return new Map([
    ['self', type],
    ['oldSelf', optionalOldSelf ? optionalOf(type) : type],
  ]);
}

function compileRule(spec: RuleSpec, type: CelType): Rule[] {
  const variables = ruleVariables(type, spec.optionalOldSelf === true);
  const compiled = compile(spec.rule, { variables, result: [types.bool] });
  if ('error' in compiled) return [];
  const message = spec.messageExpression
    ? compile(spec.messageExpression, { variables, result: [types.string] })
    : undefined;
  const { program } = compiled;
  return [
    {
      spec,
      program,
      transition: program.variables.has('oldSelf'),
      message: message && 'program' in message ? message.program : undefined,
    },
  ];
}
