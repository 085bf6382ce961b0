import type { ApiClient } from '@kubus/shared/bus';
import { isNotFound } from '@kubus/shared/errors';
import type { Informer } from '@kubus/shared/informer';
import type { ConfigMap, Pod, RuntimeClass, Secret, Service } from '@kubus/shared/schema';
import type { PodReferences } from './pod/env.ts';

/** They are listed before the pods are: when they are not there, the API is away. */
const servicesWaitMs = 1_000;

export interface ConfigSourceOptions {
  /** How long an answer is good for others; milliseconds, default 1,000. */
  shareMs?: number;
  /** Of all namespaces; containers wait for its first list. Absent: they are told of no Services. */
  services?: Pick<Informer<Service>, 'synced' | 'waitFor' | 'list'>;
}

/** Reads ConfigMaps and Secrets with the node's own authority; several containers that start at once share one read. */
export function apiConfigSource(
  api: Pick<ApiClient, 'request'>,
  { shareMs = 1_000, services }: ConfigSourceOptions = {},
): (pod: Pod) => PodReferences {
  const reads = new Map<string, Promise<unknown>>();
  const read = <T>(resource: string, namespace: string, name: string, group = ''): Promise<T | undefined> => {
    const key = `${resource}/${namespace}/${name}`;
    const known = reads.get(key);
    if (known !== undefined) return known as Promise<T | undefined>;
    const answer = api
      .request<T>({ verb: 'get', group, version: 'v1', resource, namespace, name })
      .catch((error: unknown) => {
        if (isNotFound(error)) return undefined;
        throw error;
      });
    reads.set(key, answer);
    setTimeout(() => reads.delete(key), shareMs).unref();
    return answer;
  };
  return (pod) => {
    const namespace = pod.metadata.namespace ?? '';
    return {
      configMap: (name) => read<ConfigMap>('configmaps', namespace, name),
      secret: (name) => read<Secret>('secrets', namespace, name),
      runtimeClass: (name) => read<RuntimeClass>('runtimeclasses', '', name, 'node.k8s.io'),
      ...(services === undefined
        ? {}
        : {
            services: async () => {
              if (!services.synced) await services.waitFor(0, servicesWaitMs).catch(notRead);
              return services.list();
            },
          }),
    };
  };
}

/** In the words of kubelet. */
function notRead(cause: unknown): never {
  throw new Error('services have not yet been read at least once, cannot construct envvars', { cause });
}
