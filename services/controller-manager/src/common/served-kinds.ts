import type { GroupResource, GroupVersionKind, GroupVersionResource } from '@kubus/shared/object';
import { type KindDeclaration, type ServedResource as RegisteredResource, Registry } from '@kubus/shared/registry';

/** A kind as the cluster serves it in one version. */
export interface ServedKind extends GroupVersionResource {
  kind: string;
  namespaced: boolean;
  verbs: ReadonlySet<string>;
  /** Names the resource in the store, the change log and informers, whatever group it is served in. */
  storage: GroupResource;
}

/** What the cluster serves now. */
export interface ServedKinds {
  find(gvk: GroupVersionKind): ServedKind | undefined;
  /** Every resource once, in the version in which it is stored. */
  stored(): readonly ServedKind[];
}

/** The built-in kinds, and those of definitions as they are told. */
export class RegistryKinds implements ServedKinds {
  readonly #builtin: Registry;
  readonly #custom = new Map<string, KindDeclaration>();
  #registry: Registry;
  #stored: readonly ServedKind[];

  constructor(registry: Registry) {
    this.#builtin = registry;
    this.#registry = registry;
    this.#stored = storedOf(registry);
  }

  find(gvk: GroupVersionKind): ServedKind | undefined {
    const resource = this.#registry.kind(gvk);
    return resource === undefined ? undefined : describe(resource);
  }

  stored(): readonly ServedKind[] {
    return this.#stored;
  }

  /** `name` is the definition's; without a declaration it is served no longer. Gives the kind, if it can be listed. */
  define(name: string, declaration: KindDeclaration | undefined): ServedKind | undefined {
    if (declaration === undefined) this.#custom.delete(name);
    else this.#custom.set(name, declaration);
    this.#registry = new Registry([...this.#builtin.declarations, ...this.#custom.values()]);
    this.#stored = storedOf(this.#registry);
    return this.#stored.find(({ group, resource }) => declaration !== undefined && name === `${resource}.${group}`);
  }
}

/** Each resource once: in the version in which it is stored, or else in the first that is served. Kinds that are not stored (reviews) cannot be listed. */
function storedOf(registry: Registry): ServedKind[] {
  const found = new Map<string, RegisteredResource>();
  for (const resource of registry.groupVersions().flatMap(({ resources }) => resources)) {
    const { declaration, served, storage } = resource;
    if (!resource.verbs.has('list')) continue;
    const key = `${storage.group}/${storage.resource}`;
    const isStored = served === declaration.versions[0];
    if (isStored || (declaration.versions[0].hidden === true && !found.has(key))) found.set(key, resource);
  }
  return [...found.values()].map(describe);
}

function describe({ group, version, resource, kind, namespaced, verbs, storage }: RegisteredResource): ServedKind {
  return { group, version, resource, kind, namespaced, verbs, storage };
}
