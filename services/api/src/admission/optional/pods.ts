import type { GroupResource } from '@kubus/shared/object';
import type { Container, Pod } from '@kubus/shared/schema';
import type { AdmissionOperation, AdmissionPlugin } from '../contract.ts';

/** Pods themselves, none of their subresources. */
export function concernsPods(...operations: readonly AdmissionOperation[]): AdmissionPlugin['concerns'] {
  return ({ group, resource }: GroupResource, subresource, operation) =>
    group === '' && resource === 'pods' && subresource === '' && operations.includes(operation);
}

export function containersOf({ spec }: Pod): Container[] {
  return [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
}
