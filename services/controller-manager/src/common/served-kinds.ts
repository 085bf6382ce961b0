import type { GroupResource, GroupVersionKind, GroupVersionResource } from '@kubus/shared/object';
import type { ServedResource as RegisteredResource, Registry } from '@kubus/shared/registry';

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

/** The built-in kinds. */
export class RegistryKinds implements ServedKinds {
  readonly #registry: Registry;
  readonly #stored: readonly ServedKind[];

  constructor(registry: Registry) {
    this.#registry = registry;
    const served = registry.groupVersions().flatMap(({ resources }) => resources);
    this.#stored = served
      // Of kinds without a strategy (reviews, metrics) nothing is in the store.
      .filter(({ declaration, served }) => declaration.strategy !== undefined && served === declaration.versions[0])
      .filter(({ verbs }) => verbs.has('list'))
      .map(describe);
  }

  find(gvk: GroupVersionKind): ServedKind | undefined {
    const resource = this.#registry.kind(gvk);
    return resource === undefined ? undefined : describe(resource);
  }

  stored(): readonly ServedKind[] {
    return this.#stored;
  }
}

function describe({ group, version, resource, kind, namespaced, verbs, storage }: RegisteredResource): ServedKind {
  return { group, version, resource, kind, namespaced, verbs, storage };
}
