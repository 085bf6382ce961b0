import type { FieldError } from '../../errors/index.ts';
import { names } from '../../object/index.ts';
import type { ServicePort, ServiceSpec } from '../../schema/index.ts';
import { field } from '../field.ts';

const protocols = ['SCTP', 'TCP', 'UDP'];
const KUBELET_PORT = 10_250;

export function portErrors(spec: ServiceSpec): FieldError[] {
  const { ports = [], type } = spec;
  const seen = new Set<string>();
  const errors: FieldError[] = [];
  for (const [i, port] of ports.entries()) {
    const where = `spec.ports[${i}]`;
    if (type === 'LoadBalancer' && port.port === KUBELET_PORT) {
      const why = `may not expose port ${KUBELET_PORT} externally since it is used by kubelet`;
      errors.push(field.invalid(where, port.port, why));
    }
    errors.push(...onePortErrors(port, where, ports.length > 1));
    if (!port.name) continue;
    if (seen.has(port.name)) errors.push(field.duplicate(`${where}.name`, port.name));
    seen.add(port.name);
  }
  return [...errors, ...nodePortErrors(spec), ...duplicateErrors(ports)];
}

function onePortErrors(port: ServicePort, where: string, several: boolean): FieldError[] {
  const { name = '', protocol = '', targetPort, appProtocol } = port;
  const errors: FieldError[] = [];
  if (name === '') errors.push(...(several ? [field.required(`${where}.name`)] : []));
  else errors.push(...field.invalids(`${where}.name`, name, names.dnsLabel(name)));
  errors.push(...field.invalids(`${where}.port`, port.port, names.portNumber(port.port)));
  if (protocol === '') errors.push(field.required(`${where}.protocol`));
  else if (!protocols.includes(protocol)) errors.push(field.notSupported(`${where}.protocol`, protocol, protocols));
  if (typeof targetPort === 'number') {
    errors.push(...field.invalids(`${where}.targetPort`, targetPort, names.portNumber(targetPort)));
  } else if (targetPort !== undefined) {
    errors.push(...field.invalids(`${where}.targetPort`, targetPort, names.portName(targetPort)));
  }
  if (appProtocol !== undefined) {
    errors.push(...field.invalids(`${where}.appProtocol`, appProtocol, names.qualifiedName(appProtocol)));
  }
  return errors;
}

function nodePortErrors({ ports = [], type }: ServiceSpec): FieldError[] {
  const seen = new Set<string>();
  return ports.flatMap(({ nodePort = 0, protocol }, i) => {
    if (nodePort === 0) return [];
    const where = `spec.ports[${i}].nodePort`;
    const errors: FieldError[] = [];
    if (type === 'ClusterIP') errors.push(field.forbidden(where, "may not be used when `type` is 'ClusterIP'"));
    const key = `${protocol}/${nodePort}`;
    if (seen.has(key)) errors.push(field.duplicate(where, nodePort));
    seen.add(key);
    return errors;
  });
}

function duplicateErrors(ports: readonly ServicePort[]): FieldError[] {
  const seen = new Set<string>();
  return ports.flatMap(({ protocol, port }, i) => {
    const key = `${protocol}/${port}`;
    if (seen.has(key)) return [field.duplicate(`spec.ports[${i}]`, { protocol, port })];
    seen.add(key);
    return [];
  });
}
