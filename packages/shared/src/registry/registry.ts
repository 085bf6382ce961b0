import { apiVersionOf, compareVersions, type GroupVersionKind, type GroupVersionResource } from '../object/index.ts';
import {
  allVerbs,
  type GroupVersionResources,
  type KindDeclaration,
  type ServedResource,
  type ServedVersion,
} from './contract.ts';
import { compareGroups } from './group-order.ts';

/** All kinds that are served, found by any of their names. */
export class Registry {
  readonly declarations: readonly KindDeclaration[];
  readonly #byResource = new Map<string, ServedResource>();
  readonly #byKind = new Map<string, ServedResource>();
  readonly #groupVersions = new Map<string, ServedResource[]>();

  /** Throws when two declarations claim the same resource or kind. */
  constructor(declarations: readonly KindDeclaration[]) {
    this.declarations = declarations;
    for (const declaration of declarations) {
      for (const served of declaration.versions) if (served.hidden !== true) this.#add(serve(declaration, served));
    }
  }

  resource(gvr: GroupVersionResource): ServedResource | undefined {
    return this.#byResource.get(`${gvr.group}/${gvr.version}/${gvr.resource}`);
  }

  kind(gvk: GroupVersionKind): ServedResource | undefined {
    return this.#byKind.get(`${gvk.group}/${gvk.version}/${gvk.kind}`);
  }

  /** The version in which a stored object is read back. */
  stored(storage: { group: string; resource: string }): ServedResource | undefined {
    for (const served of this.#byResource.values()) {
      if (served.resource === storage.resource && served.storage.group === storage.group && isStorage(served)) {
        return served;
      }
    }
    return undefined;
  }

  /** Every group version, groups in Kubernetes' order of preference, versions of a group with the preferred one first. */
  groupVersions(): GroupVersionResources[] {
    const all = [...this.#groupVersions.values()].map(describe);
    return all.sort((a, b) => compareGroups(a.group, b.group) || compareVersions(a.version, b.version));
  }

  #add(resource: ServedResource): void {
    claim(this.#byResource, `${resource.group}/${resource.version}/${resource.resource}`, resource);
    claim(this.#byKind, `${resource.group}/${resource.version}/${resource.kind}`, resource);
    const ofVersion = this.#groupVersions.get(resource.apiVersion);
    if (ofVersion === undefined) this.#groupVersions.set(resource.apiVersion, [resource]);
    else ofVersion.push(resource);
  }
}

function serve(declaration: KindDeclaration, served: ServedVersion): ServedResource {
  const subresources = served.subresources ?? declaration.subresources ?? [];
  return {
    group: served.group,
    version: served.version,
    resource: declaration.plural,
    apiVersion: apiVersionOf(served),
    kind: declaration.kind,
    declaration,
    served,
    verbs: new Set(declaration.verbs ?? allVerbs),
    namespaced: declaration.scope === 'Namespaced',
    subresources: new Map(subresources.map((subresource) => [subresource.name, subresource])),
    table: served.table ?? declaration.table,
    fields: served.fields ?? declaration.fields,
    listKind: declaration.listKind ?? `${declaration.kind}List`,
    storage: { group: declaration.versions[0].group, resource: declaration.plural },
  };
}

function isStorage(resource: ServedResource): boolean {
  return resource.served === resource.declaration.versions[0];
}

function describe(resources: readonly ServedResource[]): GroupVersionResources {
  const [first] = resources as [ServedResource];
  return { group: first.group, version: first.version, apiVersion: first.apiVersion, resources };
}

function claim(map: Map<string, ServedResource>, key: string, resource: ServedResource): void {
  if (map.has(key)) throw new Error(`declared twice: ${key}`);
  map.set(key, resource);
}
