import type { FieldError } from '../../errors/index.ts';
import { names, parseQuantity } from '../../object/index.ts';
import type { ResourceFieldSelector } from '../../schema/index.ts';
import { field } from '../field.ts';

/** What of a pod its own containers may be told (kubernetes.io: "Downward API"). */

const envFields = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];
const volumeFields = ['metadata.annotations', 'metadata.labels', 'metadata.name', 'metadata.namespace', 'metadata.uid'];

export function envFieldErrors(path: string | undefined, where: string): FieldError[] {
  return fieldErrors(path, where, envFields);
}

export function volumeFieldErrors(path: string | undefined, where: string): FieldError[] {
  return fieldErrors(path, where, volumeFields);
}

function fieldErrors(path: string | undefined, where: string, allowed: readonly string[]): FieldError[] {
  if (!path) return [field.required(`${where}.fieldPath`)];
  if (allowed.includes(path)) return [];
  const subscript = /^metadata\.(labels|annotations)\['([^']*)'\]$/.exec(path);
  if (subscript === null) return [field.notSupported(`${where}.fieldPath`, path, allowed)];
  const key = subscript[2] ?? '';
  const reasons = names.qualifiedName(subscript[1] === 'annotations' ? key.toLowerCase() : key);
  return field.invalids(where, key, reasons);
}

const sizes = ['cpu', 'memory', 'ephemeral-storage'];
const resources = [...sizes.map((name) => `limits.${name}`), ...sizes.map((name) => `requests.${name}`)].sort();

/** In an environment the container may be the one that it is in; in a volume it has to be named. */
export function envResourceErrors(ref: ResourceFieldSelector, where: string): FieldError[] {
  return resourceErrors(ref, where);
}

export function volumeResourceErrors(ref: ResourceFieldSelector, where: string): FieldError[] {
  const missing = ref.containerName ? [] : [field.required(`${where}.containerName`)];
  return [...missing, ...resourceErrors(ref, where)];
}

function resourceErrors({ resource, divisor }: ResourceFieldSelector, where: string): FieldError[] {
  if (!resource) return [field.required(`${where}.resource`)];
  if (!resources.includes(resource) && !/^(limits|requests)\.hugepages-/.test(resource)) {
    return [field.notSupported(`${where}.resource`, resource, resources)];
  }
  return divisorErrors(resource, divisor, where);
}

const cpuDivisors = ['1', '1m'];
const sizeDivisors = ['1', '1E', '1Ei', '1G', '1Gi', '1K', '1Ki', '1M', '1Mi', '1P', '1Pi', '1T', '1Ti'];

function divisorErrors(resource: string, divisor: string | number | undefined, where: string): FieldError[] {
  if (divisor === undefined || String(divisor) === '0') return [];
  const isCpu = resource.endsWith('.cpu');
  try {
    const { nano } = parseQuantity(divisor);
    const allowed = isCpu ? cpuDivisors : sizeDivisors.map((text) => text.replace('K', text.endsWith('i') ? 'K' : 'k'));
    if (allowed.some((text) => parseQuantity(text).nano === nano)) return [];
  } catch {
    // Not a quantity: refused below.
  }
  const why = isCpu
    ? "only divisor's values 1m and 1 are supported with the cpu resource"
    : `only divisor's values ${sizeDivisors.join(', ')} are supported with the memory resource`;
  return [field.invalid(`${where}.divisor`, String(divisor), why)];
}
