import type { GroupVersionResources, Registry, ServedResource, Subresource } from '@kubus/shared/registry';
import { isAvailable } from '../aggregation/index.ts';
import { groupsOf } from './documents.ts';
import { type ForeignVersion, foreignGroups } from './foreign.ts';

export type AggregatedVersion = 'v2' | 'v2beta1';

/** Everything below /api or /apis in one document (KEP-3352, apidiscovery.k8s.io). */
export function aggregatedDiscovery(
  registry: Registry,
  root: 'api' | 'apis',
  version: AggregatedVersion,
  foreign: readonly ForeignVersion[] = [],
): object {
  const groups = root === 'apis' ? namedGroups(registry, foreign) : [groupItem({}, coreVersions(registry))];
  return { kind: 'APIGroupDiscoveryList', apiVersion: `apidiscovery.k8s.io/${version}`, metadata: {}, items: groups };
}

function namedGroups(registry: Registry, foreign: readonly ForeignVersion[]): object[] {
  const others = foreignGroups(foreign);
  const own = [...groupsOf(registry).entries()].map(([name, versions]) => {
    const item = groupItem({ name }, versions);
    return { ...item, versions: [...item.versions, ...foreignItems(others.get(name) ?? [])] };
  });
  const names = new Set(groupsOf(registry).keys());
  const more = [...others].filter(([name]) => !names.has(name));
  return [
    ...own,
    ...more.map(([name, versions]) => ({
      metadata: { name, creationTimestamp: null },
      versions: foreignItems(versions),
    })),
  ];
}

/** Of a server that cannot be asked now it is told what it said last, if anything, as stale: clients then know that they do not know. */
function foreignItems(versions: readonly ForeignVersion[]): object[] {
  return versions.map(({ version, discovered, apiService }) =>
    discovered !== undefined && isAvailable(apiService)
      ? discovered
      : { ...(discovered ?? { version }), freshness: 'Stale' },
  );
}

function coreVersions(registry: Registry): GroupVersionResources[] {
  return registry.groupVersions().filter((version) => version.group === '');
}

function groupItem(metadata: object, versions: readonly GroupVersionResources[]) {
  return {
    metadata: { ...metadata, creationTimestamp: null },
    versions: versions.map(({ version, resources }) => ({
      version,
      resources: resources.map(resourceItem),
      freshness: 'Current',
    })),
  };
}

function resourceItem(resource: ServedResource): object {
  const { singular, shortNames, categories } = resource.declaration;
  const subresources = [...resource.subresources.values()].map(subresourceItem);
  return {
    resource: resource.resource,
    responseKind: { group: resource.group, version: resource.version, kind: resource.kind },
    scope: resource.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: singular,
    verbs: [...resource.verbs].sort(),
    ...(shortNames === undefined ? {} : { shortNames }),
    ...(categories === undefined ? {} : { categories }),
    ...(subresources.length === 0 ? {} : { subresources }),
  };
}

function subresourceItem(subresource: Subresource): object {
  const { group, version, kind } = subresource.responds;
  return {
    subresource: subresource.name,
    responseKind: { group, version, kind },
    verbs: [...subresource.verbs].sort(),
  };
}
