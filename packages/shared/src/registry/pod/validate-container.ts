import type { FieldError } from '../../errors/index.ts';
import { names } from '../../object/index.ts';
import type { Container, ContainerPort, Volume } from '../../schema/index.ts';
import { field } from '../field.ts';
import { validateEnv, validateEnvFrom } from './validate-env.ts';
import { validateMounts } from './validate-mount.ts';
import { validateProbes } from './validate-probe.ts';
import { validateResources } from './validate-resources.ts';
import { validateContainerSecurity } from './validate-security.ts';

/** What containers are checked against beside themselves. */
export interface Surroundings {
  volumes: ReadonlyMap<string, Volume>;
  hostNetwork: boolean;
  /** The containers' users are those of the host. */
  hostUsers: boolean;
  gracePeriodSeconds: number;
  /** Names of the pod's resource claims. */
  claims: ReadonlySet<string>;
}

export type ContainerRole = 'main' | 'init' | 'ephemeral';

const pullPolicies = ['Always', 'IfNotPresent', 'Never'];

/** Rules of one container (pkg/apis/core/validation validateContainerCommon). */
export function validateContainer(
  container: Container,
  path: string,
  role: ContainerRole,
  around: Surroundings,
): FieldError[] {
  const { image = '' } = container;
  const errors: FieldError[] = [];
  if (!container.name) errors.push(field.required(`${path}.name`));
  else errors.push(...field.invalids(`${path}.name`, container.name, names.dnsLabel(container.name)));
  if (image === '') errors.push(field.required(`${path}.image`));
  else if (image !== image.trim()) {
    errors.push(field.invalid(`${path}.image`, image, 'must not have leading or trailing whitespace'));
  }
  if (!['File', 'FallbackToLogsOnError'].includes(container.terminationMessagePolicy ?? 'File')) {
    const why = "must be 'File' or 'FallbackToLogsOnError'";
    errors.push(field.invalid(`${path}.terminationMessagePolicy`, container.terminationMessagePolicy, why));
  }
  if (container.imagePullPolicy !== undefined && !pullPolicies.includes(container.imagePullPolicy)) {
    errors.push(field.notSupported(`${path}.imagePullPolicy`, container.imagePullPolicy, pullPolicies));
  }
  return [
    ...errors,
    ...validatePorts(container.ports ?? [], `${path}.ports`, around.hostNetwork),
    ...validateEnv(container.env ?? [], `${path}.env`, around.volumes),
    ...validateEnvFrom(container.envFrom ?? [], `${path}.envFrom`),
    ...validateMounts(container, path, around.volumes),
    ...validateResources(container.resources ?? {}, `${path}.resources`),
    ...claimErrors(container, `${path}.resources.claims`, around.claims),
    ...validateProbes(container, path, role, around.gracePeriodSeconds),
    ...validateContainerSecurity(container, `${path}.securityContext`, around.hostUsers),
    ...resizePolicyErrors(container, `${path}.resizePolicy`),
  ];
}

const protocols = ['SCTP', 'TCP', 'UDP'];

function validatePorts(ports: readonly ContainerPort[], path: string, hostNetwork: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [i, port] of ports.entries()) {
    const where = field.index(path, i);
    if (port.name) {
      errors.push(...field.invalids(`${where}.name`, port.name, names.portName(port.name)));
      if (seen.has(port.name)) errors.push(field.duplicate(`${where}.name`, port.name));
      seen.add(port.name);
    }
    errors.push(...validatePortNumbers(port, where, hostNetwork));
    if (!port.protocol) errors.push(field.required(`${where}.protocol`));
    else if (!protocols.includes(port.protocol)) {
      errors.push(field.notSupported(`${where}.protocol`, port.protocol, protocols));
    }
  }
  return errors;
}

function validatePortNumbers(port: ContainerPort, where: string, hostNetwork: boolean): FieldError[] {
  const errors: FieldError[] = [];
  if (!port.containerPort) errors.push(field.required(`${where}.containerPort`));
  else {
    const reasons = names.portNumber(port.containerPort);
    errors.push(...field.invalids(`${where}.containerPort`, port.containerPort, reasons));
  }
  if (port.hostPort) {
    errors.push(...field.invalids(`${where}.hostPort`, port.hostPort, names.portNumber(port.hostPort)));
  }
  if (hostNetwork && port.hostPort && port.hostPort !== port.containerPort) {
    const why = 'must match `hostPort` when `hostNetwork` is true';
    errors.push(field.invalid(`${where}.containerPort`, port.containerPort, why));
  }
  return errors;
}

function claimErrors({ resources }: Container, path: string, known: ReadonlySet<string>): FieldError[] {
  return (resources?.claims ?? []).flatMap(({ name }, i) => {
    if (!name) return [field.required(`${path}[${i}].name`)];
    return known.has(name) ? [] : [field.notFound(`${path}[${i}].name`, name)];
  });
}

const resizable = ['cpu', 'memory'];
const resizeRestarts = ['NotRequired', 'RestartContainer'];

function resizePolicyErrors({ resizePolicy = [] }: Container, path: string): FieldError[] {
  const seen = new Set<string>();
  return resizePolicy.flatMap(({ resourceName, restartPolicy }) => {
    const errors: FieldError[] = [];
    if (seen.has(resourceName)) errors.push(field.duplicate(path, resourceName));
    seen.add(resourceName);
    if (!resourceName) errors.push(field.required(path));
    else if (!resizable.includes(resourceName)) errors.push(field.notSupported(path, resourceName, resizable));
    if (!restartPolicy) errors.push(field.required(path));
    else if (!resizeRestarts.includes(restartPolicy)) {
      errors.push(field.notSupported(path, restartPolicy, resizeRestarts));
    }
    return errors;
  });
}
