import type { KubeObject } from '@kubus/shared/object';
import { apiVersionOf } from '@kubus/shared/object';
import type { ServedResource } from '@kubus/shared/registry';

/** True when the version that is served is the one that is stored, as it is stored: nothing is to be converted. */
export function isStoredVersion(resource: ServedResource): boolean {
  const { served } = resource;
  return served === resource.declaration.versions[0] && served.fromStored === undefined;
}

type Maybe<T> = T | Promise<T>;

/** From the version of the request to the one that is stored. A promise only where somebody else converts. */
export function toStored(resource: ServedResource, object: KubeObject): Maybe<KubeObject> {
  if (isStoredVersion(resource)) return object;
  const { served, declaration } = resource;
  const stored = served.toStored?.(object) ?? { ...object };
  const apiVersion = apiVersionOf(declaration.versions[0]);
  if (served.convert === undefined || resource.apiVersion === apiVersion) return { ...stored, apiVersion };
  return served
    .convert([{ ...stored, apiVersion: resource.apiVersion }], apiVersion)
    .then(([one]) => one as KubeObject);
}

/** From the stored version to that of the request. */
export function fromStored(resource: ServedResource, object: KubeObject): Maybe<KubeObject> {
  const { served, apiVersion } = resource;
  if (isStoredVersion(resource)) return object;
  if (served.convert === undefined || object.apiVersion === apiVersion) return asServed(resource, object);
  return served.convert([object], apiVersion).then(([one]) => asServed(resource, one as KubeObject));
}

/** The same for many, which somebody else converts at once. */
export function allFromStored(resource: ServedResource, objects: readonly KubeObject[]): Maybe<KubeObject[]> {
  const { served, apiVersion } = resource;
  if (served.convert === undefined) return objects.map((object) => asServed(resource, object));
  const others = objects.filter((object) => object.apiVersion !== apiVersion);
  if (others.length === 0) return objects.map((object) => asServed(resource, object));
  return served.convert(others, apiVersion).then((converted) => {
    let next = 0;
    return objects.map((object) =>
      asServed(resource, object.apiVersion === apiVersion ? object : (converted[next++] as KubeObject)),
    );
  });
}

function asServed(resource: ServedResource, object: KubeObject): KubeObject {
  if (isStoredVersion(resource)) return object;
  const served = resource.served.fromStored?.(object) ?? object;
  return { ...served, apiVersion: resource.apiVersion };
}
