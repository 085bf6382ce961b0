import type { FieldError } from '../../errors/index.ts';
import { names, parseIp } from '../../object/index.ts';
import type { HTTPIngressPath, Ingress, IngressBackend, IngressRule, IngressTLS } from '../../schema/index.ts';
import { field } from '../field.ts';
import { dns1035Name, subdomainName } from '../metadata.ts';
import { ipErrors } from './addresses.ts';
import { hostErrors, typedReferenceErrors } from './references.ts';

const classAnnotation = 'kubernetes.io/ingress.class';
const pathTypes = ['Exact', 'ImplementationSpecific', 'Prefix'];

/** pkg/apis/networking/validation ValidateIngressSpec. */
export function validateIngress({ spec = {} }: Ingress): FieldError[] {
  const { rules = [], defaultBackend, tls = [], ingressClassName } = spec;
  const errors: FieldError[] = [];
  if (rules.length === 0 && defaultBackend === undefined) {
    errors.push(field.invalid('spec', rules, 'either `defaultBackend` or `rules` must be specified'));
  }
  if (defaultBackend !== undefined) errors.push(...backendErrors(defaultBackend, 'spec.defaultBackend'));
  errors.push(...rules.flatMap((rule, i) => ruleErrors(rule, `spec.rules[${i}]`)));
  errors.push(...tls.flatMap((entry, i) => tlsErrors(entry, `spec.tls[${i}]`)));
  if (ingressClassName !== undefined) {
    errors.push(...field.invalids('spec.ingressClassName', ingressClassName, subdomainName(ingressClassName, false)));
  }
  return errors;
}

/** Of a new ingress: afterwards the field and the annotation of old may differ. */
export function ingressClassErrors({ metadata, spec }: Ingress): FieldError[] {
  const annotation = metadata.annotations?.[classAnnotation];
  const { ingressClassName } = spec ?? {};
  if (annotation === undefined || ingressClassName === undefined || annotation === ingressClassName) return [];
  const why = 'must match `ingressClassName` when both are specified';
  return [field.invalid(`annotations.${classAnnotation}`, annotation, why)];
}

function tlsErrors({ hosts = [], secretName = '' }: IngressTLS, where: string): FieldError[] {
  const errors = hosts.flatMap((host, i) => hostErrors(host, `${where}.hosts[${i}]`));
  if (secretName === '') return errors;
  return [...errors, ...field.invalids(`${where}.secretName`, secretName, names.dnsSubdomain(secretName))];
}

function ruleErrors({ host = '', http }: IngressRule, where: string): FieldError[] {
  const errors: FieldError[] = [];
  if (host !== '') {
    if (parseIp(host) !== undefined) {
      errors.push(field.invalid(`${where}.host`, host, 'must be a DNS name, not an IP address'));
    }
    errors.push(...hostErrors(host, `${where}.host`));
  }
  if (http === undefined) return errors;
  const paths = http.paths ?? [];
  if (paths.length === 0) errors.push(field.required(`${where}.http.paths`));
  return [...errors, ...paths.flatMap((path, i) => pathErrors(path, `${where}.http.paths[${i}]`))];
}

const badSequences = ['//', '/./', '/../', '%2f', '%2F'];
const badSuffixes = ['/..', '/.'];

function pathErrors({ path = '', pathType, backend }: HTTPIngressPath, where: string): FieldError[] {
  if (pathType === undefined) return [field.required(`${where}.pathType`, 'pathType must be specified')];
  const at = `${where}.path`;
  const errors: FieldError[] = [];
  if (!pathTypes.includes(pathType)) errors.push(field.notSupported(`${where}.pathType`, pathType, pathTypes));
  else if (!path.startsWith('/') && (path !== '' || pathType !== 'ImplementationSpecific')) {
    errors.push(field.invalid(at, path, 'must be an absolute path'));
  }
  if (pathType === 'Exact' || pathType === 'Prefix') {
    const sequences = badSequences.filter((text) => path.includes(text)).map((text) => `must not contain '${text}'`);
    const suffixes = badSuffixes.filter((text) => path.endsWith(text)).map((text) => `cannot end with '${text}'`);
    errors.push(...field.invalids(at, path, [...sequences, ...suffixes]));
  }
  return [...errors, ...backendErrors(backend ?? {}, `${where}.backend`)];
}

function backendErrors({ service, resource }: IngressBackend, where: string): FieldError[] {
  if (service !== undefined && resource !== undefined) {
    return [field.invalid(where, '', 'cannot set both resource and service backends')];
  }
  if (resource !== undefined) return typedReferenceErrors(resource, `${where}.resource`);
  if (service === undefined) return [field.invalid(where, '', 'resource or service backend is required')];
  const { name, port = {} } = service;
  const errors = name
    ? field.invalids(`${where}.service.name`, name, dns1035Name(name, false))
    : [field.required(`${where}.service.name`)];
  if (port.name && port.number) errors.push(field.invalid(where, '', 'cannot set both port name & port number'));
  else if (port.name)
    errors.push(...field.invalids(`${where}.service.port.name`, port.name, names.portName(port.name)));
  else if (port.number) {
    errors.push(...field.invalids(`${where}.service.port.number`, port.number, names.portNumber(port.number)));
  } else errors.push(field.required(where, 'port name or number is required'));
  return errors;
}

export function validateIngressStatus({ status }: Ingress): FieldError[] {
  return balancerStatusErrors(status?.loadBalancer?.ingress ?? [], 'status.loadBalancer.ingress');
}

/** Addresses of a load balancer, as services and ingresses show them. */
export function balancerStatusErrors(
  points: readonly { ip?: string; hostname?: string }[],
  where: string,
): FieldError[] {
  return points.flatMap(({ ip, hostname }, i) => {
    const errors = ip ? ipErrors(ip, `${where}[${i}].ip`) : [];
    if (!hostname) return errors;
    errors.push(...field.invalids(`${where}[${i}].hostname`, hostname, names.dnsSubdomain(hostname)));
    if (parseIp(hostname) !== undefined) {
      errors.push(field.invalid(`${where}[${i}].hostname`, hostname, 'must be a DNS name, not an IP address'));
    }
    return errors;
  });
}
