import type { FieldError } from '../../errors/index.ts';
import { familyOf } from '../../object/index.ts';
import type { Service, ServiceSpec } from '../../schema/index.ts';
import { field } from '../field.ts';
import { ipErrors } from '../networking/addresses.ts';
import { isHeadless, none } from './needs.ts';

const families = ['IPv4', 'IPv6'];
const policies = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];

/** Whether addresses, families and policy agree (pkg/apis/core/validation ValidateServiceClusterIPsRelatedFields). */
export function addressErrors(spec: ServiceSpec): FieldError[] {
  if (spec.type === 'ExternalName') return [];
  const { clusterIP = '', clusterIPs = [], ipFamilies = [], ipFamilyPolicy } = spec;
  const errors = pairErrors(clusterIP, clusterIPs);
  const seen = new Set<string>();
  for (const [i, family] of ipFamilies.entries()) {
    if (!families.includes(family)) errors.push(field.notSupported(`spec.ipFamilies[${i}]`, family, families));
    if (seen.has(family)) errors.push(field.duplicate(`spec.ipFamilies[${i}]`, family));
    seen.add(family);
  }
  if (ipFamilyPolicy !== undefined && !policies.includes(ipFamilyPolicy)) {
    errors.push(field.notSupported('spec.ipFamilyPolicy', ipFamilyPolicy, policies));
  }
  const malformed = malformedErrors(clusterIPs);
  errors.push(...malformed);
  if (clusterIPs.length > 2) errors.push(field.invalid('spec.clusterIPs', clusterIPs, 'may only hold up to 2 values'));
  if (malformed.length > 0) return errors;
  if (clusterIPs.length > 1 && new Set(clusterIPs.map(familyOf)).size !== clusterIPs.length) {
    errors.push(field.invalid('spec.clusterIPs', clusterIPs, 'may specify no more than one IP for each IP family'));
  }
  return isHeadless(spec) ? errors : [...errors, ...mismatchErrors(clusterIPs, ipFamilies)];
}

function pairErrors(clusterIP: string, clusterIPs: readonly string[]): FieldError[] {
  const where = 'spec.clusterIPs';
  if (clusterIP === '') {
    return clusterIPs.length === 0
      ? []
      : [field.invalid(where, clusterIPs, 'must be empty when `clusterIP` is not specified')];
  }
  if (clusterIPs.length === 0) return [field.required(where)];
  return clusterIPs[0] === clusterIP ? [] : [field.invalid(where, clusterIPs, 'first value must match `clusterIP`')];
}

function malformedErrors(clusterIPs: readonly string[]): FieldError[] {
  return clusterIPs.flatMap((ip, i) => {
    if (i > 0 || ip !== none) return ipErrors(ip, `spec.clusterIPs[${i}]`);
    return clusterIPs.length === 1
      ? []
      : [field.invalid('spec.clusterIPs', clusterIPs, "'None' must be the first and only value")];
  });
}

function mismatchErrors(clusterIPs: readonly string[], ipFamilies: readonly string[]): FieldError[] {
  return clusterIPs.flatMap((ip, i) => {
    const expected = ipFamilies[i];
    if (expected === undefined || expected === familyOf(ip)) return [];
    const why = `expected an ${expected} value as indicated by \`ipFamilies[${i}]\``;
    return [field.invalid(`spec.clusterIPs[${i}]`, ip, why)];
  });
}

const fixed = 'may not change once set';

/** The first address and family stay; the second may come and go (validateUpgradeDowngradeClusterIPs and ...IPFamilies). */
export function addressUpdateErrors({ spec }: Service, { spec: old }: Service): FieldError[] {
  if (spec === undefined || old === undefined) return [];
  if (spec.type === 'ExternalName' || old.type === 'ExternalName') return [];
  const headless = isHeadless(spec);
  if (headless && isHeadless(old)) return [];
  const errors = changeErrors(spec, old, 'clusterIPs');
  return headless === isHeadless(old) ? [...errors, ...changeErrors(spec, old, 'ipFamilies')] : errors;
}

function changeErrors(spec: ServiceSpec, old: ServiceSpec, name: 'clusterIPs' | 'ipFamilies'): FieldError[] {
  const { [name]: now = [], ipFamilyPolicy } = spec;
  const before = old[name] ?? [];
  const [unset, second] =
    name === 'clusterIPs' ? ['primary clusterIP', 'secondary clusterIP'] : ['primary ipFamily', 'secondary ipFamily'];
  const where = (i: number): string => `spec.${name}[${i}]`;
  if (before.length === now.length) {
    return now.flatMap((value, i) => (value === before[i] ? [] : [field.invalid(where(i), now, fixed)]));
  }
  const errors: FieldError[] = [];
  if (now.length === 0) errors.push(field.invalid(where(0), now, `${unset} can not be unset`));
  else if (before.length > 0 && now[0] !== before[0]) errors.push(field.invalid(where(0), now, fixed));
  if (before.length > now.length && now.length === 1 && ipFamilyPolicy !== 'SingleStack') {
    const why = `must be set to 'SingleStack' when releasing the ${second}`;
    errors.push(field.invalid('spec.ipFamilyPolicy', ipFamilyPolicy, why));
  }
  return errors;
}
