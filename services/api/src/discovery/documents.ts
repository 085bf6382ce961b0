import { createHash } from 'node:crypto';
import type { GroupVersionResources, Registry, ServedResource, Subresource } from '@kubus/shared/registry';
import { type ForeignVersion, foreignGroups } from './foreign.ts';

/** The plain discovery documents: what each group version serves (kubernetes.io: API concepts, "Unaggregated discovery"). */

export function apiVersions(advertise: string): object {
  return {
    kind: 'APIVersions',
    versions: ['v1'],
    serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: advertise }],
  };
}

export function apiGroupList(registry: Registry, foreign: readonly ForeignVersion[] = []): object {
  return {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: [...allGroups(registry, foreign)].map(([name, versions]) => apiGroup(name, versions)),
  };
}

/** Those of this server first: what others serve has a lower priority, or its author means it to be found under its own name. */
function allGroups(registry: Registry, foreign: readonly ForeignVersion[]): Map<string, NamedVersion[]> {
  const groups = new Map<string, NamedVersion[]>(groupsOf(registry));
  for (const [name, versions] of foreignGroups(foreign)) {
    const named = versions.map(({ version }) => ({ version, apiVersion: `${name}/${version}` }));
    groups.set(name, [...(groups.get(name) ?? []), ...named]);
  }
  return groups;
}

interface NamedVersion {
  version: string;
  apiVersion: string;
}

/** One group's document; undefined when there is no such group. */
export function apiGroupDocument(
  registry: Registry,
  group: string,
  foreign: readonly ForeignVersion[] = [],
): object | undefined {
  const versions = allGroups(registry, foreign).get(group);
  return versions === undefined ? undefined : { kind: 'APIGroup', apiVersion: 'v1', ...apiGroup(group, versions) };
}

/** Named groups with their versions, both in order of preference. */
export function groupsOf(registry: Registry): Map<string, GroupVersionResources[]> {
  const groups = new Map<string, GroupVersionResources[]>();
  for (const version of registry.groupVersions()) {
    if (version.group === '') continue;
    const versions = groups.get(version.group);
    if (versions === undefined) groups.set(version.group, [version]);
    else versions.push(version);
  }
  return groups;
}

function apiGroup(name: string, versions: readonly NamedVersion[]): object {
  const described = versions.map(({ apiVersion, version }) => ({ groupVersion: apiVersion, version }));
  return { name, versions: described, preferredVersion: described[0] };
}

export function apiResourceList(version: GroupVersionResources): object {
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: version.apiVersion,
    resources: version.resources.flatMap((resource) => [
      apiResource(resource),
      ...[...resource.subresources.values()].map((subresource) => apiSubresource(resource, subresource)),
    ]),
  };
}

function apiResource(resource: ServedResource): object {
  const { singular, shortNames, categories } = resource.declaration;
  return {
    name: resource.resource,
    singularName: singular,
    namespaced: resource.namespaced,
    kind: resource.kind,
    verbs: [...resource.verbs].sort(),
    ...(shortNames === undefined ? {} : { shortNames }),
    ...(categories === undefined ? {} : { categories }),
    ...storageVersionHash(resource),
  };
}

/** Changes when objects are stored in another version (apiserver/pkg/endpoints/discovery): clients that migrate them look for that. */
function storageVersionHash({ declaration: { kind, versions, strategy } }: ServedResource): object {
  const [stored] = versions;
  if (strategy === undefined || stored === undefined) return {};
  const digest = createHash('sha256').update(`${stored.group}/${stored.version}/${kind}`).digest();
  return { storageVersionHash: digest.subarray(0, 8).toString('base64') };
}

function apiSubresource(resource: ServedResource, subresource: Subresource): object {
  const { group, version, kind } = subresource.responds;
  const foreign = group !== resource.group || version !== resource.version;
  return {
    name: `${resource.resource}/${subresource.name}`,
    singularName: '',
    namespaced: resource.namespaced,
    ...(foreign ? { group, version } : {}),
    kind,
    verbs: [...subresource.verbs].sort(),
  };
}
