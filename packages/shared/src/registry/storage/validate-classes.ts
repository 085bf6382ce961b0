import type { FieldError } from '../../errors/index.ts';
import { equal } from '../../object/equal.ts';
import { names } from '../../object/index.ts';
import type { StorageClass, VolumeAttachment, VolumeAttributesClass } from '../../schema/index.ts';
import { field, immutable } from '../field.ts';
import { forbiddenUpdate, parameterErrors, provisionerErrors } from './validate-common.ts';

const reclaimPolicies = ['Delete', 'Retain'];
const bindingModes = ['Immediate', 'WaitForFirstConsumer'];

/** pkg/apis/storage/validation ValidateStorageClass. */
export function validateStorageClass(object: StorageClass): FieldError[] {
  const { provisioner, parameters, reclaimPolicy = '', volumeBindingMode } = object;
  const errors = [...provisionerErrors(provisioner, 'provisioner'), ...parameterErrors(parameters, 'parameters')];
  if (reclaimPolicy !== '' && !reclaimPolicies.includes(reclaimPolicy)) {
    errors.push(field.notSupported('reclaimPolicy', reclaimPolicy, reclaimPolicies));
  }
  if (volumeBindingMode === undefined) errors.push(field.required('volumeBindingMode'));
  else if (!bindingModes.includes(volumeBindingMode)) {
    errors.push(field.notSupported('volumeBindingMode', volumeBindingMode, bindingModes));
  }
  return [...errors, ...topologyErrors(object)];
}

function topologyErrors({ allowedTopologies = [] }: StorageClass): FieldError[] {
  return allowedTopologies.flatMap(({ matchLabelExpressions = [] }, i) => {
    const seen = new Set<string>();
    return matchLabelExpressions.flatMap(({ key, values = [] }, n) => {
      const where = `allowedTopologies[${i}].matchLabelExpressions[${n}]`;
      const errors = field.invalids(`${where}.key`, key, names.qualifiedName(key));
      if (values.length === 0) errors.push(field.required(`${where}.values`));
      if (seen.has(key)) errors.push(field.duplicate(`${where}.key`, key));
      seen.add(key);
      return errors;
    });
  });
}

export function validateStorageClassUpdate(object: StorageClass, old: StorageClass): FieldError[] {
  const errors = (['parameters', 'provisioner', 'reclaimPolicy'] as const).flatMap((name) =>
    equal(object[name], old[name]) ? [] : [forbiddenUpdate(name)],
  );
  if (object.volumeBindingMode !== old.volumeBindingMode) {
    errors.push(field.invalid('volumeBindingMode', object.volumeBindingMode, immutable));
  }
  return errors;
}

export function validateVolumeAttributesClass({ driverName, parameters }: VolumeAttributesClass): FieldError[] {
  const none = Object.keys(parameters ?? {}).length === 0;
  return [
    ...provisionerErrors(driverName, 'driverName'),
    ...(none ? [field.required('parameters', 'must contain at least one key/value pair')] : []),
    ...parameterErrors(parameters, 'parameters'),
  ];
}

export function validateVolumeAttributesClassUpdate(
  object: VolumeAttributesClass,
  old: VolumeAttributesClass,
): FieldError[] {
  return (['driverName', 'parameters'] as const).flatMap((name) =>
    equal(object[name], old[name]) ? [] : [forbiddenUpdate(name)],
  );
}

const exactlyOne = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName';

/** pkg/apis/storage/validation ValidateVolumeAttachment. */
export function validateVolumeAttachment({ spec }: VolumeAttachment): FieldError[] {
  const { attacher = '', nodeName = '', source } = spec ?? {};
  const { inlineVolumeSpec, persistentVolumeName } = source ?? {};
  const errors =
    attacher === '' ? [field.required('spec.attacher', attacher)] : driverNameErrors(attacher, 'spec.attacher');
  const both = inlineVolumeSpec !== undefined && persistentVolumeName !== undefined;
  if (both) errors.push(field.forbidden('spec.source', exactlyOne));
  else if (inlineVolumeSpec === undefined && persistentVolumeName === undefined) {
    errors.push(field.required('spec.source', exactlyOne));
  } else if (persistentVolumeName === '') {
    errors.push(field.required('spec.source.persistentVolumeName', 'must specify non empty persistentVolumeName'));
  }
  return [...errors, ...field.invalids('spec.nodeName', nodeName, names.dnsSubdomain(nodeName))];
}

export function validateVolumeAttachmentUpdate(object: VolumeAttachment, old: VolumeAttachment): FieldError[] {
  return equal(object.spec, old.spec) ? [] : [field.invalid('spec', object.spec, immutable)];
}

/** The name of a CSI driver. */
export function driverNameErrors(name: string, where: string): FieldError[] {
  if (name === '') return [field.required(where, name)];
  const errors = name.length > 63 ? [field.tooLong(where, 63)] : [];
  return [...errors, ...field.invalids(where, name, names.dnsSubdomain(name.toLowerCase()))];
}
