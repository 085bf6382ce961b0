import type { KubeObject } from '@kubus/shared/object';
import { apiVersionOf } from '@kubus/shared/object';
import type { ServedResource } from '@kubus/shared/registry';

/** True when the version that is served is the one that is stored, as it is stored: nothing is to be converted. */
export function isStoredVersion(resource: ServedResource): boolean {
  const { served } = resource;
  return served === resource.declaration.versions[0] && served.fromStored === undefined;
}

/** From the version of the request to the one that is stored. */
export function toStored(resource: ServedResource, object: KubeObject): KubeObject {
  if (isStoredVersion(resource)) return object;
  const stored = resource.served.toStored?.(object) ?? { ...object };
  return { ...stored, apiVersion: apiVersionOf(resource.declaration.versions[0]) };
}

/** From the stored version to that of the request. */
export function fromStored(resource: ServedResource, object: KubeObject): KubeObject {
  if (isStoredVersion(resource)) return object;
  const served = resource.served.fromStored?.(object) ?? object;
  return { ...served, apiVersion: resource.apiVersion };
}
