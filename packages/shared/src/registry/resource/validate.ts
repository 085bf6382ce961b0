import type { FieldError } from '../../errors/index.ts';
import { equal } from '../../object/equal.ts';
import { names } from '../../object/index.ts';
import type {
  Device,
  DeviceClass,
  DeviceRequest,
  DeviceSelector,
  ResourceClaim,
  ResourceClaimSpec,
  ResourceClaimTemplate,
  ResourceSlice,
} from '../../schema/index.ts';
import { field, immutable } from '../field.ts';

const MAX_REQUESTS = 32;
const MAX_DEVICES = 128;
const MAX_CHOICES = 8;
const modes = ['All', 'ExactCount'];

/** pkg/apis/resource/validation, without compiling expressions. */
export function validateDeviceClass({ spec }: DeviceClass): FieldError[] {
  return selectorErrors(spec?.selectors ?? [], 'spec.selectors');
}

function selectorErrors(selectors: readonly DeviceSelector[], where: string): FieldError[] {
  if (selectors.length > MAX_REQUESTS) return [field.tooMany(where, selectors.length, MAX_REQUESTS)];
  return selectors.flatMap(({ cel }, i) => {
    if (cel === undefined) return [field.required(`${where}[${i}].cel`)];
    return (cel.expression ?? '').trim() === '' ? [field.required(`${where}[${i}].cel.expression`)] : [];
  });
}

export function validateResourceClaim({ spec }: ResourceClaim): FieldError[] {
  return claimErrors(spec, 'spec');
}

export function validateResourceClaimUpdate({ spec }: ResourceClaim, { spec: old }: ResourceClaim): FieldError[] {
  return equal(spec, old) ? [] : [field.invalid('spec', spec, immutable)];
}

export function validateClaimTemplate({ spec }: ResourceClaimTemplate): FieldError[] {
  return claimErrors(spec?.spec, 'spec.spec');
}

export function validateClaimTemplateUpdate(object: ResourceClaimTemplate, old: ResourceClaimTemplate): FieldError[] {
  return equal(object.spec, old.spec) ? [] : [field.invalid('spec', object.spec, immutable)];
}

function claimErrors(spec: ResourceClaimSpec | undefined, path: string): FieldError[] {
  const requests = spec?.devices?.requests ?? [];
  const where = `${path}.devices.requests`;
  if (requests.length > MAX_REQUESTS) return [field.tooMany(where, requests.length, MAX_REQUESTS)];
  const seen = new Set<string>();
  return requests.flatMap((request, i) => {
    const errors = requestErrors(request, `${where}[${i}]`);
    if (seen.has(request.name)) errors.push(field.duplicate(`${where}[${i}].name`, request.name));
    seen.add(request.name);
    return errors;
  });
}

function requestErrors({ name = '', exactly, firstAvailable = [] }: DeviceRequest, where: string): FieldError[] {
  const errors = labelErrors(name, `${where}.name`);
  if (exactly !== undefined && firstAvailable.length > 0) {
    const why = 'exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set';
    errors.push(field.invalid(where, '', why));
  } else if (exactly !== undefined) errors.push(...askedErrors(exactly, `${where}.exactly`));
  else if (firstAvailable.length === 0) {
    errors.push(field.required(where, 'exactly one of `exactly` or `firstAvailable` is required'));
  } else if (firstAvailable.length > MAX_CHOICES) {
    errors.push(field.tooMany(`${where}.firstAvailable`, firstAvailable.length, MAX_CHOICES));
  }
  for (const [i, choice] of firstAvailable.entries()) {
    const at = `${where}.firstAvailable[${i}]`;
    errors.push(...labelErrors(choice.name ?? '', `${at}.name`), ...askedErrors(choice, at));
  }
  return errors;
}

interface Asked {
  deviceClassName?: string;
  selectors?: DeviceSelector[];
  allocationMode?: string;
  count?: number;
}

function askedErrors({ deviceClassName = '', selectors = [], allocationMode = '', count = 0 }: Asked, where: string) {
  const errors: FieldError[] =
    deviceClassName === ''
      ? [field.required(`${where}.deviceClassName`)]
      : field.invalids(`${where}.deviceClassName`, deviceClassName, names.dnsSubdomain(deviceClassName));
  errors.push(...selectorErrors(selectors, `${where}.selectors`));
  if (!modes.includes(allocationMode))
    errors.push(field.notSupported(`${where}.allocationMode`, allocationMode, modes));
  const at = `${where}.count`;
  if (allocationMode === 'All' && count !== 0) {
    errors.push(field.invalid(at, count, "must not be specified when allocationMode is 'All'"));
  }
  if (allocationMode === 'ExactCount' && count <= 0) errors.push(field.invalid(at, count, 'must be greater than zero'));
  return errors;
}

function labelErrors(name: string, where: string): FieldError[] {
  return name === '' ? [field.required(where)] : field.invalids(where, name, names.dnsLabel(name));
}

const placements = ['nodeName', 'nodeSelector', 'allNodes', 'perDeviceNodeSelection'] as const;

export function validateResourceSlice({ spec }: ResourceSlice): FieldError[] {
  const { driver = '', pool, devices = [] } = spec ?? {};
  const errors =
    driver === '' ? [field.required('spec.driver')] : field.invalids('spec.driver', driver, names.dnsSubdomain(driver));
  if (!pool?.name) errors.push(field.required('spec.pool.name'));
  if ((pool?.resourceSliceCount ?? 0) <= 0) {
    errors.push(
      field.invalid('spec.pool.resourceSliceCount', pool?.resourceSliceCount ?? 0, 'must be greater than zero'),
    );
  }
  if ((pool?.generation ?? 0) < 0) {
    errors.push(field.invalid('spec.pool.generation', pool?.generation, 'must be greater than or equal to zero'));
  }
  const present = placements.filter((name) => spec?.[name] !== undefined && spec[name] !== false && spec[name] !== '');
  const oneOf = `exactly one of ${placements.map((name) => `\`${name}\``).join(', ')} is required`;
  if (present.length === 0) errors.push(field.required('spec', oneOf));
  if (present.length > 1) errors.push(field.invalid('spec', `{${present.join(', ')}}`, oneOf));
  if (devices.length > MAX_DEVICES) return [...errors, field.tooMany('spec.devices', devices.length, MAX_DEVICES)];
  return [...errors, ...deviceErrors(devices)];
}

function deviceErrors(devices: readonly Device[]): FieldError[] {
  const seen = new Set<string>();
  return devices.flatMap(({ name = '' }, i) => {
    const errors = labelErrors(name, `spec.devices[${i}].name`);
    if (seen.has(name)) errors.push(field.duplicate(`spec.devices[${i}].name`, name));
    seen.add(name);
    return errors;
  });
}

/** Whose devices they are stays. */
export function validateResourceSliceUpdate({ spec }: ResourceSlice, { spec: old }: ResourceSlice): FieldError[] {
  const errors = (['driver', 'nodeName', 'nodeSelector', 'allNodes'] as const).flatMap((name) =>
    equal(spec?.[name], old?.[name]) ? [] : [field.invalid(`spec.${name}`, spec?.[name] ?? null, immutable)],
  );
  if (spec?.pool?.name === old?.pool?.name) return errors;
  return [...errors, field.invalid('spec.pool.name', spec?.pool?.name, immutable)];
}
