import type { FieldError } from '../../errors/index.ts';
import { contains, names, parseCidr } from '../../object/index.ts';
import type { IPBlock, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyPort } from '../../schema/index.ts';
import { field } from '../field.ts';
import { validateLabelSelector } from '../workload.ts';
import { cidrErrors } from './addresses.ts';

const protocols = ['SCTP', 'TCP', 'UDP'];
const types = ['Egress', 'Ingress'];

/** pkg/apis/networking/validation ValidateNetworkPolicySpec. */
export function validateNetworkPolicy({ spec = {} }: NetworkPolicy): FieldError[] {
  const { podSelector, ingress = [], egress = [], policyTypes = [] } = spec;
  return [
    ...validateLabelSelector(podSelector, 'spec.podSelector'),
    ...ingress.flatMap(({ ports = [], from = [] }, i) => ruleErrors(ports, from, `spec.ingress[${i}]`, 'from')),
    ...egress.flatMap(({ ports = [], to = [] }, i) => ruleErrors(ports, to, `spec.egress[${i}]`, 'to')),
    ...typeErrors(policyTypes),
  ];
}

function typeErrors(policyTypes: readonly string[]): FieldError[] {
  if (policyTypes.length > types.length) {
    return [field.invalid('spec.policyTypes', policyTypes, 'may not specify more than two policyTypes')];
  }
  return policyTypes.flatMap((type, i) =>
    types.includes(type) ? [] : [field.notSupported(`spec.policyTypes[${i}]`, type, types)],
  );
}

function ruleErrors(
  ports: readonly NetworkPolicyPort[],
  peers: readonly NetworkPolicyPeer[],
  where: string,
  name: 'from' | 'to',
): FieldError[] {
  return [
    ...ports.flatMap((port, i) => portErrors(port, `${where}.ports[${i}]`)),
    ...peers.flatMap((peer, i) => peerErrors(peer, `${where}.${name}[${i}]`)),
  ];
}

function portErrors({ protocol, port, endPort }: NetworkPolicyPort, where: string): FieldError[] {
  const errors: FieldError[] = [];
  if (protocol !== undefined && !protocols.includes(protocol)) {
    errors.push(field.notSupported(`${where}.protocol`, protocol, protocols));
  }
  if (typeof port === 'number') {
    errors.push(...field.invalids(`${where}.port`, port, names.portNumber(port)));
    if (endPort === undefined) return errors;
    if (endPort < port) {
      errors.push(field.invalid(`${where}.endPort`, endPort, 'must be greater than or equal to `port`'));
    }
    return [...errors, ...field.invalids(`${where}.endPort`, endPort, names.portNumber(endPort))];
  }
  if (endPort !== undefined) {
    const why = `may not be specified when \`port\` is ${port === undefined ? 'not specified' : 'non-numeric'}`;
    errors.push(field.invalid(`${where}.endPort`, endPort, why));
  }
  return port === undefined ? errors : [...errors, ...field.invalids(`${where}.port`, port, names.portName(port))];
}

function peerErrors({ podSelector, namespaceSelector, ipBlock }: NetworkPolicyPeer, where: string): FieldError[] {
  const count = [podSelector, namespaceSelector, ipBlock].filter((part) => part !== undefined).length;
  const errors = [
    ...validateLabelSelector(podSelector, `${where}.podSelector`),
    ...validateLabelSelector(namespaceSelector, `${where}.namespaceSelector`),
    ...(ipBlock === undefined ? [] : blockErrors(ipBlock, `${where}.ipBlock`)),
  ];
  if (count === 0) errors.push(field.required(where, 'must specify a peer'));
  if (count > 1 && ipBlock !== undefined) {
    errors.push(field.forbidden(where, 'may not specify both ipBlock and another peer'));
  }
  return errors;
}

function blockErrors({ cidr = '', except = [] }: IPBlock, where: string): FieldError[] {
  if (cidr === '') return [field.required(`${where}.cidr`)];
  const errors = cidrErrors(cidr, `${where}.cidr`);
  const whole = parseCidr(cidr);
  for (const [i, text] of except.entries()) {
    const at = `${where}.except[${i}]`;
    const part = parseCidr(text);
    if (part === undefined) errors.push(...cidrErrors(text, at));
    else if (whole !== undefined) {
      const inside = contains(whole, { family: part.family, value: part.address }) && part.prefix > whole.prefix;
      if (!inside) errors.push(field.invalid(at, text, 'must be a strict subset of `cidr`'));
    }
  }
  return errors;
}
