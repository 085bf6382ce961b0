import { type KubeObject, labelSelector, parseApiVersion } from '@kubus/shared/object';
import type { Registry, ServedResource } from '@kubus/shared/registry';
import type { WatchCaches } from '../../watchcache/index.ts';
import type { ParamRef, PolicySpec } from './contract.ts';

/** Reads an object of any resource, in the version that is served. */
export interface ParamReader {
  get(resource: ServedResource, namespace: string, name: string): Promise<KubeObject | undefined>;
  list(resource: ServedResource, namespace: string): Promise<readonly KubeObject[]>;
}

/** Wrong configuration of a policy or binding: refuses unless failures are ignored. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

/**
 * The objects with which a policy is evaluated for a binding, `null` for none at all (policy/generic CollectParams). Throws ConfigurationError.
 */
export async function collectParams(
  paramKind: PolicySpec['paramKind'],
  ref: ParamRef | undefined,
  requestNamespace: string,
  registry: Registry,
  reader: ParamReader,
): Promise<readonly (KubeObject | null)[]> {
  if (paramKind === undefined || ref === undefined) return [null];
  const { apiVersion = '', kind = '' } = paramKind;
  const resource = registry.kind({ ...parseApiVersion(apiVersion), kind });
  if (resource === undefined) throw new ConfigurationError(`paramKind kind \`${apiVersion}, Kind=${kind}\` not known`);
  const namespace = namespaceOf(resource, ref, requestNamespace);
  const found = await read(resource, ref, namespace, reader);
  if (found.length === 0 && ref.parameterNotFoundAction === 'Deny') {
    throw new ConfigurationError('no params found for policy binding with `Deny` parameterNotFoundAction');
  }
  return found;
}

function namespaceOf(resource: ServedResource, ref: ParamRef, requestNamespace: string): string {
  if (!resource.namespaced) {
    if (!ref.namespace) return '';
    throw new ConfigurationError('paramRef.namespace must not be provided for a cluster-scoped `paramKind`');
  }
  const namespace = ref.namespace || requestNamespace;
  if (namespace !== '') return namespace;
  throw new ConfigurationError(
    'cannot use namespaced paramRef in policy binding that matches cluster-scoped resources',
  );
}

async function read(
  resource: ServedResource,
  { name, selector }: ParamRef,
  namespace: string,
  reader: ParamReader,
): Promise<readonly KubeObject[]> {
  if (name) {
    const one = await reader.get(resource, namespace, name);
    return one === undefined ? [] : [one];
  }
  if (selector === undefined) throw new ConfigurationError('one of name or selector must be provided');
  const wanted = labelSelector(selector);
  return (await reader.list(resource, namespace)).filter(({ metadata }) => wanted.matches(metadata.labels));
}

/** From the watch cache: parameters are read on every request that a policy matches. */
export function cachedParams(
  caches: WatchCaches,
  toServed: (resource: ServedResource, object: KubeObject) => KubeObject | Promise<KubeObject>,
): ParamReader {
  return {
    get: async (resource, namespace, name) => {
      const cache = await caches.of(resource.storage);
      // What has just been made may not be known here yet.
      const found = (await cache.get(namespace, name, 'any')) ?? (await cache.get(namespace, name, 'latest'));
      return found && toServed(resource, found);
    },
    list: async (resource, namespace) => {
      const { items } = await (await caches.of(resource.storage)).list({ namespace, freshness: 'any' });
      return Promise.all(items.map((item) => toServed(resource, item)));
    },
  };
}
