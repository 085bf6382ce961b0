import type { FieldError } from '../../errors/index.ts';
import { familyOf, names } from '../../object/index.ts';
import type {
  DiscoveryEndpointPort,
  Endpoint,
  EndpointAddress,
  EndpointHints,
  EndpointPort,
  EndpointSlice,
  Endpoints,
} from '../../schema/index.ts';
import { field, immutable } from '../field.ts';
import { validateLabels } from '../metadata.ts';
import { endpointIpErrors, ipErrors } from './addresses.ts';

const protocols = ['SCTP', 'TCP', 'UDP'];

/** pkg/apis/core/validation ValidateEndpoints. */
export function validateEndpoints({ subsets = [] }: Endpoints): FieldError[] {
  return subsets.flatMap(({ addresses = [], notReadyAddresses = [], ports = [] }, i) => {
    const where = `subsets[${i}]`;
    const none = addresses.length === 0 && notReadyAddresses.length === 0;
    return [
      ...(none ? [field.required(where, 'must specify `addresses` or `notReadyAddresses`')] : []),
      ...addresses.flatMap((address, n) => addressErrors(address, `${where}.addresses[${n}]`)),
      ...notReadyAddresses.flatMap((address, n) => addressErrors(address, `${where}.notReadyAddresses[${n}]`)),
      ...ports.flatMap((port, n) => portErrors(port, ports.length > 1, `${where}.ports[${n}]`)),
    ];
  });
}

function addressErrors({ ip = '', hostname, nodeName }: EndpointAddress, where: string): FieldError[] {
  const malformed = ipErrors(ip, `${where}.ip`);
  return [
    ...malformed,
    ...(hostname ? field.invalids(`${where}.hostname`, hostname, names.dnsLabel(hostname)) : []),
    ...(nodeName === undefined ? [] : field.invalids(`${where}.nodeName`, nodeName, names.dnsSubdomain(nodeName))),
    ...(malformed.length > 0 ? [] : endpointIpErrors(ip, `${where}.ip`)),
  ];
}

function portErrors(port: EndpointPort, named: boolean, where: string): FieldError[] {
  const { name = '', protocol = '', appProtocol } = port;
  const errors: FieldError[] = [];
  if (name !== '') errors.push(...field.invalids(`${where}.name`, name, names.dnsLabel(name)));
  else if (named) errors.push(field.required(`${where}.name`));
  errors.push(...field.invalids(`${where}.port`, port.port ?? 0, names.portNumber(port.port ?? 0)));
  return [...errors, ...protocolErrors(protocol, where), ...appProtocolErrors(appProtocol, where)];
}

function protocolErrors(protocol: string, where: string): FieldError[] {
  if (protocol === '') return [field.required(`${where}.protocol`)];
  return protocols.includes(protocol) ? [] : [field.notSupported(`${where}.protocol`, protocol, protocols)];
}

function appProtocolErrors(appProtocol: string | undefined, where: string): FieldError[] {
  if (appProtocol === undefined) return [];
  return field.invalids(`${where}.appProtocol`, appProtocol, names.qualifiedName(appProtocol));
}

const addressTypes = ['FQDN', 'IPv4', 'IPv6'];
const most = { endpoints: 1000, addresses: 100, ports: 20_000, topology: 16, hints: 8 };

/** pkg/apis/discovery/validation ValidateEndpointSlice. */
export function validateEndpointSlice({ addressType = '', endpoints = [], ports = [] }: EndpointSlice): FieldError[] {
  const errors: FieldError[] = [];
  if (addressType === '') errors.push(field.required('addressType'));
  else if (!addressTypes.includes(addressType)) {
    errors.push(field.notSupported('addressType', addressType, addressTypes));
  }
  if (endpoints.length > most.endpoints) errors.push(field.tooMany('endpoints', endpoints.length, most.endpoints));
  else errors.push(...endpoints.flatMap((endpoint, i) => endpointErrors(endpoint, addressType, `endpoints[${i}]`)));
  if (ports.length > most.ports) errors.push(field.tooMany('ports', ports.length, most.ports));
  else errors.push(...slicePortErrors(ports));
  return errors;
}

function endpointErrors(endpoint: Endpoint, type: string, where: string): FieldError[] {
  const { addresses = [], nodeName, hostname, deprecatedTopology: topology, hints } = endpoint;
  const errors: FieldError[] = [];
  const at = `${where}.addresses`;
  if (addresses.length === 0) errors.push(field.required(at, 'must contain at least 1 address'));
  else if (addresses.length > most.addresses) errors.push(field.tooMany(at, addresses.length, most.addresses));
  errors.push(...addresses.flatMap((address, i) => sliceAddressErrors(address, type, `${at}[${i}]`)));
  if (nodeName !== undefined) {
    errors.push(...field.invalids(`${where}.nodeName`, nodeName, names.dnsSubdomain(nodeName)));
  }
  if (topology !== undefined) {
    errors.push(...validateLabels(topology, `${where}.deprecatedTopology`));
    const count = Object.keys(topology).length;
    if (count > most.topology) errors.push(field.tooMany(`${where}.deprecatedTopology`, count, most.topology));
  }
  if (hostname !== undefined) errors.push(...field.invalids(`${where}.hostname`, hostname, names.dnsLabel(hostname)));
  return hints === undefined ? errors : [...errors, ...hintErrors(hints, `${where}.hints`)];
}

function sliceAddressErrors(address: string, type: string, where: string): FieldError[] {
  if (type === 'FQDN') {
    const name = address.replace(/\.$/, '');
    const short = name.split('.').length < 2 ? ['should be a domain with at least two segments separated by dots'] : [];
    return field.invalids(where, address, [...names.dnsSubdomain(name), ...short]);
  }
  if (type !== 'IPv4' && type !== 'IPv6') return [];
  const malformed = ipErrors(address, where);
  if (malformed.length > 0) return malformed;
  if (familyOf(address) !== type) return [field.invalid(where, address, `must be a valid ${type} address`)];
  return endpointIpErrors(address, where);
}

function hintErrors(hints: EndpointHints, where: string): FieldError[] {
  return (['forZones', 'forNodes'] as const).flatMap((name) => {
    const list = hints[name] ?? [];
    const at = `${where}.${name}`;
    if (list.length > most.hints) return [field.tooMany(at, list.length, most.hints)];
    const seen = new Set<string>();
    return list.flatMap((hint, i) => {
      const check = name === 'forZones' ? names.labelValueErrors : names.dnsSubdomain;
      const errors = seen.has(hint.name) ? [field.duplicate(`${at}[${i}].name`, hint.name)] : [];
      seen.add(hint.name);
      return [...errors, ...field.invalids(`${at}[${i}].name`, hint.name, check(hint.name))];
    });
  });
}

function slicePortErrors(ports: readonly DiscoveryEndpointPort[]): FieldError[] {
  const seen = new Set<string>();
  return ports.flatMap(({ name = '', protocol = '', port, appProtocol }, i) => {
    const where = `ports[${i}]`;
    const errors = name === '' ? [] : field.invalids(`${where}.name`, name, names.dnsLabel(name));
    if (seen.has(name)) errors.push(field.duplicate(`${where}.name`, name));
    seen.add(name);
    errors.push(...protocolErrors(protocol, where));
    if (port !== undefined) errors.push(...field.invalids(`${where}.port`, port, names.portNumber(port)));
    return [...errors, ...appProtocolErrors(appProtocol, where)];
  });
}

export function validateEndpointSliceUpdate(object: EndpointSlice, old: EndpointSlice): FieldError[] {
  return object.addressType === old.addressType
    ? []
    : [field.invalid('addressType', object.addressType ?? '', immutable)];
}
