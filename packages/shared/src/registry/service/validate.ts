import type { FieldError } from '../../errors/index.ts';
import { names } from '../../object/index.ts';
import type { Service, ServiceSpec } from '../../schema/index.ts';
import { field } from '../field.ts';
import { validateLabels } from '../metadata.ts';
import { cidrErrors, endpointIpErrors, ipErrors } from '../networking/addresses.ts';
import { isExternallyAccessible, isHeadless, needsHealthCheckPort, none } from './needs.ts';
import { addressErrors, addressUpdateErrors } from './validate-addresses.ts';
import { portErrors } from './validate-ports.ts';

const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const affinities = ['ClientIP', 'None'];
const trafficPolicies = ['Cluster', 'Local'];
const distributions = ['PreferClose', 'PreferSameNode', 'PreferSameZone'];
const MAX_AFFINITY_SECONDS = 86_400;

/** pkg/apis/core/validation ValidateService. */
export function validateService(object: Service): FieldError[] {
  const { spec } = object;
  if (spec === undefined) return [field.required('spec.ports')];
  const { type = '' } = spec;
  return [
    ...topologyErrors(object),
    ...((spec.ports ?? []).length === 0 && !isHeadless(spec) && type !== 'ExternalName'
      ? [field.required('spec.ports')]
      : []),
    ...typeErrors(spec, type),
    ...portErrors(spec),
    ...validateLabels(spec.selector ?? {}, 'spec.selector'),
    ...affinityErrors(spec),
    ...addressErrors(spec),
    ...(spec.externalIPs ?? []).flatMap((ip, i) => externalIpErrors(ip, `spec.externalIPs[${i}]`)),
    ...(type === '' ? [field.required('spec.type')] : oneOf(type, 'spec.type', types)),
    ...balancerErrors(spec),
    ...trafficErrors(spec),
  ];
}

export function validateServiceUpdate(object: Service, old: Service): FieldError[] {
  const errors = addressUpdateErrors(object, old);
  const { spec } = object;
  if (spec?.type === 'LoadBalancer' && old.spec?.type === 'LoadBalancer') {
    if (spec.loadBalancerClass !== old.spec.loadBalancerClass) {
      errors.push(field.invalid('spec.loadBalancerClass', spec.loadBalancerClass, 'may not change once set'));
    }
  }
  return errors;
}

const topologyHints = 'service.kubernetes.io/topology-aware-hints';
const topologyMode = 'service.kubernetes.io/topology-mode';

function topologyErrors({ metadata }: Service): FieldError[] {
  const { [topologyHints]: hints, [topologyMode]: mode } = metadata.annotations ?? {};
  if (hints === undefined || mode === undefined || hints === mode) return [];
  const why = `must match annotations[${topologyHints}] when both are specified`;
  return [field.invalid(`metadata.annotations[${topologyMode}]`, mode, why)];
}

function oneOf(value: string, where: string, supported: readonly string[]): FieldError[] {
  return supported.includes(value) ? [] : [field.notSupported(where, value, supported)];
}

function typeErrors(spec: ServiceSpec, type: string): FieldError[] {
  if ((type === 'LoadBalancer' || type === 'NodePort') && isHeadless(spec)) {
    return [field.invalid('spec.clusterIPs[0]', none, `may not be set to 'None' for ${type} services`)];
  }
  if (type !== 'ExternalName') return [];
  const only = 'may not be set for ExternalName services';
  const errors: FieldError[] = [];
  if ((spec.clusterIPs ?? []).length > 0 || spec.clusterIP) errors.push(field.forbidden('spec.clusterIPs', only));
  if ((spec.ipFamilies ?? []).length > 0) errors.push(field.forbidden('spec.ipFamilies', only));
  if (spec.ipFamilyPolicy !== undefined) errors.push(field.forbidden('spec.ipFamilyPolicy', only));
  const name = (spec.externalName ?? '').replace(/\.$/, '');
  if (name === '') errors.push(field.required('spec.externalName'));
  else errors.push(...field.invalids('spec.externalName', name, names.dnsSubdomain(name)));
  return errors;
}

function affinityErrors({ sessionAffinity = '', sessionAffinityConfig: config }: ServiceSpec): FieldError[] {
  const where = 'spec.sessionAffinityConfig';
  if (sessionAffinity === '') return [field.required('spec.sessionAffinity')];
  if (sessionAffinity === 'None') {
    return config === undefined ? [] : [field.forbidden(where, 'must not be set when session affinity is None')];
  }
  if (sessionAffinity !== 'ClientIP') return oneOf(sessionAffinity, 'spec.sessionAffinity', affinities);
  const needed = 'when session affinity type is ClientIP';
  if (config === undefined) return [field.required(where, needed)];
  if (config.clientIP === undefined) return [field.required(`${where}.clientIP`, needed)];
  const { timeoutSeconds } = config.clientIP;
  if (timeoutSeconds === undefined) return [field.required(`${where}.clientIP.timeoutSeconds`, needed)];
  if (timeoutSeconds > 0 && timeoutSeconds <= MAX_AFFINITY_SECONDS) return [];
  const why = `must be greater than 0 and less than ${MAX_AFFINITY_SECONDS}`;
  return [field.invalid(`${where}.clientIP.timeoutSeconds`, timeoutSeconds, why)];
}

function externalIpErrors(ip: string, where: string): FieldError[] {
  const malformed = ipErrors(ip, where);
  return malformed.length > 0 ? malformed : endpointIpErrors(ip, where);
}

const balancersOnly = "may only be used when `type` is 'LoadBalancer'";

function balancerErrors(spec: ServiceSpec): FieldError[] {
  const { loadBalancerSourceRanges: ranges = [], loadBalancerClass, allocateLoadBalancerNodePorts: allocates } = spec;
  const balanced = spec.type === 'LoadBalancer';
  const errors: FieldError[] = [];
  if (ranges.length > 0 && !balanced) errors.push(field.forbidden('spec.LoadBalancerSourceRanges', balancersOnly));
  for (const [i, range] of ranges.entries()) {
    errors.push(...cidrErrors(range.trim(), `spec.LoadBalancerSourceRanges[${i}]`));
  }
  const allocation = 'spec.allocateLoadBalancerNodePorts';
  if (balanced && allocates === undefined) errors.push(field.required(allocation));
  if (!balanced && allocates !== undefined) errors.push(field.forbidden(allocation, balancersOnly));
  if (loadBalancerClass !== undefined) {
    const where = 'spec.loadBalancerClass';
    if (!balanced) errors.push(field.forbidden(where, balancersOnly));
    else errors.push(...field.invalids(where, loadBalancerClass, names.qualifiedName(loadBalancerClass)));
  }
  return errors;
}

function trafficErrors(spec: ServiceSpec): FieldError[] {
  const { externalTrafficPolicy: external = '', internalTrafficPolicy: internal, trafficDistribution } = spec;
  const errors: FieldError[] = [];
  const externalPath = 'spec.externalTrafficPolicy';
  if (!isExternallyAccessible(spec)) {
    const why = 'may only be set for externally-accessible services';
    if (external !== '') errors.push(field.invalid(externalPath, external, why));
  } else if (external === '') errors.push(field.required(externalPath));
  else errors.push(...oneOf(external, externalPath, trafficPolicies));
  errors.push(...healthCheckErrors(spec));
  if (internal === undefined) {
    if (spec.type !== 'ExternalName') errors.push(field.required('spec.internalTrafficPolicy'));
  } else errors.push(...oneOf(internal, 'spec.internalTrafficPolicy', trafficPolicies));
  if (trafficDistribution !== undefined) {
    errors.push(...oneOf(trafficDistribution, 'spec.trafficDistribution', distributions));
  }
  return errors;
}

function healthCheckErrors(spec: ServiceSpec): FieldError[] {
  const { healthCheckNodePort: port = 0 } = spec;
  const where = 'spec.healthCheckNodePort';
  if (needsHealthCheckPort(spec)) {
    return port === 0 ? [field.required(where)] : field.invalids(where, port, names.portNumber(port));
  }
  const why = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
  return port === 0 ? [] : [field.invalid(where, port, why)];
}

/** pkg/api/service GetWarningsForService. */
export function serviceWarnings({ metadata, spec }: Service): string[] {
  if (spec === undefined) return [];
  const ignored = (name: string, why: string): string => `spec.${name} is ignored when ${why}`;
  const warnings: string[] = [];
  const hints = 'service.kubernetes.io/topology-aware-hints';
  if (Object.hasOwn(metadata.annotations ?? {}, hints)) {
    warnings.push(`annotation ${hints} is deprecated, please use service.kubernetes.io/topology-mode instead`);
  }
  if (isHeadless(spec)) {
    const why = 'spec.clusterIP is "None"';
    if (spec.loadBalancerIP) warnings.push(ignored('loadBalancerIP', why));
    if ((spec.externalIPs ?? []).length > 0) warnings.push(ignored('externalIPs', why));
    if (spec.sessionAffinity !== 'None') warnings.push(ignored('SessionAffinity', why));
  }
  if ((spec.externalIPs ?? []).length > 0) {
    if (spec.type === 'ExternalName') warnings.push(ignored('externalIPs', 'spec.type is "ExternalName"'));
    else if (!isHeadless(spec)) {
      warnings.push('spec.externalIPs is deprecated and may no longer be implemented in some clusters');
    }
  }
  if (spec.type !== 'ExternalName' && spec.externalName) {
    warnings.push(ignored('externalName', 'spec.type is not "ExternalName"'));
  }
  return warnings;
}
