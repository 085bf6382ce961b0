import type { ApiClient } from '@kubus/shared/bus';
import { isNotFound } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import type { ServedKind } from '../common/served-kinds.ts';
import type { Emptied } from './plan.ts';

type Api = Pick<ApiClient, 'request'>;

/** Resources emptied at once. */
const parallel = 8;

/** Deletes all that a namespace holds of these resources and says what is left. An error with one does not spare the others. */
export async function empty(api: Api, namespace: string, resources: readonly ServedKind[]): Promise<Emptied[]> {
  const emptied: Emptied[] = [];
  for (let from = 0; from < resources.length; from += parallel) {
    const part = resources.slice(from, from + parallel);
    emptied.push(...(await Promise.all(part.map((resource) => emptyOne(api, namespace, resource)))));
  }
  return emptied;
}

async function emptyOne(api: Api, namespace: string, resource: ServedKind): Promise<Emptied> {
  try {
    const before = await list(api, namespace, resource);
    if (before.length === 0) return { resource, remaining: [] };
    await deleteAll(api, namespace, resource, before);
    return { resource, remaining: await list(api, namespace, resource) };
  } catch (error) {
    return { resource, remaining: [], error: error instanceof Error ? error.message : String(error) };
  }
}

async function deleteAll(
  api: Api,
  namespace: string,
  resource: ServedKind,
  objects: readonly KubeObject[],
): Promise<void> {
  const body = { propagationPolicy: 'Background' };
  if (resource.verbs.has('deletecollection')) {
    await api.request({ ...target(resource), verb: 'deletecollection', namespace, body });
    return;
  }
  for (const { metadata } of objects) {
    await api
      .request({ ...target(resource), verb: 'delete', namespace, name: metadata.name, body })
      .catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
  }
}

async function list(api: Api, namespace: string, resource: ServedKind): Promise<KubeObject[]> {
  const { items } = await api.request<{ items: KubeObject[] }>({ ...target(resource), verb: 'list', namespace });
  return items;
}

const target = ({ group, version, resource }: ServedKind) => ({ group, version, resource });
