import type { FieldError } from '../../errors/index.ts';
import type { JobSpec, SuccessPolicyRule } from '../../schema/index.ts';
import { field } from '../field.ts';
import { nonNegative } from '../workload.ts';

const maxRules = 20;
const maxIndexesLength = 64 * 1024;

/** When an indexed job is done before all of its indexes are (pkg/apis/batch/validation validateSuccessPolicy). */
export function validateSuccessPolicy(spec: JobSpec, path: string): FieldError[] {
  if (spec.completionMode !== 'Indexed') {
    return [field.invalid(path, spec.successPolicy, 'requires indexed completion mode')];
  }
  const rules = spec.successPolicy?.rules ?? [];
  const errors: FieldError[] = [];
  if (rules.length === 0) {
    const why = 'at least one rules must be specified when the successPolicy is specified';
    errors.push(field.required(`${path}.rules`, why));
  }
  if (rules.length > maxRules) errors.push(field.tooMany(`${path}.rules`, rules.length, maxRules));
  return [...errors, ...rules.flatMap((rule, i) => validateRule(spec, rule, `${path}.rules[${i}]`))];
}

function validateRule(spec: JobSpec, { succeededCount, succeededIndexes }: SuccessPolicyRule, path: string) {
  const errors: FieldError[] = [];
  if (succeededCount === undefined && succeededIndexes === undefined) {
    const why = 'at least one of succeededCount or succeededIndexes must be specified';
    errors.push(field.required(path, why));
  }
  const { completions = 0 } = spec;
  let total: number | undefined;
  if (succeededIndexes !== undefined) {
    const where = `${path}.succeededIndexes`;
    if (succeededIndexes.length > maxIndexesLength) errors.push(field.tooLong(where, maxIndexesLength));
    const counted = countIndexes(succeededIndexes, completions);
    if (typeof counted === 'number') total = counted;
    else errors.push(field.invalid(where, succeededIndexes, `error parsing succeededIndexes: ${counted}`));
  }
  if (succeededCount === undefined) return errors;
  const where = `${path}.succeededCount`;
  errors.push(...nonNegative(succeededCount, where));
  if (spec.completions !== undefined && succeededCount > completions) {
    const why = `must be less than or equal to ${completions} (the number of specified completions)`;
    errors.push(field.invalid(where, succeededCount, why));
  }
  if (total !== undefined && succeededCount > total) {
    const why = `must be less than or equal to ${total} (the number of indexes in the specified succeededIndexes field)`;
    errors.push(field.invalid(where, succeededCount, why));
  }
  return errors;
}

/** How many indexes a text such as '1,3-5,7' names, or why it cannot be read: ascending, without overlaps, below `completions`. */
function countIndexes(text: string, completions: number): number | string {
  if (text === '') return 0;
  let total = 0;
  let last: number | undefined;
  for (const interval of text.split(',')) {
    const bounds = interval.split('-');
    if (bounds.length > 2)
      return `the fragment ${JSON.stringify(interval)} violates the requirement that an index interval can have at most two parts separated by '-'`;
    const [from, to = from] = bounds.map(indexOf);
    for (const [i, bound] of [from, to].entries()) {
      if (typeof bound === 'string' || bound === undefined)
        return `cannot convert string to integer for index: ${JSON.stringify(bounds[i] ?? bounds[0])}`;
      if (bound >= completions) return `too large index: ${JSON.stringify(bounds[i] ?? bounds[0])}`;
    }
    const [x, y] = [from as number, to as number];
    if (bounds.length === 2 && x >= y) return `non-increasing order, previous: ${x}, current: ${y}`;
    if (last !== undefined && last >= x) return `non-increasing order, previous: ${last}, current: ${x}`;
    total += y - x + 1;
    last = y;
  }
  return total;
}

function indexOf(text: string): number | string {
  return /^\d{1,10}$/.test(text) ? Number(text) : text;
}
