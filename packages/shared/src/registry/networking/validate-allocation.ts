import type { FieldError } from '../../errors/index.ts';
import { equal } from '../../object/equal.ts';
import { formatCidr, formatIp, names, parseCidr, parseIp } from '../../object/index.ts';
import type { IPAddress, ServiceCIDR } from '../../schema/index.ts';
import { field, immutable } from '../field.ts';
import type { ValidateName } from '../metadata.ts';
import { cidrErrors } from './addresses.ts';
import { segmentErrors } from './references.ts';

/** The address itself, in its one form. */
export const ipAddressName: ValidateName = (name) => {
  const ip = parseIp(name);
  return ip !== undefined && formatIp(ip) === name ? [] : ['must be a canonical format IP address'];
};

/** pkg/apis/networking/validation ValidateIPAddress. */
export function validateIpAddress({ spec }: IPAddress): FieldError[] {
  const where = 'spec.parentRef';
  const { group, resource, name, namespace } = spec?.parentRef ?? {};
  if (spec?.parentRef === undefined) return [field.required(where)];
  return [
    ...(group ? field.invalids(`${where}.group`, group, names.dnsSubdomain(group)) : []),
    ...segmentErrors(resource, `${where}.resource`),
    ...segmentErrors(name, `${where}.name`),
    ...(namespace ? segmentErrors(namespace, `${where}.namespace`) : []),
  ];
}

export function validateIpAddressUpdate({ spec }: IPAddress, { spec: old }: IPAddress): FieldError[] {
  return equal(spec?.parentRef, old?.parentRef) ? [] : [field.invalid('spec.parentRef', spec?.parentRef, immutable)];
}

const oneOfEach = 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/96';

/** pkg/apis/networking/validation ValidateServiceCIDR. */
export function validateServiceCidr({ spec }: ServiceCIDR): FieldError[] {
  const cidrs = spec?.cidrs ?? [];
  if (cidrs.length === 0) return [field.required('spec.cidrs', 'at least one CIDR required')];
  if (cidrs.length > 2) return [field.invalid('spec', spec, 'may only hold up to 2 values')];
  const errors = cidrs.flatMap((cidr, i) => canonicalCidrErrors(cidr, `spec.cidrs[${i}]`));
  const families = cidrs.map((cidr) => parseCidr(cidr)?.family);
  if (families.length === 2 && families[0] === families[1]) errors.push(field.invalid('spec', cidrs, oneOfEach));
  return errors;
}

function canonicalCidrErrors(text: string, where: string): FieldError[] {
  const cidr = parseCidr(text);
  const errors = cidrErrors(text, where);
  if (cidr === undefined || errors.length > 0 || formatCidr(cidr) === text) return errors;
  return [field.invalid(where, text, `must be in canonical form ("${formatCidr(cidr)}")`)];
}

/** Ranges stay; a second family may be added. */
export function validateServiceCidrUpdate({ spec }: ServiceCIDR, { spec: old }: ServiceCIDR): FieldError[] {
  const cidrs = spec?.cidrs ?? [];
  const before = old?.cidrs ?? [];
  if (cidrs.length < before.length) return [field.invalid('spec.cidrs', cidrs, immutable)];
  return before.flatMap((cidr, i) =>
    cidrs[i] === cidr ? [] : [field.invalid(`spec.cidrs[${i}]`, cidrs[i] ?? '', immutable)],
  );
}
