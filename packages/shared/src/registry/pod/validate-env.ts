import type { FieldError } from '../../errors/index.ts';
import { names } from '../../object/index.ts';
import type { EnvFromSource, EnvVar, Volume } from '../../schema/index.ts';
import { field } from '../field.ts';
import { envFieldErrors, envResourceErrors } from './field-paths.ts';
import { localPath } from './local-path.ts';

type Volumes = ReadonlyMap<string, Volume>;

/** Rules of a container's environment (pkg/apis/core/validation ValidateEnv, ValidateEnvFrom). */
export function validateEnv(env: readonly EnvVar[], path: string, volumes: Volumes): FieldError[] {
  return env.flatMap((variable, i) => {
    const where = field.index(path, i);
    const named = variable.name
      ? field.invalids(`${where}.name`, variable.name, names.envVarName(variable.name))
      : [field.required(`${where}.name`)];
    return [...named, ...validateValueFrom(variable, `${where}.valueFrom`, volumes)];
  });
}

function validateValueFrom({ value, valueFrom }: EnvVar, where: string, volumes: Volumes): FieldError[] {
  if (valueFrom === undefined) return [];
  const sources = Object.entries(valueFrom).filter(([, source]) => source !== undefined);
  if (sources.length === 0) {
    const why =
      'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`';
    return [field.invalid(where, '', why)];
  }
  if (value) return [field.invalid(where, '', 'may not be specified when `value` is not empty')];
  if (sources.length > 1) return [field.invalid(where, '', 'may not have more than one field specified at a time')];
  const { configMapKeyRef, secretKeyRef, fieldRef, resourceFieldRef, fileKeyRef } = valueFrom;
  if (fieldRef !== undefined) return fieldRefErrors(fieldRef, `${where}.fieldRef`);
  if (resourceFieldRef !== undefined) return envResourceErrors(resourceFieldRef, `${where}.resourceFieldRef`);
  if (fileKeyRef !== undefined) return fileErrors(fileKeyRef, `${where}.fileKeyRef`, volumes);
  if (configMapKeyRef !== undefined) return keyErrors(configMapKeyRef, `${where}.configMapKeyRef`);
  return secretKeyRef === undefined ? [] : keyErrors(secretKeyRef, `${where}.secretKeyRef`);
}

function fieldRefErrors({ apiVersion, fieldPath }: { apiVersion?: string; fieldPath: string }, where: string) {
  if (!apiVersion) return [field.required(`${where}.apiVersion`)];
  return envFieldErrors(fieldPath, where);
}

function keyErrors({ name, key }: { name?: string; key: string }, where: string): FieldError[] {
  const errors = name ? [] : [field.required(`${where}.name`)];
  const at = `${where}.key`;
  return [...errors, ...(key ? field.invalids(at, key, names.configMapKey(key)) : [field.required(at)])];
}

function fileErrors(
  { volumeName, path, key }: { volumeName: string; path: string; key: string },
  where: string,
  volumes: Volumes,
): FieldError[] {
  const errors: FieldError[] = [];
  if (!key) errors.push(field.required(`${where}.key`));
  else errors.push(...field.invalids(`${where}.key`, key, names.envVarName(key)));
  return [
    ...errors,
    ...fileVolumeErrors(volumeName, `${where}.volumeName`, volumes),
    ...(path ? localPath(path, `${where}.path`) : [field.required(`${where}.path`)]),
  ];
}

/** The file is one that a container of the pod has written (KEP-3721). */
function fileVolumeErrors(name: string, where: string, volumes: Volumes): FieldError[] {
  if (!name) return [field.required(where)];
  const volume = volumes.get(name);
  if (volume === undefined) return [field.notFound(where, name)];
  return volume.emptyDir === undefined ? [field.invalid(where, name, 'must be the name of an emptyDir volume')] : [];
}

export function validateEnvFrom(sources: readonly EnvFromSource[], path: string): FieldError[] {
  return sources.flatMap(({ prefix, configMapRef, secretRef }, i) => {
    const where = field.index(path, i);
    const errors = prefix ? field.invalids(`${where}.prefix`, prefix, names.envVarName(prefix)) : [];
    if (configMapRef !== undefined && secretRef !== undefined) {
      return [...errors, field.invalid(where, '', 'may not have more than one field specified at a time')];
    }
    const [name, ref] = secretRef === undefined ? ['configMapRef', configMapRef] : ['secretRef', secretRef];
    if (ref === undefined) {
      return [...errors, field.invalid(where, '', 'must specify one of: `configMapRef` or `secretRef`')];
    }
    const at = `${where}.${name}.name`;
    return [
      ...errors,
      ...(ref.name ? field.invalids(at, ref.name, names.dnsSubdomain(ref.name)) : [field.required(at)]),
    ];
  });
}
