import type { FieldError } from '../../errors/index.ts';
import { names } from '../../object/index.ts';
import { field } from '../field.ts';

export interface TypedReference {
  apiGroup?: string;
  kind: string;
  name: string;
}

/** A reference to an object of any kind by group, kind and name. */
export function typedReferenceErrors({ apiGroup, kind, name }: TypedReference, where: string): FieldError[] {
  return [
    ...(apiGroup === undefined ? [] : field.invalids(`${where}.apiGroup`, apiGroup, names.dnsSubdomain(apiGroup))),
    ...segmentErrors(kind, `${where}.kind`, 'kind is required'),
    ...segmentErrors(name, `${where}.name`, 'name is required'),
  ];
}

/** What must be there and be a segment of a path. */
export function segmentErrors(value: string | undefined, where: string, why = ''): FieldError[] {
  return value ? field.invalids(where, value, names.pathSegmentName(value)) : [field.required(where, why)];
}

const pathPattern = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
const wholePath = new RegExp(`^${pathPattern}$`);

/** `example.com/controller` (apimachinery/pkg/util/validation IsDomainPrefixedPath). */
export function domainPrefixedPathErrors(value: string, where: string): FieldError[] {
  if (value === '') return [field.required(where)];
  const slash = value.indexOf('/');
  const host = value.slice(0, Math.max(slash, 0));
  const path = value.slice(slash + 1);
  if (slash < 1 || path === '') {
    return [field.invalid(where, value, 'must be a domain-prefixed path (such as "acme.io/foo")')];
  }
  const errors = field.invalids(where, host, names.dnsSubdomain(host));
  if (!wholePath.test(path)) {
    errors.push(field.invalid(where, path, `Invalid path (regex used for validation is '${pathPattern}')`));
  }
  return errors;
}

const wildcard = '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*';
const wholeWildcard = new RegExp(`^${wildcard}$`);

/** A DNS name, or one whose first label is '*'. */
export function hostErrors(host: string, where: string): FieldError[] {
  if (!host.includes('*')) return field.invalids(where, host, names.dnsSubdomain(host));
  if (host.length <= 253 && wholeWildcard.test(host)) return [];
  const text =
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character";
  return [
    ...(host.length > 253 ? [field.invalid(where, host, names.maxLength(253))] : []),
    ...(wholeWildcard.test(host)
      ? []
      : [field.invalid(where, host, `${text} (e.g. '*.example.com', regex used for validation is '${wildcard}')`)]),
  ];
}
