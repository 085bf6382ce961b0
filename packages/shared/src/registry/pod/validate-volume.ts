import type { FieldError } from '../../errors/index.ts';
import { names } from '../../object/index.ts';
import type { Volume } from '../../schema/index.ts';
import { field } from '../field.ts';
import { localPath } from './local-path.ts';
import { validateDownwardItems, validateProjected } from './validate-projected.ts';
import { quantityErrors } from './validate-resources.ts';
import { named, validateMode } from './volume-items.ts';

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

type Source = Exclude<keyof Volume, 'name'>;

function validateSource(volume: Volume, where: string): FieldError[] {
  const sources = Object.keys(volume).filter((name) => name !== 'name' && volume[name as Source] !== undefined);
  const [first, second] = sources;
  if (first === undefined) return [field.required(where, 'must specify a volume type')];
  if (second !== undefined) return [field.forbidden(`${where}.${second}`, 'may not specify more than 1 volume type')];
  return rules[first as Source]?.(volume, `${where}.${first}`) ?? [];
}

/** These have to be said. */
const demand =
  <K extends Source>(kind: K, ...fields: readonly (keyof NonNullable<Volume[K]> & string)[]) =>
  (volume: Volume, where: string): FieldError[] => {
    const said = new Map(Object.entries((volume[kind] ?? {}) as object));
    return fields.filter((name) => !said.get(name)).map((name) => field.required(`${where}.${name}`));
  };

const rules: { readonly [K in Source]?: (volume: Volume, where: string) => FieldError[] } = {
  hostPath: ({ hostPath }, where) => validateHostPath(hostPath ?? { path: '' }, where),
  emptyDir: ({ emptyDir }, where) =>
    emptyDir?.sizeLimit === undefined ? [] : quantityErrors(emptyDir.sizeLimit, `${where}.sizeLimit`),
  secret: ({ secret }, where) => named(secret?.secretName, `${where}.secretName`, secret ?? {}, where),
  configMap: ({ configMap }, where) => named(configMap?.name, `${where}.name`, configMap ?? {}, where),
  persistentVolumeClaim: demand('persistentVolumeClaim', 'claimName'),
  projected: ({ projected }, where) => validateProjected(projected ?? {}, where),
  downwardAPI: ({ downwardAPI }, where) => [
    ...(downwardAPI?.defaultMode === undefined ? [] : validateMode(downwardAPI.defaultMode, `${where}.defaultMode`)),
    ...validateDownwardItems(downwardAPI?.items ?? [], where),
  ],
  nfs: ({ nfs }, where) => [
    ...demand('nfs', 'server', 'path')({ name: '', nfs } as Volume, where),
    ...(nfs?.path && !nfs.path.startsWith('/')
      ? [field.invalid(`${where}.path`, nfs.path, 'must be an absolute path')]
      : []),
  ],
  csi: ({ csi }, where) => [
    ...(csi?.driver ? driverErrors(csi.driver, `${where}.driver`) : [field.required(`${where}.driver`)]),
    ...(csi?.nodePublishSecretRef !== undefined && !csi.nodePublishSecretRef.name
      ? [field.required(`${where}.nodePublishSecretRef.name`)]
      : []),
  ],
  ephemeral: ({ ephemeral }, where) =>
    ephemeral?.volumeClaimTemplate === undefined
      ? [field.required(`${where}.volumeClaimTemplate`)]
      : claimErrors(ephemeral.volumeClaimTemplate.spec, `${where}.volumeClaimTemplate.spec`),
  image: ({ image }, where) => [
    ...(image?.reference ? [] : [field.required(`${where}.reference`)]),
    ...(image?.pullPolicy === undefined || pullPolicies.includes(image.pullPolicy)
      ? []
      : [field.notSupported(`${where}.pullPolicy`, image.pullPolicy, pullPolicies)]),
  ],
  iscsi: demand('iscsi', 'targetPortal', 'iqn'),
  rbd: demand('rbd', 'monitors', 'image'),
  cephfs: demand('cephfs', 'monitors'),
  glusterfs: demand('glusterfs', 'endpoints', 'path'),
  flexVolume: demand('flexVolume', 'driver'),
  azureFile: demand('azureFile', 'secretName', 'shareName'),
  azureDisk: demand('azureDisk', 'diskName', 'diskURI'),
  awsElasticBlockStore: demand('awsElasticBlockStore', 'volumeID'),
  gcePersistentDisk: demand('gcePersistentDisk', 'pdName'),
  cinder: demand('cinder', 'volumeID'),
  vsphereVolume: demand('vsphereVolume', 'volumePath'),
  portworxVolume: demand('portworxVolume', 'volumeID'),
  gitRepo: ({ gitRepo }, where) => [
    ...demand('gitRepo', 'repository')({ name: '', gitRepo } as Volume, where),
    ...(gitRepo?.directory ? localPath(gitRepo.directory, `${where}.directory`) : []),
  ],
};

const pullPolicies = ['Always', 'IfNotPresent', 'Never'];

function driverErrors(driver: string, where: string): FieldError[] {
  const errors = field.invalids(where, driver, names.dnsSubdomain(driver.toLowerCase()));
  if (driver.length > 63) errors.push(field.tooLong(where, 63));
  return errors;
}

function claimErrors(
  spec: { accessModes?: string[]; resources?: { requests?: Record<string, string | number> } } | undefined,
  path: string,
): FieldError[] {
  const errors: FieldError[] = [];
  if ((spec?.accessModes ?? []).length === 0) {
    errors.push(field.required(`${path}.accessModes`, 'at least 1 access mode is required'));
  }
  const storage = new Map(Object.entries(spec?.resources?.requests ?? {})).get('storage');
  if (storage === undefined) errors.push(field.required(`${path}.resources[storage]`));
  else errors.push(...quantityErrors(storage, `${path}.resources[storage]`));
  return errors;
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
