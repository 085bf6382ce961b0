import type { FieldError } from '../../errors/index.ts';
import { names } from '../../object/index.ts';
import type { KeyToPath, Volume } from '../../schema/index.ts';
import { field } from '../field.ts';
import { localPath } from './validate-container.ts';
import { quantityErrors } from './validate-resources.ts';

/** Rules of a pod's volumes (pkg/apis/core/validation ValidateVolumes). */
export function validateVolumes(volumes: readonly Volume[], path: string): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [i, volume] of volumes.entries()) {
    const where = field.index(path, i);
    if (!volume.name) errors.push(field.required(`${where}.name`));
    else errors.push(...field.invalids(`${where}.name`, volume.name, names.dnsLabel(volume.name)));
    if (seen.has(volume.name)) errors.push(field.duplicate(`${where}.name`, volume.name));
    seen.add(volume.name);
    errors.push(...validateSource(volume, where));
  }
  return errors;
}

function validateSource(volume: Volume, where: string): FieldError[] {
  const sources = Object.entries(volume).filter(([name, source]) => name !== 'name' && source !== undefined);
  if (sources.length === 0) return [field.required(where, 'must specify a volume type')];
  if (sources.length > 1) {
    const [, [second] = ['']] = sources;
    return [field.forbidden(`${where}.${second}`, 'may not specify more than 1 volume type')];
  }
  const { hostPath, emptyDir, secret, configMap, persistentVolumeClaim, projected } = volume;
  if (hostPath !== undefined) return validateHostPath(hostPath, `${where}.hostPath`);
  if (emptyDir?.sizeLimit !== undefined) return quantityErrors(emptyDir.sizeLimit, `${where}.emptyDir.sizeLimit`);
  if (secret !== undefined) return named(secret.secretName, `${where}.secret.secretName`, secret, `${where}.secret`);
  if (configMap !== undefined) return named(configMap.name, `${where}.configMap.name`, configMap, `${where}.configMap`);
  if (persistentVolumeClaim !== undefined && !persistentVolumeClaim.claimName) {
    return [field.required(`${where}.persistentVolumeClaim.claimName`)];
  }
  return (projected?.sources ?? []).flatMap((source, i) => {
    const at = `${where}.projected.sources[${i}]`;
    return (['secret', 'configMap'] as const).flatMap((kind) => {
      const ref = source[kind];
      return ref === undefined ? [] : named(ref.name, `${at}.${kind}.name`, ref, `${at}.${kind}`);
    });
  });
}

const hostPathTypes = ['BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket'];

function validateHostPath({ path, type = '' }: { path: string; type?: string }, where: string): FieldError[] {
  const errors = path ? [] : [field.required(`${where}.path`)];
  if (path?.split('/').includes('..')) errors.push(field.invalid(`${where}.path`, path, "must not contain '..'"));
  if (type !== '' && !hostPathTypes.includes(type)) {
    errors.push(field.notSupported(`${where}.type`, type, ['', ...hostPathTypes]));
  }
  return errors;
}

interface Keyed {
  defaultMode?: number;
  items?: readonly KeyToPath[];
}

function named(name: string | undefined, at: string, source: Keyed, where: string): FieldError[] {
  const errors = name ? [] : [field.required(at)];
  if (source.defaultMode !== undefined) errors.push(...validateMode(source.defaultMode, `${where}.defaultMode`));
  for (const [i, item] of (source.items ?? []).entries()) {
    const itemAt = `${where}.items[${i}]`;
    if (!item.key) errors.push(field.required(`${itemAt}.key`));
    if (!item.path) errors.push(field.required(`${itemAt}.path`));
    else errors.push(...itemPath(item.path, `${itemAt}.path`));
    if (item.mode !== undefined) errors.push(...validateMode(item.mode, `${itemAt}.mode`));
  }
  return errors;
}

function itemPath(value: string, where: string): FieldError[] {
  const errors = localPath(value, where);
  if (value.startsWith('..')) errors.push(field.invalid(where, value, "must not start with '..'"));
  return errors;
}

function validateMode(mode: number, where: string): FieldError[] {
  if (mode >= 0 && mode <= 0o777) return [];
  const why = 'must be a number between 0 and 0777 (octal), both inclusive';
  return [field.invalid(where, mode, why)];
}
