import type { ServiceSpec } from '../../schema/index.ts';

/** What a service has, by its type (pkg/registry/core/service/strategy.go, pkg/api/service). */

export const none = 'None';

const withAddress = ['ClusterIP', 'NodePort', 'LoadBalancer'];

export function needsClusterIp({ type = '' }: ServiceSpec): boolean {
  return withAddress.includes(type);
}

export function needsPorts(spec: ServiceSpec): boolean {
  return needsClusterIp(spec);
}

/** Every port of it gets a node port. */
export function allocatesNodePorts({ type, allocateLoadBalancerNodePorts }: ServiceSpec): boolean {
  return type === 'NodePort' || (type === 'LoadBalancer' && (allocateLoadBalancerNodePorts ?? true));
}

/** It may have node ports. */
export function mayHaveNodePorts({ type }: ServiceSpec): boolean {
  return type === 'NodePort' || type === 'LoadBalancer';
}

export function needsHealthCheckPort({ type, externalTrafficPolicy }: ServiceSpec): boolean {
  return type === 'LoadBalancer' && externalTrafficPolicy === 'Local';
}

export function isExternallyAccessible(spec: ServiceSpec): boolean {
  return mayHaveNodePorts(spec) || (spec.type === 'ClusterIP' && (spec.externalIPs ?? []).length > 0);
}

export function isHeadless({ clusterIPs = [] }: ServiceSpec): boolean {
  return clusterIPs.length === 1 && clusterIPs[0] === none;
}

/** Its own addresses; none for a headless or external one. */
export function addressesOf(spec: ServiceSpec | undefined): readonly string[] {
  return (spec?.clusterIPs ?? []).filter((ip) => ip !== none && ip !== '');
}

/** Every port of the nodes that it takes, each once: the same number may serve two protocols. */
export function nodePortsOf(spec: ServiceSpec | undefined): readonly number[] {
  const ports = (spec?.ports ?? []).map(({ nodePort = 0 }) => nodePort);
  return [...new Set([...ports, spec?.healthCheckNodePort ?? 0])].filter((port) => port !== 0);
}
