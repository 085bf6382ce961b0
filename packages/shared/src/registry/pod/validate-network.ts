import { isIP } from 'node:net';
import type { FieldError } from '../../errors/index.ts';
import { names } from '../../object/index.ts';
import type { PodSpec } from '../../schema/index.ts';
import { field } from '../field.ts';

const maxNameservers = 3;
const maxSearches = 32;
const maxSearchLength = 2048;

/** Linux takes no longer one. */
const maxHostnameLength = 64;

/** The pod's own name, and how it finds others by theirs: /etc/hosts and the resolver (pkg/apis/core/validation ValidateHostAliases, validatePodDNSConfig). */
export function validateNetwork(spec: PodSpec, path: string): FieldError[] {
  return [
    ...hostnameErrors(spec, path),
    ...aliasErrors(spec, `${path}.hostAliases`),
    ...dnsErrors(spec, `${path}.dnsConfig`),
  ];
}

/** What stands with the field in the API's reference (KEP-4762). */
function hostnameErrors({ hostnameOverride, setHostnameAsFQDN, hostNetwork }: PodSpec, path: string): FieldError[] {
  if (!hostnameOverride) return [];
  const where = `${path}.hostnameOverride`;
  const errors = field.invalids(where, hostnameOverride, names.dnsSubdomain(hostnameOverride));
  if (hostnameOverride.length > maxHostnameLength) errors.push(field.tooLong(where, maxHostnameLength));
  const excluded = Object.entries({ setHostnameAsFQDN, hostNetwork }).filter(([, set]) => set === true);
  const why = "may not be true when 'hostnameOverride' is set";
  return [...errors, ...excluded.map(([name]) => field.forbidden(`${path}.${name}`, why))];
}

function aliasErrors({ hostAliases = [] }: PodSpec, path: string): FieldError[] {
  return hostAliases.flatMap(({ ip, hostnames = [] }, i) => [
    ...ipErrors(ip, `${path}[${i}].ip`),
    ...hostnames.flatMap((name, j) => field.invalids(`${path}[${i}].hostnames[${j}]`, name, names.dnsSubdomain(name))),
  ]);
}

function ipErrors(ip: string | undefined, where: string): FieldError[] {
  if (ip && isIP(ip) !== 0) return [];
  return [field.invalid(where, ip ?? '', 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')];
}

function dnsErrors({ dnsConfig, dnsPolicy }: PodSpec, path: string): FieldError[] {
  const { nameservers = [], searches = [], options = [] } = dnsConfig ?? {};
  const errors: FieldError[] = [];
  if (dnsPolicy === 'None' && nameservers.length === 0) {
    const where = dnsConfig === undefined ? path : `${path}.nameservers`;
    const why =
      dnsConfig === undefined
        ? 'must provide `dnsConfig` when `dnsPolicy` is None'
        : 'must provide at least one DNS nameserver when `dnsPolicy` is None';
    errors.push(field.required(where, why));
  }
  if (nameservers.length > maxNameservers) {
    const why = `must not have more than ${maxNameservers} nameservers`;
    errors.push(field.invalid(`${path}.nameservers`, nameservers, why));
  }
  errors.push(...nameservers.flatMap((ip, i) => ipErrors(ip, `${path}.nameservers[${i}]`)));
  if (searches.length > maxSearches) {
    const why = `must not have more than ${maxSearches} search paths`;
    errors.push(field.invalid(`${path}.searches`, searches, why));
  }
  if (searches.join(' ').length > maxSearchLength) {
    const why = `must not have more than ${maxSearchLength} characters (including spaces) in the search list`;
    errors.push(field.invalid(`${path}.searches`, searches, why));
  }
  for (const [i, search] of searches.entries()) errors.push(...searchErrors(search, `${path}.searches[${i}]`));
  for (const [i, { name }] of options.entries()) {
    if (!name) errors.push(field.required(`${path}.options[${i}]`, 'must not be empty'));
  }
  return errors;
}

/** A dot alone is the root; underscores are allowed, as in names of services. */
function searchErrors(search: string, where: string): FieldError[] {
  if (search === '.') return [];
  const name = search.endsWith('.') ? search.slice(0, -1) : search;
  return field.invalids(where, name, names.dnsSubdomain(name.replaceAll('_', '-').replace(/(^|\.)-/g, '$1a')));
}
