import type { FieldError } from '../../errors/index.ts';
import { equal } from '../../object/equal.ts';
import { names } from '../../object/index.ts';
import type { CSIDriver, CSINode, CSINodeDriver, CSIStorageCapacity, StorageTokenRequest } from '../../schema/index.ts';
import { field, immutable } from '../field.ts';
import { quantityErrors } from '../pod/validate-resources.ts';
import { validateLabelSelector } from '../workload.ts';
import { driverNameErrors } from './validate-classes.ts';
import { classNameErrors } from './validate-common.ts';

const fsGroupPolicies = ['File', 'None', 'ReadWriteOnceWithFSType'];
const lifecycleModes = ['Ephemeral', 'Persistent'];
const MIN_TOKEN_SECONDS = 600;

/** pkg/apis/storage/validation ValidateCSIDriver. */
export function validateCsiDriver({ metadata, spec }: CSIDriver): FieldError[] {
  const errors = driverNameErrors(metadata.name, 'name');
  const { attachRequired, podInfoOnMount, storageCapacity, fsGroupPolicy, seLinuxMount } = spec ?? {};
  const needed = { attachedRequired: attachRequired, podInfoOnMount, storageCapacity, seLinuxMount };
  for (const [name, value] of Object.entries(needed))
    if (value === undefined) errors.push(field.required(`spec.${name}`));
  if (fsGroupPolicy !== undefined && !fsGroupPolicies.includes(fsGroupPolicy)) {
    errors.push(field.notSupported('spec.fsGroupPolicy', fsGroupPolicy, fsGroupPolicies));
  }
  errors.push(...tokenErrors(spec?.tokenRequests ?? []));
  for (const mode of spec?.volumeLifecycleModes ?? []) {
    if (!lifecycleModes.includes(mode))
      errors.push(field.notSupported('spec.volumeLifecycleModes', mode, lifecycleModes));
  }
  const period = spec?.nodeAllocatableUpdatePeriodSeconds;
  if (period !== undefined && period < 10) {
    const why = 'must be greater than or equal to 10 seconds';
    errors.push(field.invalid('spec.nodeAllocatableUpdatePeriodSeconds', period, why));
  }
  return errors;
}

function tokenErrors(requests: readonly StorageTokenRequest[]): FieldError[] {
  const seen = new Set<string>();
  return requests.flatMap(({ audience = '', expirationSeconds: seconds }, i) => {
    const where = `spec.tokenRequests[${i}]`;
    const errors = seen.has(audience) ? [field.duplicate(`${where}.audience`, audience)] : [];
    seen.add(audience);
    if (seconds === undefined) return errors;
    const at = `${where}.expirationSeconds`;
    if (seconds < MIN_TOKEN_SECONDS) {
      errors.push(field.invalid(at, seconds, 'may not specify a duration less than 10 minutes'));
    }
    if (seconds > 2 ** 32) {
      errors.push(field.invalid(at, seconds, 'may not specify a duration larger than 2^32 seconds'));
    }
    return errors;
  });
}

export function validateCsiDriverUpdate({ spec }: CSIDriver, { spec: old }: CSIDriver): FieldError[] {
  const errors: FieldError[] = [];
  if (spec?.attachRequired !== old?.attachRequired) {
    errors.push(field.invalid('spec.attachedRequired', spec?.attachRequired, immutable));
  }
  if (!equal(spec?.volumeLifecycleModes, old?.volumeLifecycleModes)) {
    errors.push(field.invalid('spec.volumeLifecycleModes', spec?.volumeLifecycleModes, immutable));
  }
  return errors;
}

const MAX_NODE_ID = 192;

/** pkg/apis/storage/validation ValidateCSINode. */
export function validateCsiNode({ spec }: CSINode): FieldError[] {
  const seen = new Set<string>();
  return (spec?.drivers ?? []).flatMap((driver, i) => {
    const where = `spec.drivers[${i}]`;
    const errors = nodeDriverErrors(driver, where);
    if (seen.has(driver.name)) errors.push(field.duplicate(`${where}.name`, driver.name));
    seen.add(driver.name);
    return errors;
  });
}

function nodeDriverErrors({ name = '', nodeID = '', topologyKeys = [], allocatable }: CSINodeDriver, where: string) {
  const errors = driverNameErrors(name, `${where}.name`);
  if (nodeID === '') errors.push(field.required(`${where}.nodeID`, nodeID));
  if (nodeID.length > MAX_NODE_ID) {
    errors.push(field.invalid(`${where}.nodeID`, nodeID, `must be ${MAX_NODE_ID} characters or less`));
  }
  const count = allocatable?.count;
  if (count !== undefined && count < 0) {
    errors.push(field.invalid(`${where}.allocatable.count`, count, 'must be greater than or equal to 0'));
  }
  const seen = new Set<string>();
  for (const key of topologyKeys) {
    if (key === '') errors.push(field.required(`${where}.topologyKeys`, key));
    else if (seen.has(key)) errors.push(field.duplicate(`${where}.topologyKeys`, key));
    else errors.push(...field.invalids(`${where}.topologyKeys`, key, names.qualifiedName(key)));
    seen.add(key);
  }
  return errors;
}

/** A driver that is there stays as it is, but for how much it can take. */
export function validateCsiNodeUpdate({ spec }: CSINode, { spec: old }: CSINode): FieldError[] {
  return (old?.drivers ?? []).flatMap((before) => {
    const after = (spec?.drivers ?? []).find(({ name }) => name === before.name);
    if (after === undefined) return [];
    const same = equal({ ...after, allocatable: undefined }, { ...before, allocatable: undefined });
    return same ? [] : [field.invalid('CSINodeDriver', after, immutable)];
  });
}

export function validateCsiStorageCapacity(object: CSIStorageCapacity): FieldError[] {
  const { storageClassName = '', capacity, maximumVolumeSize, nodeTopology } = object;
  return [
    ...classNameErrors(storageClassName, 'storageClassName'),
    ...(capacity === undefined ? [] : quantityErrors(capacity, 'capacity')),
    ...(maximumVolumeSize === undefined ? [] : quantityErrors(maximumVolumeSize, 'maximumVolumeSize')),
    ...validateLabelSelector(nodeTopology, 'nodeTopology'),
  ];
}

export function validateCsiStorageCapacityUpdate(object: CSIStorageCapacity, old: CSIStorageCapacity): FieldError[] {
  return (['nodeTopology', 'storageClassName'] as const).flatMap((name) =>
    equal(object[name], old[name]) ? [] : [field.invalid(name, object[name], immutable)],
  );
}
