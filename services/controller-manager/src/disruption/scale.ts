import type { ApiClient } from '@kubus/shared/bus';
import { isNotFound } from '@kubus/shared/errors';
import { groupResourceName, type KubeObject, type OwnerReference, parseApiVersion } from '@kubus/shared/object';
import type { InformerSet } from '../common/context.ts';
import { controllerOf } from '../common/owners.ts';
import type { ServedKinds } from '../common/served-kinds.ts';
import type { Deployment, ReplicaSet } from '../common/types.ts';
import type { Scale } from './plan.ts';

const deployments = { group: 'apps', resource: 'deployments' };
const replicaSets = { group: 'apps', resource: 'replicasets' };

/** Finds out how many pods the managers of pods ask for. */
export class Scales {
  readonly #api: Pick<ApiClient, 'request'>;
  readonly #informers: InformerSet;
  readonly #kinds: ServedKinds;

  constructor(options: { api: Pick<ApiClient, 'request'>; informers: InformerSet; kinds: ServedKinds }) {
    this.#api = options.api;
    this.#informers = options.informers;
    this.#kinds = options.kinds;
  }

  /** Undefined when the manager is gone. A ReplicaSet of a Deployment speaks for the Deployment: during a rollout there are several. */
  async find(owner: OwnerReference, namespace: string): Promise<Scale | undefined> {
    if (!isReplicaSet(owner)) return this.#fromApi(owner, namespace);
    const replicaSet = this.#informers.get<ReplicaSet>(replicaSets).get(namespace, owner.name);
    if (replicaSet === undefined || replicaSet.metadata.uid !== owner.uid) return undefined;
    const above = controllerOf(replicaSet);
    if (above === undefined) return { uid: owner.uid, replicas: replicaSet.spec.replicas ?? 1 };
    const deployment = this.#informers.get<Deployment>(deployments).get(namespace, above.name);
    if (deployment === undefined || deployment.metadata.uid !== above.uid) return this.#fromApi(above, namespace);
    return { uid: above.uid, replicas: deployment.spec.replicas ?? 1 };
  }

  /** Any other kind says it by its scale subresource. */
  async #fromApi(owner: OwnerReference, namespace: string): Promise<Scale | undefined> {
    const { group, version } = parseApiVersion(owner.apiVersion);
    const kind = this.#kinds.find({ group, version, kind: owner.kind });
    if (kind === undefined) return undefined;
    const { resource } = kind;
    try {
      const scale = await this.#api.request<KubeObject & { spec?: { replicas?: number } }>({
        group,
        version,
        resource,
        verb: 'get',
        subresource: 'scale',
        namespace,
        name: owner.name,
      });
      return scale.metadata.uid === owner.uid ? { uid: owner.uid, replicas: scale.spec?.replicas ?? 0 } : undefined;
    } catch (error) {
      if (!isNotFound(error)) throw error;
      return (await this.#exists(kind, namespace, owner.name))
        ? { error: `${groupResourceName({ group, resource })} does not implement the scale subresource` }
        : undefined;
    }
  }

  async #exists(kind: { group: string; version: string; resource: string }, namespace: string, name: string) {
    const { group, version, resource } = kind;
    try {
      await this.#api.request({ group, version, resource, verb: 'get', namespace, name });
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }
}

const isReplicaSet = ({ apiVersion, kind }: OwnerReference): boolean =>
  kind === 'ReplicaSet' && parseApiVersion(apiVersion).group === 'apps';
