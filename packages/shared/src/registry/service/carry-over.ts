import { equal } from '../../object/equal.ts';
import type { Service, ServiceSpec } from '../../schema/index.ts';
import {
  allocatesNodePorts,
  isExternallyAccessible,
  mayHaveNodePorts,
  needsClusterIp,
  needsHealthCheckPort,
  needsPorts,
} from './needs.ts';

/**
 * What becomes of fields that were given out or depend on the type when a client who may not know them changes a service
 * (pkg/registry/core/service: dropTypeDependentFields, patchAllocatedValues, normalizeClusterIPs).
 */
export function carryOver(object: Service, old: Service): void {
  if (object.spec === undefined || old.spec === undefined) return;
  dropWhatTypeHasNot(object.spec, old.spec);
  keepAddresses(object.spec, old.spec);
  keepNodePorts(object.spec, old.spec);
  alignAddresses(object.spec, old.spec);
  if (object.spec.type !== 'LoadBalancer') object.status = { ...object.status, loadBalancer: {} };
}

type Test = (spec: ServiceSpec) => boolean;

const isBalanced: Test = ({ type }) => type === 'LoadBalancer';

/** Fields that go with what a type needs, when the new type needs them no longer and the client has not touched them. */
const dependent: readonly (readonly [needs: Test, fields: readonly (keyof ServiceSpec)[]])[] = [
  [needsPorts, ['ports']],
  [needsClusterIp, ['ipFamilies', 'ipFamilyPolicy']],
  [needsHealthCheckPort, ['healthCheckNodePort']],
  [isBalanced, ['allocateLoadBalancerNodePorts', 'loadBalancerClass']],
  [isExternallyAccessible, ['externalTrafficPolicy']],
];

function dropWhatTypeHasNot(spec: ServiceSpec, old: ServiceSpec): void {
  const lost = (needs: Test): boolean => needs(old) && !needs(spec);
  const drops = dependent.flatMap(([needs, fields]) => (lost(needs) ? fields : []));
  const nodePortsGo = lost(mayHaveNodePorts) && equal(nodePorts(spec), nodePorts(old));
  const addressesGo =
    lost(needsClusterIp) && spec.clusterIP === old.clusterIP && equal(spec.clusterIPs, old.clusterIPs);
  for (const name of drops) if (equal(spec[name], old[name])) delete spec[name];
  if (nodePortsGo) for (const port of spec.ports ?? []) delete port.nodePort;
  if (addressesGo) {
    delete spec.clusterIP;
    delete spec.clusterIPs;
  }
}

const nodePorts = ({ ports = [] }: ServiceSpec): number[] => ports.map(({ nodePort = 0 }) => nodePort);

function keepAddresses(spec: ServiceSpec, old: ServiceSpec): void {
  if (!needsClusterIp(old) || !needsClusterIp(spec)) return;
  if (!spec.clusterIP && old.clusterIP) spec.clusterIP = old.clusterIP;
  if ((spec.clusterIPs ?? []).length === 0 && spec.clusterIP === old.clusterIP && old.clusterIPs !== undefined) {
    spec.clusterIPs = [...old.clusterIPs];
  }
}

function keepNodePorts(spec: ServiceSpec, old: ServiceSpec): void {
  if (allocatesNodePorts(old) && allocatesNodePorts(spec)) {
    const before = new Set(nodePorts(old));
    const used = new Set(nodePorts(spec).filter((port) => port !== 0 && before.has(port)));
    const byName = new Map((old.ports ?? []).map(({ name = '', nodePort = 0 }) => [name, nodePort]));
    for (const port of spec.ports ?? []) {
      const former = byName.get(port.name ?? '') ?? 0;
      if (port.nodePort || former === 0 || used.has(former)) continue;
      port.nodePort = former;
      used.add(former);
    }
  }
  if (needsHealthCheckPort(old) && needsHealthCheckPort(spec) && old.healthCheckNodePort) {
    spec.healthCheckNodePort ||= old.healthCheckNodePort;
  }
}

/** A client that knows only `clusterIP` or only `clusterIPs` means both. */
function alignAddresses(spec: ServiceSpec, old: ServiceSpec): void {
  const before = old.clusterIP ?? '';
  const now = spec.clusterIP ?? '';
  const had = (old.clusterIPs ?? []).length > 0;
  if (had && (spec.clusterIPs ?? []).length === 0 && before === now) spec.clusterIPs = [...(old.clusterIPs ?? [])];
  if (before === now || !equal(spec.clusterIPs, old.clusterIPs)) return;
  if (now === '') delete spec.clusterIPs;
  else spec.clusterIPs = [now];
}

/** The same for a new service: whoever names both is taken at his word, and checked. */
export function alignNewAddresses(spec: ServiceSpec): void {
  if (spec.clusterIP && (spec.clusterIPs ?? []).length === 0) spec.clusterIPs = [spec.clusterIP];
}
