import type { FieldError } from '../../errors/index.ts';
import { equal } from '../../object/equal.ts';
import { names } from '../../object/index.ts';
import type { PersistentVolume, PersistentVolumeSpec, VolumeNodeAffinity } from '../../schema/index.ts';
import { field, immutable } from '../field.ts';
import { accessModeErrors, classNameErrors, positiveErrors, volumeModeErrors } from './validate-common.ts';

const reclaimPolicies = ['Delete', 'Recycle', 'Retain'];

/** Kinds of volume, with what each must say. */
const sources: readonly (readonly [name: keyof PersistentVolumeSpec, required: readonly string[]])[] = [
  ['hostPath', ['path']],
  ['gcePersistentDisk', ['pdName']],
  ['awsElasticBlockStore', ['volumeID']],
  ['glusterfs', ['endpoints', 'path']],
  ['flocker', []],
  ['nfs', ['server', 'path']],
  ['rbd', ['monitors', 'image']],
  ['quobyte', ['registry', 'volume']],
  ['cephfs', ['monitors']],
  ['iscsi', ['targetPortal', 'iqn']],
  ['cinder', ['volumeID']],
  ['fc', []],
  ['flexVolume', ['driver']],
  ['azureFile', ['secretName', 'shareName']],
  ['vsphereVolume', ['volumePath']],
  ['photonPersistentDisk', ['pdID']],
  ['portworxVolume', ['volumeID']],
  ['azureDisk', ['diskName', 'diskURI']],
  ['scaleIO', ['gateway', 'system', 'volumeName']],
  ['local', ['path']],
  ['storageos', []],
  ['csi', ['driver', 'volumeHandle']],
];

/** pkg/apis/core/validation ValidatePersistentVolumeSpec. */
export function validatePersistentVolume({ spec = {} }: PersistentVolume): FieldError[] {
  const { persistentVolumeReclaimPolicy: policy = '', storageClassName, volumeAttributesClassName } = spec;
  const errors = [
    ...((spec.accessModes ?? []).length === 0 ? [field.required('spec.accessModes')] : []),
    ...accessModeErrors(spec.accessModes, 'spec.accessModes'),
    ...capacityErrors(spec),
  ];
  if (policy !== '' && !reclaimPolicies.includes(policy)) {
    errors.push(field.notSupported('spec.persistentVolumeReclaimPolicy', policy, reclaimPolicies));
  }
  errors.push(...affinityErrors(spec.nodeAffinity), ...sourceErrors(spec));
  if (spec.hostPath?.path === '/' && policy === 'Recycle') {
    const why = "may not be 'recycle' for a hostPath mount of '/'";
    errors.push(field.forbidden('spec.persistentVolumeReclaimPolicy', why));
  }
  if (spec.local !== undefined && spec.nodeAffinity === undefined) {
    errors.push(field.required('spec.nodeAffinity', 'Local volume requires node affinity'));
  }
  if (storageClassName) errors.push(...classNameErrors(storageClassName, 'spec.storageClassName'));
  errors.push(...volumeModeErrors(spec.volumeMode, 'spec.volumeMode'));
  if (volumeAttributesClassName !== undefined) {
    errors.push(...classNameErrors(volumeAttributesClassName, 'spec.volumeAttributesClassName'));
  }
  return errors;
}

function capacityErrors({ capacity = {} }: PersistentVolumeSpec): FieldError[] {
  const where = 'spec.capacity';
  const keys = Object.keys(capacity);
  const errors = keys.length === 0 ? [field.required(where)] : [];
  if (keys.length !== 1 || keys[0] !== 'storage') errors.push(field.notSupported(where, capacity, ['storage']));
  return [...errors, ...keys.flatMap((key) => positiveErrors(capacity[key] ?? '', field.key(where, key)))];
}

function affinityErrors(affinity: VolumeNodeAffinity | undefined): FieldError[] {
  if (affinity === undefined) return [];
  const where = 'spec.nodeAffinity.required';
  if (affinity.required === undefined) return [field.required(where, 'must specify required node constraints')];
  const terms = affinity.required.nodeSelectorTerms ?? [];
  if (terms.length === 0) {
    return [field.required(`${where}.nodeSelectorTerms`, 'must have at least one node selector term')];
  }
  return terms.flatMap(({ matchExpressions = [] }, i) =>
    matchExpressions.flatMap(({ key }, n) =>
      field.invalids(`${where}.nodeSelectorTerms[${i}].matchExpressions[${n}].key`, key, names.qualifiedName(key)),
    ),
  );
}

function sourceErrors(spec: PersistentVolumeSpec): FieldError[] {
  const present = sources.filter(([name]) => spec[name] !== undefined);
  if (present.length === 0) return [field.required('spec', 'must specify a volume type')];
  return present.flatMap(([name, required], i) => {
    if (i > 0) return [field.forbidden(`spec.${name}`, 'may not specify more than 1 volume type')];
    const source = spec[name] as unknown as Record<string, unknown>;
    const missing = required.filter((key) => isEmpty(source[key]));
    const path = typeof source['path'] === 'string' ? source['path'] : '';
    const up = path.split('/').includes('..') && (name === 'hostPath' || name === 'local');
    return [
      ...missing.map((key) => field.required(`spec.${name}.${key}`)),
      ...(up ? [field.invalid(`spec.${name}.path`, path, "must not contain '..'")] : []),
    ];
  });
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === '' || (Array.isArray(value) && value.length === 0);
}

/** What a volume is stays; who may use it can be changed. */
export function validatePersistentVolumeUpdate({ spec = {} }: PersistentVolume, { spec: old = {} }: PersistentVolume) {
  const errors: FieldError[] = [];
  if (sources.some(([name]) => !equal(spec[name], old[name]))) {
    const why = 'spec.persistentvolumesource is immutable after creation';
    errors.push(field.forbidden('spec.persistentvolumesource', why));
  }
  if (spec.volumeMode !== old.volumeMode) errors.push(field.invalid('volumeMode', spec.volumeMode, immutable));
  if (old.nodeAffinity !== undefined && !equal(spec.nodeAffinity, old.nodeAffinity)) {
    errors.push(field.invalid('nodeAffinity', spec.nodeAffinity, immutable));
  }
  return errors;
}
