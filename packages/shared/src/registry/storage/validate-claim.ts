import type { FieldError } from '../../errors/index.ts';
import { equal } from '../../object/equal.ts';
import { compareQuantities, names } from '../../object/index.ts';
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from '../../schema/index.ts';
import { field, immutable } from '../field.ts';
import { validateLabelSelector } from '../workload.ts';
import { accessModeErrors, classNameErrors, positiveErrors, volumeModeErrors } from './validate-common.ts';

export function validatePersistentVolumeClaim({ spec }: PersistentVolumeClaim): FieldError[] {
  return validateClaimSpec(spec ?? {}, 'spec');
}

/** pkg/apis/core/validation ValidatePersistentVolumeClaimSpec. */
function validateClaimSpec(spec: PersistentVolumeClaimSpec, where: string): FieldError[] {
  const { accessModes = [], selector, resources, storageClassName, dataSource, dataSourceRef } = spec;
  const errors: FieldError[] = [];
  if (accessModes.length === 0) {
    errors.push(field.required(`${where}.accessModes`, 'at least 1 access mode is required'));
  }
  errors.push(...validateLabelSelector(selector, `${where}.selector`));
  errors.push(...accessModeErrors(accessModes, `${where}.accessModes`));
  const storage = resources?.requests?.['storage'];
  const at = `${where}.resources[storage]`;
  errors.push(...(storage === undefined ? [field.required(at)] : positiveErrors(storage, at)));
  if (storageClassName) errors.push(...classNameErrors(storageClassName, `${where}.storageClassName`));
  errors.push(...volumeModeErrors(spec.volumeMode, `${where}.volumeMode`));
  if (dataSource !== undefined) errors.push(...sourceErrors(dataSource, `${where}.dataSource`));
  if (dataSourceRef !== undefined) errors.push(...sourceErrors(dataSourceRef, `${where}.dataSourceRef`));
  const differ = dataSource !== undefined && dataSourceRef !== undefined && !equal(dataSource, dataSourceRef);
  if (differ && dataSourceRef.namespace === undefined) {
    errors.push(field.invalid(where, `${where}.dataSource`, 'must match dataSourceRef'));
  }
  if (spec.volumeAttributesClassName) {
    errors.push(...classNameErrors(spec.volumeAttributesClassName, `${where}.volumeAttributesClassName`));
  }
  return errors;
}

interface Source {
  apiGroup?: string;
  kind: string;
  name: string;
  namespace?: string;
}

function sourceErrors({ apiGroup = '', kind, name, namespace }: Source, where: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!name) errors.push(field.required(`${where}.name`));
  if (!kind) errors.push(field.required(`${where}.kind`));
  if (apiGroup !== '') errors.push(...field.invalids(`${where}.apiGroup`, apiGroup, names.dnsSubdomain(apiGroup)));
  else if (kind !== 'PersistentVolumeClaim') {
    const why = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";
    errors.push(field.invalid(where, kind, why));
  }
  if (namespace) errors.push(...field.invalids(`${where}.namespace`, namespace, names.dnsLabel(namespace)));
  return errors;
}

const fixed =
  'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims\n';
const classAnnotation = 'volume.beta.kubernetes.io/storage-class';

/** A claim is bound once, may get a class when it has none, and may grow when it is bound. */
export function validatePersistentVolumeClaimUpdate(
  object: PersistentVolumeClaim,
  old: PersistentVolumeClaim,
): FieldError[] {
  const spec: PersistentVolumeClaimSpec = { ...object.spec };
  const before: PersistentVolumeClaimSpec = { ...old.spec };
  delete spec.volumeAttributesClassName;
  delete before.volumeAttributesClassName;
  if (!before.volumeName) delete spec.volumeName;
  const classless = before.storageClassName === undefined && old.metadata.annotations?.[classAnnotation] === undefined;
  if (classless) delete spec.storageClassName;
  const bound = object.status?.phase === 'Bound' || old.status?.phase === 'Bound';
  const size = spec.resources?.requests?.['storage'] ?? '0';
  if (bound && before.resources !== undefined) spec.resources = before.resources;
  const errors: FieldError[] = [];
  if (
    !equal(
      { ...spec, volumeName: spec.volumeName || undefined },
      { ...before, volumeName: before.volumeName || undefined },
    )
  ) {
    errors.push(field.forbidden('spec', fixed));
  }
  const capacity = old.status?.capacity?.['storage'];
  const shrinks = compareQuantities(size, old.spec?.resources?.requests?.['storage'] ?? '0') < 0;
  if (shrinks && (capacity === undefined || compareQuantities(size, capacity) <= 0)) {
    errors.push(field.forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity'));
  }
  if (object.spec?.volumeMode !== old.spec?.volumeMode) {
    errors.push(field.invalid('volumeMode', object.spec?.volumeMode, immutable));
  }
  return errors;
}
