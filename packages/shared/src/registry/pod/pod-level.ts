import type { FieldError } from '../../errors/index.ts';
import { compareQuantities, podTotals, type Totals, totalsOf } from '../../object/index.ts';
import type { PodSpec } from '../../schema/index.ts';
import { field } from '../field.ts';
import { quantityErrors } from './validate-resources.ts';

/** What a pod asks for and may use as a whole, beside or in place of what its containers do (KEP-2837). */

const supported = ['cpu', 'hugepages-', 'memory'];
const isHugePage = (name: string): boolean => name.startsWith('hugepages-');
const isSupported = (name: string): boolean => name === 'cpu' || name === 'memory' || isHugePage(name);

const ofContainers = (spec: PodSpec): Totals =>
  podTotals({ ...spec, containers: spec.containers ?? [], resources: {}, overhead: {} }, 'requests');

/** A pod that is limited as a whole asks for what its containers do, or else for as much as it is limited to. */
export function requestPodLimits(spec: PodSpec): void {
  const { resources } = spec;
  if (resources === undefined || Object.keys(resources.limits ?? {}).length === 0) return;
  const requests = new Map<string, string | number>(Object.entries(resources.requests ?? {}));
  const add = (amounts: Totals, isFor: (name: string) => boolean) => {
    for (const [name, quantity] of amounts) if (isFor(name) && !requests.has(name)) requests.set(name, quantity);
  };
  add(ofContainers(spec), (name) => isSupported(name) && !isHugePage(name));
  add(totalsOf(resources.limits), isSupported);
  if (requests.size > 0) resources.requests = Object.fromEntries(requests);
}

export function validatePodLevel(spec: PodSpec, path: string): FieldError[] {
  const { requests, limits, claims = [] } = spec.resources ?? {};
  const [asked, allowed] = [totalsOf(requests), totalsOf(limits)];
  const errors = [...amountErrors(allowed, `${path}.limits`), ...amountErrors(asked, `${path}.requests`)];
  if (errors.length === 0) errors.push(...consistencyErrors(spec, { asked, allowed }, path));
  if (claims.length > 0) {
    errors.push(field.forbidden(`${path}.claims`, 'claims may not be set for Resources at pod-level'));
  }
  return errors;
}

const amountErrors = (amounts: Totals, path: string): FieldError[] =>
  [...amounts].flatMap(([name, quantity]) => {
    const where = field.key(path, name);
    const errors = quantityErrors(quantity, where);
    return isSupported(name) ? errors : [...errors, field.notSupported(where, name, supported)];
  });

/** Nothing asks for more than it is limited to, nor containers together for more than their pod, and none is limited to more than its pod. */
function consistencyErrors(
  spec: PodSpec,
  { asked, allowed }: { asked: Totals; allowed: Totals },
  path: string,
): FieldError[] {
  const above = (one: string, other: string | undefined): other is string =>
    other !== undefined && compareQuantities(one, other) > 0;
  const overLimit = [...asked].flatMap(([name, request]) => {
    const limit = allowed.get(name);
    const why = `must be less than or equal to ${name} limit of ${limit}`;
    return above(request, limit) ? [field.invalid(`${path}.requests`, request, why)] : [];
  });
  const together = [...ofContainers(spec)].flatMap(([name, sum]) => {
    const request = asked.get(name);
    const why = `must be greater than or equal to aggregate container requests of ${sum}`;
    return above(sum, request) ? [field.invalid(field.key(`${path}.requests`, name), request, why)] : [];
  });
  const single = (spec.containers ?? []).flatMap(({ resources }, i) =>
    [...totalsOf(resources?.limits)].flatMap(([name, limit]) => {
      const ofPod = allowed.get(name);
      const where = `${field.key(`${path}.containers[${i}]`, name)}.limits`;
      return above(limit, ofPod)
        ? [field.invalid(where, limit, `must be less than or equal to pod limits of ${ofPod}`)]
        : [];
    }),
  );
  return [...overLimit, ...together, ...single];
}
