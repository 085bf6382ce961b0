import type { FieldError } from '../../errors/index.ts';
import { compareQuantities, names, parseQuantity, QuantityError } from '../../object/index.ts';
import type { ResourceRequirements } from '../../schema/index.ts';
import { field } from '../field.ts';

type ResourceList = Readonly<Record<string, string | number>>;

const standard: ReadonlySet<string> = new Set(['cpu', 'memory', 'ephemeral-storage']);

/** Rules of a container's requests and limits (pkg/apis/core/validation ValidateContainerResourceRequirements). */
export function validateResources({ requests, limits, claims = [] }: ResourceRequirements, path: string): FieldError[] {
  const errors = [...quantities(limits ?? {}, `${path}.limits`), ...quantities(requests ?? {}, `${path}.requests`)];
  for (const [name, request] of Object.entries(requests ?? {})) {
    errors.push(...requestErrors(name, request, limits ?? {}, path));
  }
  const seen = new Set<string>();
  for (const [i, { name }] of claims.entries()) {
    if (seen.has(name)) errors.push(field.duplicate(`${path}.claims[${i}]`, name));
    seen.add(name);
  }
  return errors;
}

function quantities(list: ResourceList, path: string): FieldError[] {
  return Object.entries(list).flatMap(([name, quantity]) => {
    const where = field.key(path, name);
    return [
      ...resourceNameErrors(name, where),
      ...quantityErrors(quantity, where),
      ...hugePages(name, quantity, where),
    ];
  });
}

export function quantityErrors(quantity: string | number, where: string): FieldError[] {
  try {
    if (compareQuantities(quantity, 0) >= 0) return [];
    return [field.invalid(where, String(quantity), 'must be greater than or equal to 0')];
  } catch (error) {
    if (error instanceof QuantityError) return [field.invalid(where, String(quantity), error.message)];
    throw error;
  }
}

function resourceNameErrors(name: string, where: string): FieldError[] {
  const errors = field.invalids(where, name, names.qualifiedName(name));
  if (errors.length > 0 || standard.has(name) || name.startsWith('hugepages-')) return errors;
  if (!name.includes('/')) {
    return [
      field.invalid(where, name, 'must be a standard resource type or fully qualified'),
      field.invalid(where, name, 'must be a standard resource for containers'),
    ];
  }
  return name.startsWith('kubernetes.io/')
    ? [field.invalid(where, name, 'must be a standard resource for containers')]
    : [];
}

function hugePages(name: string, quantity: string | number, where: string): FieldError[] {
  if (!isIndivisible(name)) return [];
  const whole = isWhole(quantity);
  return whole ? [] : [field.invalid(where, String(quantity), 'must be an integer')];
}

/** What is no quantity has been told of. */
function isWhole(quantity: string | number): boolean {
  return !isQuantity(quantity) || parseQuantity(quantity).nano % 1_000_000_000n === 0n;
}

function isQuantity(value: string | number): boolean {
  try {
    parseQuantity(value);
    return true;
  } catch {
    return false;
  }
}

/** Extended resources and huge pages cannot be divided or over-committed. */
function isIndivisible(name: string): boolean {
  return name.startsWith('hugepages-') || (name.includes('/') && !name.startsWith('kubernetes.io/'));
}

function requestErrors(name: string, request: string | number, limits: ResourceList, path: string): FieldError[] {
  const where = `${path}.requests`;
  const limit = Object.hasOwn(limits, name) ? limits[name] : undefined;
  if (limit === undefined) {
    return isIndivisible(name)
      ? [field.required(`${path}.limits`, 'Limit must be set for non overcommitable resources')]
      : [];
  }
  // What is no quantity has been told of.
  if (!isQuantity(request) || !isQuantity(limit)) return [];
  const order = compareQuantities(request, limit);
  if (isIndivisible(name) && order !== 0) {
    return [field.invalid(where, String(request), `must be equal to ${name} limit of ${limit}`)];
  }
  return order > 0
    ? [field.invalid(where, String(request), `must be less than or equal to ${name} limit of ${limit}`)]
    : [];
}
