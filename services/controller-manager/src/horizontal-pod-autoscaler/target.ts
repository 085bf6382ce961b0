import type { ApiClient } from '@kubus/shared/bus';
import type { KubeObject } from '@kubus/shared/object';
import { parseApiVersion } from '@kubus/shared/object';
import type { ServedKind, ServedKinds } from '../common/served-kinds.ts';
import type { CrossVersionObjectReference, Scale } from './types.ts';

export interface LiveScale extends Scale {
  kind: ServedKind;
  /** As the API gave it, to be sent back. */
  object: KubeObject;
}

interface ScaleObject extends KubeObject {
  spec?: { replicas?: number };
  status?: { replicas?: number; selector?: string };
}

export function referencedKind(kinds: ServedKinds, reference: CrossVersionObjectReference): ServedKind | undefined {
  return kinds.find({ ...parseApiVersion(reference.apiVersion ?? 'v1'), kind: reference.kind });
}

/** The scale of whatever kind the autoscaler refers to. Throws what the API says. */
export async function getScale(
  api: Pick<ApiClient, 'request'>,
  kinds: ServedKinds,
  namespace: string,
  reference: CrossVersionObjectReference,
): Promise<LiveScale> {
  const kind = referencedKind(kinds, reference);
  if (kind === undefined)
    throw new Error(`no matches for kind "${reference.kind}" in version "${reference.apiVersion ?? 'v1'}"`);
  const { group, version, resource } = kind;
  const object = await api.request<ScaleObject>({
    ...{ group, version, resource, subresource: 'scale' },
    verb: 'get',
    namespace,
    name: reference.name,
  });
  const { spec = {}, status = {} } = object;
  return {
    kind,
    object,
    replicas: spec.replicas ?? 0,
    statusReplicas: status.replicas ?? 0,
    selector: status.selector ?? '',
  };
}

export async function setReplicas(api: Pick<ApiClient, 'request'>, scale: LiveScale, replicas: number): Promise<void> {
  const { group, version, resource } = scale.kind;
  const { namespace = '', name } = scale.object.metadata;
  const body = { ...scale.object, spec: { replicas } };
  await api.request({ ...{ group, version, resource, subresource: 'scale' }, verb: 'update', namespace, name, body });
}
