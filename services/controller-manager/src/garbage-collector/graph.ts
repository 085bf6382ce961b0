import type { Informer } from '@kubus/shared/informer';
import type { GroupVersionResource, KubeObject, OwnerReference } from '@kubus/shared/object';
import { parseApiVersion } from '@kubus/shared/object';
import type { InformerSet } from '../common/context.ts';
import { ownerUidIndex, uidIndex } from '../common/indexes.ts';

/** A resource whose objects own or are owned, in the version in which it is stored. */
export interface CollectedResource extends GroupVersionResource {
  kind: string;
  namespaced: boolean;
}

export interface Located {
  resource: CollectedResource;
  object: KubeObject;
}

/** Who owns whom, as the informers see it. */
export class OwnershipGraph {
  readonly #informers = new Map<CollectedResource, Informer>();
  readonly #byKind = new Map<string, CollectedResource>();

  constructor(resources: readonly CollectedResource[], informers: InformerSet) {
    for (const resource of resources) this.add(resource, informers.get(resource));
  }

  get resources(): CollectedResource[] {
    return [...this.#informers.keys()];
  }

  /** What the informer knew its objects as before gives way: they are looked for under one resource. */
  add(resource: CollectedResource, informer: Informer): void {
    for (const [former, its] of this.#informers) if (its === informer) this.remove(former);
    this.#informers.set(resource, informer);
    this.#byKind.set(kindKey(resource.group, resource.kind), resource);
  }

  /** A resource that has given way to another of its kind takes nothing from that. */
  remove(resource: CollectedResource): void {
    this.#informers.delete(resource);
    const key = kindKey(resource.group, resource.kind);
    if (this.#byKind.get(key) === resource) this.#byKind.delete(key);
  }

  /** The object with the uid, of whatever kind. */
  find(uid: string): Located | undefined {
    return this.#byIndex(uidIndex, uid)[0];
  }

  /** All objects that name the uid among their owners. */
  dependents(uid: string): Located[] {
    return this.#byIndex(ownerUidIndex, uid);
  }

  hasDependents(uid: string): boolean {
    for (const informer of this.#informers.values()) if (informer.byIndex(ownerUidIndex, uid).length > 0) return true;
    return false;
  }

  /** The resource that a reference means; undefined when the cluster does not collect such. The version does not matter. */
  resourceOf(reference: OwnerReference): CollectedResource | undefined {
    return this.#byKind.get(kindKey(parseApiVersion(reference.apiVersion).group, reference.kind));
  }

  get(resource: CollectedResource, namespace: string, name: string): KubeObject | undefined {
    return this.#informers.get(resource)?.get(resource.namespaced ? namespace : '', name);
  }

  *all(): Iterable<KubeObject> {
    for (const informer of this.#informers.values()) yield* informer.list();
  }

  #byIndex(index: string, value: string): Located[] {
    const found: Located[] = [];
    for (const [resource, informer] of this.#informers) {
      for (const object of informer.byIndex(index, value)) found.push({ resource, object });
    }
    return found;
  }
}

const kindKey = (group: string, kind: string): string => `${group}/${kind}`;
