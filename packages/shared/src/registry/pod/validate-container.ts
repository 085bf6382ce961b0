import type { FieldError } from '../../errors/index.ts';
import { names } from '../../object/index.ts';
import type { Container, ContainerPort, EnvFromSource, EnvVar, Probe, VolumeMount } from '../../schema/index.ts';
import { field } from '../field.ts';
import { validateResources } from './validate-resources.ts';

/** What containers are checked against beside themselves. */
export interface Surroundings {
  volumes: ReadonlySet<string>;
  hostNetwork: boolean;
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
    ...validateEnv(container.env ?? [], `${path}.env`),
    ...validateEnvFrom(container.envFrom ?? [], `${path}.envFrom`),
    ...validateMounts(container.volumeMounts ?? [], `${path}.volumeMounts`, around.volumes),
    ...validateResources(container.resources ?? {}, `${path}.resources`),
    ...validateProbes(container, path, role),
    ...validateSecurity(container, `${path}.securityContext`),
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

function validateEnv(env: readonly EnvVar[], path: string): FieldError[] {
  return env.flatMap((variable, i) => {
    const where = field.index(path, i);
    const named = variable.name
      ? field.invalids(`${where}.name`, variable.name, names.envVarName(variable.name))
      : [field.required(`${where}.name`)];
    return [...named, ...validateValueFrom(variable, `${where}.valueFrom`)];
  });
}

function validateValueFrom({ value, valueFrom }: EnvVar, where: string): FieldError[] {
  if (valueFrom === undefined) return [];
  const sources = Object.entries(valueFrom).filter(([, source]) => source !== undefined);
  if (sources.length === 0) {
    const why =
      'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`';
    return [field.invalid(where, '', why)];
  }
  if (value) return [field.invalid(where, '', 'may not be specified when `value` is not empty')];
  if (sources.length > 1) return [field.invalid(where, '', 'may not have more than one field specified at a time')];
  const { configMapKeyRef, secretKeyRef, fieldRef } = valueFrom;
  if (fieldRef !== undefined) return validateFieldRef(fieldRef.fieldPath, `${where}.fieldRef`);
  const [name, ref] =
    configMapKeyRef === undefined ? ['secretKeyRef', secretKeyRef] : ['configMapKeyRef', configMapKeyRef];
  if (ref === undefined) return [];
  const errors = ref.name ? [] : [field.required(`${where}.${name}.name`)];
  const key = `${where}.${name}.key`;
  return [...errors, ...(ref.key ? field.invalids(key, ref.key, names.configMapKey(ref.key)) : [field.required(key)])];
}

const envFields = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];

function validateFieldRef(path: string | undefined, where: string): FieldError[] {
  if (!path) return [field.required(`${where}.fieldPath`)];
  if (envFields.includes(path) || /^metadata\.(labels|annotations)\['[^']+'\]$/.test(path)) return [];
  return [field.notSupported(`${where}.fieldPath`, path, envFields)];
}

function validateEnvFrom(sources: readonly EnvFromSource[], path: string): FieldError[] {
  return sources.flatMap(({ configMapRef, secretRef }, i) => {
    const where = field.index(path, i);
    if (configMapRef !== undefined && secretRef !== undefined) {
      return [field.invalid(where, '', 'may not have more than one field specified at a time')];
    }
    const [name, ref] = secretRef === undefined ? ['configMapRef', configMapRef] : ['secretRef', secretRef];
    if (ref === undefined) return [field.invalid(where, '', 'must specify one of: `configMapRef` or `secretRef`')];
    const at = `${where}.${name}.name`;
    return ref.name ? field.invalids(at, ref.name, names.dnsSubdomain(ref.name)) : [field.required(at)];
  });
}

function validateMounts(mounts: readonly VolumeMount[], path: string, volumes: ReadonlySet<string>): FieldError[] {
  const errors: FieldError[] = [];
  const points = new Set<string>();
  for (const [i, mount] of mounts.entries()) {
    const where = field.index(path, i);
    if (!mount.name) errors.push(field.required(`${where}.name`));
    if (!volumes.has(mount.name)) errors.push(field.notFound(`${where}.name`, mount.name ?? ''));
    if (!mount.mountPath) errors.push(field.required(`${where}.mountPath`));
    if (points.has(mount.mountPath))
      errors.push(field.invalid(`${where}.mountPath`, mount.mountPath, 'must be unique'));
    points.add(mount.mountPath);
    for (const name of ['subPath', 'subPathExpr'] as const) {
      if (mount[name]) errors.push(...localPath(mount[name], `${where}.${name}`));
    }
    if (mount.subPath && mount.subPathExpr) {
      const why = 'subPathExpr and subPath are mutually exclusive';
      errors.push(field.invalid(`${where}.subPathExpr`, mount.subPathExpr, why));
    }
  }
  return errors;
}

/** A path inside something: relative and never leading out of it. */
export function localPath(value: string, where: string): FieldError[] {
  const errors: FieldError[] = [];
  if (value.startsWith('/')) errors.push(field.invalid(where, value, 'must be a relative path'));
  if (value.split('/').includes('..')) errors.push(field.invalid(where, value, "must not contain '..'"));
  return errors;
}

function validateProbes(container: Container, path: string, role: ContainerRole): FieldError[] {
  const kinds = ['livenessProbe', 'readinessProbe', 'startupProbe'] as const;
  const restartable = container.restartPolicy === 'Always';
  return kinds.flatMap((kind) => {
    const probe = container[kind];
    const where = `${path}.${kind}`;
    if (probe === undefined) return [];
    if (role === 'ephemeral') return [field.forbidden(where, 'not allowed for ephemeral containers')];
    if (role === 'init' && !restartable) {
      return [field.forbidden(where, 'may not be set for init containers without restartPolicy=Always')];
    }
    const errors = validateProbe(probe, where);
    if (kind !== 'readinessProbe' && (probe.successThreshold ?? 1) !== 1) {
      errors.push(field.invalid(`${where}.successThreshold`, probe.successThreshold, 'must be 1'));
    }
    return errors;
  });
}

function validateProbe(probe: Probe, where: string): FieldError[] {
  const handlers = [probe.exec, probe.httpGet, probe.tcpSocket, probe.grpc].filter((handler) => handler !== undefined);
  const errors: FieldError[] = [];
  if (handlers.length === 0) errors.push(field.required(where, 'must specify a handler type'));
  if (handlers.length > 1) errors.push(field.forbidden(where, 'may not specify more than 1 handler type'));
  if (probe.exec !== undefined && (probe.exec.command ?? []).length === 0) {
    errors.push(field.required(`${where}.exec.command`));
  }
  for (const kind of ['httpGet', 'tcpSocket'] as const) {
    const port = probe[kind]?.port;
    if (probe[kind] !== undefined) errors.push(...probePort(port, `${where}.${kind}.port`));
  }
  const counts = [
    'initialDelaySeconds',
    'timeoutSeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
  ] as const;
  for (const name of counts) {
    const value = probe[name] ?? 0;
    if (value < 0) errors.push(field.invalid(`${where}.${name}`, value, 'must be greater than or equal to 0'));
  }
  return errors;
}

function probePort(port: string | number | undefined, where: string): FieldError[] {
  if (typeof port === 'number') return field.invalids(where, port, names.portNumber(port));
  return field.invalids(where, port ?? '', names.portName(port ?? ''));
}

function validateSecurity({ securityContext }: Container, path: string): FieldError[] {
  if (securityContext === undefined) return [];
  const errors: FieldError[] = [];
  for (const name of ['runAsUser', 'runAsGroup'] as const) {
    const id = securityContext[name];
    if (id !== undefined) errors.push(...field.invalids(`${path}.${name}`, id, names.inRange(id, 0, 2_147_483_647)));
  }
  if (securityContext.privileged === true && securityContext.allowPrivilegeEscalation === false) {
    const why = 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true';
    errors.push(field.invalid(path, securityContext, why));
  }
  return errors;
}
