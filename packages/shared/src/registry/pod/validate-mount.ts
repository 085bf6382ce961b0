import type { FieldError } from '../../errors/index.ts';
import type { Container, Volume, VolumeDevice, VolumeMount } from '../../schema/index.ts';
import { field } from '../field.ts';
import { localPath } from './local-path.ts';

const propagations = ['Bidirectional', 'HostToContainer', 'None'];
const recursions = ['Disabled', 'Enabled', 'IfPossible'];

/** What of a pod's volumes a container sees, as files and as devices (pkg/apis/core/validation ValidateVolumeMounts). */
export function validateMounts(container: Container, path: string, volumes: ReadonlyMap<string, Volume>): FieldError[] {
  const { volumeMounts: mounts = [], volumeDevices: devices = [] } = container;
  const errors: FieldError[] = [];
  const points = new Set<string>();
  const devicePaths = new Set(devices.map(({ devicePath }) => devicePath));
  const deviceNames = new Set(devices.map(({ name }) => name));
  for (const [i, mount] of mounts.entries()) {
    const where = `${path}.volumeMounts[${i}]`;
    if (!mount.name) errors.push(field.required(`${where}.name`));
    if (!volumes.has(mount.name)) errors.push(field.notFound(`${where}.name`, mount.name ?? ''));
    if (!mount.mountPath) errors.push(field.required(`${where}.mountPath`));
    if (points.has(mount.mountPath))
      errors.push(field.invalid(`${where}.mountPath`, mount.mountPath, 'must be unique'));
    points.add(mount.mountPath);
    if (devicePaths.has(mount.mountPath)) {
      const why = 'must not already exist as a path in volumeDevices';
      errors.push(field.invalid(`${where}.mountPath`, mount.mountPath, why));
    }
    if (deviceNames.has(mount.name)) {
      errors.push(field.invalid(`${where}.name`, mount.name, 'must not already exist in volumeDevices'));
    }
    errors.push(...subPathErrors(mount, where), ...propagationErrors(mount, where, container));
  }
  return [...errors, ...deviceErrors(devices, `${path}.volumeDevices`, volumes, points)];
}

function subPathErrors(mount: VolumeMount, where: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const name of ['subPath', 'subPathExpr'] as const) {
    if (mount[name]) errors.push(...localPath(mount[name], `${where}.${name}`));
  }
  if (mount.subPath && mount.subPathExpr) {
    const why = 'subPathExpr and subPath are mutually exclusive';
    errors.push(field.invalid(`${where}.subPathExpr`, mount.subPathExpr, why));
  }
  return errors;
}

function propagationErrors(mount: VolumeMount, where: string, { securityContext }: Container): FieldError[] {
  const { mountPropagation: propagation, recursiveReadOnly: recursion, readOnly } = mount;
  const errors: FieldError[] = [];
  if (propagation !== undefined && !propagations.includes(propagation)) {
    errors.push(field.notSupported(`${where}.mountPropagation`, propagation, propagations));
  }
  if (propagation === 'Bidirectional' && securityContext?.privileged !== true) {
    const why = 'Bidirectional mount propagation is available only to privileged containers';
    errors.push(field.forbidden(`${where}.mountPropagation`, why));
  }
  if (recursion === undefined) return errors;
  const at = `${where}.recursiveReadOnly`;
  if (!recursions.includes(recursion)) return [...errors, field.notSupported(at, recursion, recursions)];
  if (recursion === 'Disabled') return errors;
  if (readOnly !== true) errors.push(field.forbidden(at, 'may only be specified when readOnly is true'));
  if (propagation !== undefined && propagation !== 'None') {
    errors.push(field.forbidden(at, 'may only be specified when mountPropagation is None or not specified'));
  }
  return errors;
}

function deviceErrors(
  devices: readonly VolumeDevice[],
  path: string,
  volumes: ReadonlyMap<string, Volume>,
  points: ReadonlySet<string>,
): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  const paths = new Set<string>();
  for (const [i, { name, devicePath }] of devices.entries()) {
    const where = field.index(path, i);
    const volume = volumes.get(name);
    if (!name) errors.push(field.required(`${where}.name`));
    if (names.has(name)) errors.push(field.invalid(`${where}.name`, name, 'must be unique'));
    names.add(name);
    if (volume === undefined) errors.push(field.notFound(`${where}.name`, name ?? ''));
    else if (volume.persistentVolumeClaim === undefined && volume.ephemeral === undefined) {
      const why = 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode';
      errors.push(field.invalid(`${where}.name`, name, why));
    }
    if (!devicePath) errors.push(field.required(`${where}.devicePath`));
    else if (paths.has(devicePath)) errors.push(field.invalid(`${where}.devicePath`, devicePath, 'must be unique'));
    else if (points.has(devicePath)) {
      const why = 'must not already exist as a path in volumeMounts';
      errors.push(field.invalid(`${where}.devicePath`, devicePath, why));
    }
    paths.add(devicePath);
    if (devicePath) errors.push(...localDevicePath(devicePath, `${where}.devicePath`));
  }
  return errors;
}

function localDevicePath(value: string, where: string): FieldError[] {
  return value.split('/').includes('..') ? [field.invalid(where, value, "must not contain '..'")] : [];
}
