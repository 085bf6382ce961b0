import type { FieldError } from '../../errors/index.ts';
import type { DownwardAPIVolumeFile, ProjectedVolumeSource, VolumeProjection } from '../../schema/index.ts';
import { field } from '../field.ts';
import { volumeFieldErrors, volumeResourceErrors } from './field-paths.ts';
import { itemPath, named, validateMode } from './volume-items.ts';

const minTokenSeconds = 600;
const maxTokenSeconds = 2 ** 32;

type Kind = keyof VolumeProjection;

/** Several sources in one volume; no two may write the same path (pkg/apis/core/validation validateProjectedVolumeSource). */
export function validateProjected({ sources = [], defaultMode }: ProjectedVolumeSource, where: string): FieldError[] {
  const errors = defaultMode === undefined ? [] : validateMode(defaultMode, `${where}.defaultMode`);
  const taken = new Set<string>();
  for (const [i, source] of sources.entries()) {
    const at = `${where}.sources[${i}]`;
    const kinds = (Object.keys(source) as Kind[]).filter((kind) => source[kind] !== undefined);
    const [first, second] = kinds;
    if (first === undefined) errors.push(field.required(at, 'must specify a source type'));
    if (second !== undefined)
      errors.push(field.forbidden(`${at}.${second}`, 'may not specify more than 1 volume type'));
    if (first !== undefined) errors.push(...oneSource(source, first, `${at}.${first}`));
    for (const path of pathsOf(source)) {
      if (taken.has(path)) errors.push(field.invalid(at, path, 'conflicting duplicate paths'));
      taken.add(path);
    }
  }
  return errors;
}

function oneSource(source: VolumeProjection, kind: Kind, where: string): FieldError[] {
  const { secret, configMap, downwardAPI, serviceAccountToken, clusterTrustBundle } = source;
  if (kind === 'secret') return named(secret?.name, `${where}.name`, secret ?? {}, where);
  if (kind === 'configMap') return named(configMap?.name, `${where}.name`, configMap ?? {}, where);
  if (kind === 'downwardAPI') return validateDownwardItems(downwardAPI?.items ?? [], where);
  if (kind === 'serviceAccountToken') return tokenErrors(serviceAccountToken ?? { path: '' }, where);
  if (kind === 'clusterTrustBundle' && !clusterTrustBundle?.path) return [field.required(`${where}.path`)];
  return [];
}

function tokenErrors(
  { path, expirationSeconds: seconds }: { path: string; expirationSeconds?: number },
  where: string,
): FieldError[] {
  const errors = path ? itemPath(path, `${where}.path`) : [field.required(`${where}.path`)];
  if (seconds === undefined) return errors;
  const at = `${where}.expirationSeconds`;
  if (seconds < minTokenSeconds)
    errors.push(field.invalid(at, seconds, 'may not specify a duration less than 10 minutes'));
  if (seconds > maxTokenSeconds)
    errors.push(field.invalid(at, seconds, 'may not specify a duration larger than 2^32 seconds'));
  return errors;
}

function pathsOf({
  secret,
  configMap,
  downwardAPI,
  serviceAccountToken,
  clusterTrustBundle,
}: VolumeProjection): string[] {
  const items = [...(secret?.items ?? []), ...(configMap?.items ?? []), ...(downwardAPI?.items ?? [])];
  const single = [serviceAccountToken?.path, clusterTrustBundle?.path].filter((path) => path !== undefined);
  return [...items.map(({ path }) => path), ...single].filter((path) => path !== '');
}

export function validateDownwardItems(items: readonly DownwardAPIVolumeFile[], where: string): FieldError[] {
  return items.flatMap(({ path, fieldRef, resourceFieldRef, mode }) => {
    // Kubernetes names the list, not the item.
    const errors = path ? itemPath(path, `${where}.path`) : [field.required(`${where}.path`)];
    if (fieldRef !== undefined) {
      errors.push(...volumeFieldErrors(fieldRef.fieldPath, `${where}.fieldRef`));
      if (resourceFieldRef !== undefined) {
        const why = 'fieldRef and resourceFieldRef can not be specified simultaneously';
        errors.push(field.invalid(where, 'resource', why));
      }
    } else if (resourceFieldRef !== undefined) {
      errors.push(...volumeResourceErrors(resourceFieldRef, `${where}.resourceFieldRef`));
    } else errors.push(field.required(where, 'one of fieldRef and resourceFieldRef is required'));
    if (mode !== undefined) errors.push(...validateMode(mode, `${where}.mode`));
    return errors;
  });
}
