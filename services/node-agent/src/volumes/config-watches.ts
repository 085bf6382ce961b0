import type { ApiClient } from '@kubus/shared/bus';
import { ApiSource, CachedInformer, type Informer } from '@kubus/shared/informer';
import type { ConfigMap, Pod, Secret } from '@kubus/shared/schema';
import type { ConfigSource } from '../pod/env.ts';

type Kind = 'configmaps' | 'secrets';

interface Watched {
  informer: Informer;
  users: Set<() => void>;
}

/**
 * Follows single ConfigMaps and Secrets that pods of this node use: one watch for each, however many pods use it. A node may watch no more than that
 * (Kubernetes: Node authorization).
 */
export class ConfigWatches {
  readonly #client: Pick<ApiClient, 'request' | 'watch'>;
  readonly #watched = new Map<string, Watched>();

  constructor(client: Pick<ApiClient, 'request' | 'watch'>) {
    this.#client = client;
  }

  /** Calls back on each change from about now on, at least once. Gives back how to end it. */
  follow(kind: Kind, namespace: string, name: string, onChange: () => void): () => void {
    const key = `${kind}/${namespace}/${name}`;
    let watched = this.#watched.get(key);
    if (watched === undefined) {
      watched = this.#open(kind, namespace, name);
      this.#watched.set(key, watched);
    } else if (watched.informer.synced) onChange();
    const { informer, users } = watched;
    users.add(onChange);
    return () => {
      users.delete(onChange);
      if (users.size > 0 || this.#watched.get(key)?.informer !== informer) return;
      this.#watched.delete(key);
      void informer.stop();
    };
  }

  /** What is followed is read from here, the rest by `otherwise`. */
  source(pod: Pod, otherwise: ConfigSource): ConfigSource {
    const namespace = pod.metadata.namespace ?? '';
    const followed = (kind: Kind, name: string) => {
      const informer = this.#watched.get(`${kind}/${namespace}/${name}`)?.informer;
      return informer?.synced === true ? { object: informer.get(namespace, name) } : undefined;
    };
    return {
      configMap: async (name) => {
        const known = followed('configmaps', name);
        return known === undefined ? otherwise.configMap(name) : (known.object as ConfigMap | undefined);
      },
      secret: async (name) => {
        const known = followed('secrets', name);
        return known === undefined ? otherwise.secret(name) : (known.object as Secret | undefined);
      },
    };
  }

  stop(): void {
    for (const { informer } of this.#watched.values()) void informer.stop();
    this.#watched.clear();
  }

  #open(kind: Kind, namespace: string, name: string): Watched {
    const resource = { group: '', version: 'v1', resource: kind };
    const query = { fieldSelector: `metadata.name=${name}` };
    const informer = new CachedInformer({
      resource,
      source: new ApiSource({ client: this.#client, resource, namespace, query }),
    });
    const users = new Set<() => void>();
    const tell = () => {
      for (const user of users) user();
    };
    informer.onChange(tell);
    // Also when the first list is empty: the object may have gone since it was read.
    informer.start().then(tell, () => undefined);
    return { informer, users };
  }
}

/** The ConfigMaps and Secrets that the pod's volumes are made of. */
export function configOf({ spec }: Pod): { kind: Kind; name: string }[] {
  const found = new Map<string, { kind: Kind; name: string }>();
  const add = (kind: Kind, name: string | undefined) => {
    if (name !== undefined && name !== '') found.set(`${kind}/${name}`, { kind, name });
  };
  for (const { configMap, secret, projected } of spec?.volumes ?? []) {
    add('configmaps', configMap?.name);
    add('secrets', secret?.secretName);
    for (const source of projected?.sources ?? []) {
      add('configmaps', source.configMap?.name);
      add('secrets', source.secret?.name);
    }
  }
  return [...found.values()];
}
