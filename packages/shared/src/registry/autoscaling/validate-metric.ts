import type { FieldError } from '../../errors/index.ts';
import { names, parseQuantity } from '../../object/index.ts';
import type { CrossVersionObjectReference, MetricIdentifier, MetricSpec, MetricTarget } from '../../schema/index.ts';
import { field } from '../field.ts';

type Source = 'object' | 'external' | 'pods' | 'resource' | 'containerResource';

/** In the order in which they are looked at: of several the first alone is checked. */
const sources: readonly Source[] = ['object', 'external', 'pods', 'resource', 'containerResource'];
const types = ['ContainerResource', 'External', 'Object', 'Pods', 'Resource'];

/** One metric of an autoscaler (pkg/apis/autoscaling/validation validateMetricSpec). */
export function validateMetric(metric: MetricSpec, path: string): FieldError[] {
  const { type = '' } = metric;
  const errors: FieldError[] = [];
  if (type === '') errors.push(field.required(`${path}.type`, 'must specify a metric source type'));
  if (!types.includes(type)) errors.push(field.notSupported(`${path}.type`, type, types));
  const present = sources.filter((source) => metric[source] !== undefined);
  const [first] = present;
  if (first !== undefined) errors.push(...checks[first](metric, `${path}.${first}`));
  const expected = sources.find((source) => source.toLowerCase() === type.toLowerCase());
  if (expected !== undefined && metric[expected] === undefined) {
    errors.push(field.required(`${path}.${expected}`, 'must populate information for the given metric source'));
  }
  if (present.length !== 1) {
    const others = present.filter((source) => source !== expected);
    const why = 'must populate the given metric source only';
    errors.push(...others.map((source) => field.forbidden(`${path}.${source}`, why)));
  }
  return errors;
}

const checks: Record<Source, (metric: MetricSpec, path: string) => FieldError[]> = {
  object: ({ object }, path) => [
    ...validateReference(object?.describedObject, `${path}.describedObject`),
    ...validateIdentifier(object?.metric, `${path}.metric`),
    ...validateTarget(object?.target, `${path}.target`),
    ...(object?.target?.value === undefined && object?.target?.averageValue === undefined
      ? [field.required(`${path}.target.averageValue`, 'must set either a target value or averageValue')]
      : []),
  ],
  external: ({ external }, path) => [
    ...validateIdentifier(external?.metric, `${path}.metric`),
    ...validateTarget(external?.target, `${path}.target`),
    ...validateExternal(external?.target, `${path}.target`),
  ],
  pods: ({ pods }, path) => [
    ...validateIdentifier(pods?.metric, `${path}.metric`),
    ...validateTarget(pods?.target, `${path}.target`),
    ...(pods?.target?.averageValue === undefined
      ? [field.required(`${path}.target.averageValue`, 'must specify a positive target averageValue')]
      : []),
  ],
  resource: ({ resource }, path) => [
    ...(resource?.name ? [] : [field.required(`${path}.name`, 'must specify a resource name')]),
    ...validateTarget(resource?.target, `${path}.target`),
    ...validateUse(resource?.target, `${path}.target`),
  ],
  containerResource: ({ containerResource }, path) => [
    ...(containerResource?.name ? [] : [field.required(`${path}.name`, 'must specify a resource name')]),
    ...(containerResource?.container
      ? field.invalids(`${path}.container`, containerResource.container, names.dnsLabel(containerResource.container))
      : [field.required(`${path}.container`, 'must specify a container')]),
    ...validateTarget(containerResource?.target, `${path}.target`),
    ...validateUse(containerResource?.target, `${path}.target`),
  ],
};

export function validateReference(ref: Partial<CrossVersionObjectReference> | undefined, path: string): FieldError[] {
  return (['kind', 'name'] as const).flatMap((name) => {
    const value = ref?.[name] ?? '';
    const where = `${path}.${name}`;
    return value === '' ? [field.required(where)] : field.invalids(where, value, names.pathSegmentName(value));
  });
}

function validateExternal(target: MetricTarget | undefined, path: string): FieldError[] {
  const { value, averageValue } = target ?? {};
  if (value === undefined && averageValue === undefined) {
    const why = 'must set either a target value for metric or a per-pod target';
    return [field.required(`${path}.averageValue`, why)];
  }
  if (value === undefined || averageValue === undefined) return [];
  return [field.forbidden(`${path}.value`, 'may not set both a target value for metric and a per-pod target')];
}

function validateUse(target: MetricTarget | undefined, path: string): FieldError[] {
  const { averageUtilization, averageValue } = target ?? {};
  if (averageUtilization === undefined && averageValue === undefined) {
    const why = 'must set either a target raw value or a target utilization';
    return [field.required(`${path}.averageUtilization`, why)];
  }
  if (averageUtilization === undefined || averageValue === undefined) return [];
  return [field.forbidden(`${path}.averageValue`, 'may not set both a target raw value and a target utilization')];
}

const targetTypes = ['Utilization', 'Value', 'AverageValue'];

function validateTarget(target: MetricTarget | undefined, path: string): FieldError[] {
  const { type = '', averageUtilization } = target ?? {};
  const errors: FieldError[] = [];
  if (type === '') errors.push(field.required(`${path}.type`, 'must specify a metric target type'));
  if (!targetTypes.includes(type)) {
    errors.push(field.invalid(`${path}.type`, type, 'must be either Utilization, Value, or AverageValue'));
  }
  for (const name of ['value', 'averageValue'] as const) {
    const value = target?.[name];
    if (value !== undefined && !isPositive(value)) {
      errors.push(field.invalid(`${path}.${name}`, value, 'must be positive'));
    }
  }
  if (averageUtilization !== undefined && averageUtilization < 1) {
    errors.push(field.invalid(`${path}.averageUtilization`, averageUtilization, 'must be greater than 0'));
  }
  return errors;
}

function isPositive(value: string | number): boolean {
  try {
    return parseQuantity(value).nano > 0n;
  } catch {
    return false;
  }
}

function validateIdentifier(metric: MetricIdentifier | undefined, path: string): FieldError[] {
  const name = metric?.name ?? '';
  if (name === '') return [field.required(`${path}.name`, 'must specify a metric name')];
  return field.invalids(`${path}.name`, name, names.pathSegmentName(name));
}
