import type { FieldError } from '../../errors/index.ts';
import { equal } from '../../object/equal.ts';
import { names } from '../../object/index.ts';
import type { CertificateSigningRequest, CertificateSigningRequestCondition } from '../../schema/index.ts';
import { field } from '../field.ts';

const keyUsages = [
  ...['any', 'cert sign', 'client auth', 'code signing', 'content commitment', 'crl sign', 'data encipherment'],
  ...['decipher only', 'digital signature', 'email protection', 'encipher only', 'ipsec end system', 'ipsec tunnel'],
  ...['ipsec user', 'key agreement', 'key encipherment', 'microsoft sgc', 'netscape sgc', 'ocsp signing', 's/mime'],
  ...['server auth', 'signing', 'timestamping'],
];
const legacySigner = 'kubernetes.io/legacy-unknown';
const MIN_SECONDS = 600;

/** pkg/apis/certificates/validation ValidateCertificateSigningRequestCreate. */
export function validateSigningRequest({ spec }: CertificateSigningRequest): FieldError[] {
  const { request = '', usages = [], signerName = '', expirationSeconds: seconds } = spec ?? {};
  const errors: FieldError[] = [];
  const why = pemProblem(request, 'CERTIFICATE REQUEST');
  if (why !== undefined) errors.push(field.invalid('spec.request', request, why));
  if (usages.length === 0) errors.push(field.required('spec.usages'));
  const seen = new Set<string>();
  for (const [i, usage] of usages.entries()) {
    if (!keyUsages.includes(usage)) errors.push(field.notSupported(`spec.usages[${i}]`, usage, keyUsages));
    if (seen.has(usage)) errors.push(field.duplicate(`spec.usages[${i}]`, usage));
    seen.add(usage);
  }
  errors.push(...signerErrors(signerName, 'spec.signerName'));
  if (seconds !== undefined && seconds < MIN_SECONDS) {
    const least = 'may not specify a duration less than 600 seconds (10 minutes)';
    errors.push(field.invalid('spec.expirationSeconds', seconds, least));
  }
  return errors;
}

/** Undefined for one block of that type in PEM; `data` is base64 of it. */
function pemProblem(data: string, type: string): string | undefined {
  const text = Buffer.from(data, 'base64').toString('latin1');
  const match = /-----BEGIN ([A-Z0-9 ]+)-----\r?\n([A-Za-z0-9+/=\s]*?)\r?\n?-----END \1-----/.exec(text);
  if (match === null || match[1] !== type) return `PEM block type must be ${type}`;
  const der = Buffer.from(match[2] ?? '', 'base64');
  return der.length > 1 && der[0] === 0x30 ? undefined : 'asn1: structure error';
}

function signerErrors(name: string, where: string): FieldError[] {
  if (name === '') return [field.required(where)];
  if (name === legacySigner) {
    return [field.invalid(where, name, 'the legacy signerName is not allowed via this API version')];
  }
  const [domain = '', path = '', ...more] = name.split('/');
  if (domain === '' || path === '' || more.length > 0) {
    const form = "must be a fully qualified domain and path of the form 'example.com/signer-name'";
    return [field.invalid(where, name, form)];
  }
  const errors = field.invalids(where, domain, names.dnsSubdomain(domain));
  if (errors.length === 0 && !domain.includes('.')) {
    errors.push(field.invalid(where, domain, 'should be a domain with at least two segments separated by dots'));
  }
  return [...errors, ...field.invalids(where, path, names.dnsSubdomain(path))];
}

/** Of either subresource: what is decided stays, and is decided one way. */
export function validateConditions(object: CertificateSigningRequest, old: CertificateSigningRequest): FieldError[] {
  const conditions = object.status?.conditions ?? [];
  const before = old.status?.conditions ?? [];
  const where = 'status.conditions';
  const errors = conditions.flatMap((condition, i) => conditionErrors(condition, `${where}[${i}]`));
  const types = conditions.map(({ type }) => type);
  for (const [i, type] of types.entries()) {
    if (types.indexOf(type) < i) errors.push(field.duplicate(`${where}[${i}].type`, type));
  }
  if (
    types.includes('Approved') &&
    types.includes('Denied') &&
    !equal(
      types,
      before.map(({ type }) => type),
    )
  ) {
    const at = `${where}[${types.indexOf('Denied')}].type`;
    errors.push(field.invalid(at, 'Denied', 'Approved and Denied conditions are mutually exclusive'));
  }
  for (const { type } of before) {
    if (!['Approved', 'Denied', 'Failed'].includes(type) || types.includes(type)) continue;
    errors.push(field.forbidden(where, `updates may not remove a condition of type ${JSON.stringify(type)}`));
  }
  return errors;
}

function conditionErrors({ type = '', status = '' }: CertificateSigningRequestCondition, where: string): FieldError[] {
  const errors: FieldError[] = type === '' ? [field.required(`${where}.type`)] : [];
  if (status === '') return [...errors, field.required(`${where}.status`)];
  const fixed = type === 'Approved' || type === 'Denied' || type === 'Failed';
  if (!fixed || status === 'True') return errors;
  return [...errors, field.notSupported(`${where}.status`, status, ['True'])];
}

/** A signer gives a certificate once. */
export function validateSigningStatus(object: CertificateSigningRequest, old: CertificateSigningRequest): FieldError[] {
  const errors = validateConditions(object, old);
  const { certificate = '' } = object.status ?? {};
  const before = old.status?.certificate ?? '';
  if (before !== '' && certificate !== before) {
    errors.push(field.forbidden('status.certificate', 'updates may not set certificate content after it has been set'));
  } else if (certificate !== '' && certificate !== before) {
    const why = pemProblem(certificate, 'CERTIFICATE');
    if (why !== undefined) errors.push(field.invalid('status.certificate', '<certificate data>', why));
  }
  return errors;
}

/** Times of conditions that a client left out (pkg/registry/certificates populateConditionTimestamps). */
export function stampConditions(object: CertificateSigningRequest, old: CertificateSigningRequest, now: string): void {
  const before = new Map((old.status?.conditions ?? []).map((condition) => [condition.type, condition]));
  for (const condition of object.status?.conditions ?? []) {
    condition.lastUpdateTime ||= now;
    const former = before.get(condition.type);
    condition.lastTransitionTime ||= former?.status === condition.status ? (former.lastTransitionTime ?? now) : now;
  }
}
