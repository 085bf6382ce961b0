import type { FieldError } from '../../errors/index.ts';
import { equal } from '../../object/equal.ts';
import { familyOf, type IpFamily } from '../../object/index.ts';
import type { ServiceSpec } from '../../schema/index.ts';
import { field } from '../field.ts';
import { none } from './needs.ts';
import { addressErrors } from './validate-addresses.ts';

/** The families that services of the cluster can have, the standard one first. */
export type ClusterFamilies = readonly [IpFamily, ...IpFamily[]];

/**
 * Fills in policy and families of a service from what it says, what it was and what the cluster has (pkg/registry/core/service/storage/alloc.go,
 * initIPFamilyFields). Errors say why that cannot be; then nothing may be given out.
 */
export function initFamilies(spec: ServiceSpec, old: ServiceSpec | undefined, cluster: ClusterFamilies): FieldError[] {
  if (spec.type === 'ExternalName') return [];
  if (old !== undefined && isSettledPreference(spec, old)) return [];
  const headless = spec.clusterIP === none;
  const selects = Object.keys(spec.selector ?? {}).length > 0;
  spec.ipFamilyPolicy ??= old?.ipFamilyPolicy ?? (headless && !selects ? 'RequireDualStack' : 'SingleStack');
  const malformed = addressErrors(spec);
  if (malformed.length > 0) return malformed;
  const errors = old === undefined ? [] : reduce(spec, old);
  errors.push(...tooManyErrors(spec), ...inferFamilies(spec, cluster));
  if (errors.length > 0) return errors;
  // Endpoints of its own choice, which the cluster need not have.
  if (headless && !selects) {
    addFamilies(spec, cluster[0], true);
    return [];
  }
  const unknown = notConfiguredErrors(spec, cluster);
  if (unknown.length === 0) addFamilies(spec, cluster[0], cluster.length === 2);
  return unknown;
}

const same = equal;

/** A preference is not carried out anew when the cluster has changed meanwhile, only when its author changes something. */
function isSettledPreference(spec: ServiceSpec, old: ServiceSpec): boolean {
  return (
    spec.ipFamilyPolicy === 'PreferDualStack' &&
    old.ipFamilyPolicy === 'PreferDualStack' &&
    spec.type === old.type &&
    (spec.ipFamilies ?? []).length > 0 &&
    same(spec.clusterIPs, old.clusterIPs) &&
    same(spec.ipFamilies, old.ipFamilies)
  );
}

/** Single stack with nothing else changed means to give up the second family; fewer families without saying so is an error. */
function reduce(spec: ServiceSpec, old: ServiceSpec): FieldError[] {
  if (spec.ipFamilyPolicy === 'SingleStack') {
    if (same(spec.clusterIPs, old.clusterIPs)) spec.clusterIPs = (spec.clusterIPs ?? []).slice(0, 1);
    if (same(spec.ipFamilies, old.ipFamilies)) spec.ipFamilies = (spec.ipFamilies ?? []).slice(0, 1);
    return [];
  }
  const fewer = (name: 'clusterIPs' | 'ipFamilies'): boolean => {
    const count = (spec[name] ?? []).length;
    return count > 0 && count < (old[name] ?? []).length;
  };
  const error = (what: string): FieldError =>
    field.invalid('spec.ipFamilyPolicy', spec.ipFamilyPolicy, `must be 'SingleStack' to release the secondary ${what}`);
  return [...(fewer('clusterIPs') ? [error('cluster IP')] : []), ...(fewer('ipFamilies') ? [error('IP family')] : [])];
}

function tooManyErrors({ ipFamilyPolicy, clusterIPs = [], ipFamilies = [] }: ServiceSpec): FieldError[] {
  if (ipFamilyPolicy !== 'SingleStack') return [];
  const error = (what: string): FieldError =>
    field.invalid(
      'spec.ipFamilyPolicy',
      ipFamilyPolicy,
      `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`,
    );
  return [
    ...(clusterIPs.length === 2 ? [error('cluster IPs')] : []),
    ...(ipFamilies.length === 2 ? [error('IP families')] : []),
  ];
}

function inferFamilies(spec: ServiceSpec, cluster: ClusterFamilies): FieldError[] {
  const errors: FieldError[] = [];
  const families = [...(spec.ipFamilies ?? [])];
  for (const [i, ip] of (spec.clusterIPs ?? []).entries()) {
    const family = familyOf(ip);
    if (family === undefined || i < families.length) continue;
    if (cluster.includes(family)) families.push(family);
    else {
      const why = `${family} is not configured on this cluster`;
      errors.push(field.invalid(`spec.clusterIPs[${i}]`, spec.clusterIPs, why));
    }
  }
  if (families.length > 0) spec.ipFamilies = families;
  return errors;
}

function notConfiguredErrors({ ipFamilyPolicy, ipFamilies = [] }: ServiceSpec, cluster: ClusterFamilies): FieldError[] {
  const errors: FieldError[] = [];
  if (ipFamilyPolicy === 'RequireDualStack' && cluster.length < 2) {
    const why = 'this cluster is not configured for dual-stack services';
    errors.push(field.invalid('spec.ipFamilyPolicy', ipFamilyPolicy, why));
  }
  for (const [i, family] of ipFamilies.entries()) {
    if ((cluster as readonly string[]).includes(family)) continue;
    errors.push(field.invalid(`spec.ipFamilies[${i}]`, family, 'not configured on this cluster'));
  }
  return errors;
}

function addFamilies(spec: ServiceSpec, standard: IpFamily, both: boolean): void {
  const families = (spec.ipFamilies ?? []).length > 0 ? [...(spec.ipFamilies ?? [])] : [standard];
  if (both && spec.ipFamilyPolicy !== 'SingleStack' && families.length === 1) {
    families.push(families[0] === 'IPv4' ? 'IPv6' : 'IPv4');
  }
  spec.ipFamilies = families;
}
