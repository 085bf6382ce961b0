import type { GroupVersionKind } from '@kubus/shared/object';
import type { ServedResource } from '@kubus/shared/registry';
import type { UserInfo } from '../../authn/index.ts';
import type { AdmissionRequest, OptionsOf } from '../contract.ts';
import { namespaceOf } from './rules.ts';
import { kindOf } from './versioned.ts';

/** What an AdmissionRequest says beside its objects (admission.k8s.io/v1). */
export function attributesOf(request: AdmissionRequest, kind: GroupVersionKind, resource: ServedResource): object {
  const { subresource, name, operation, user } = request;
  const namespace = namespaceOf(request);
  const sub = subresource === '' ? {} : { subResource: subresource, requestSubResource: subresource };
  return {
    kind: gvk(kind),
    resource: gvr(resource),
    requestKind: gvk(kindOf(request, request.resource)),
    requestResource: gvr(request.resource),
    ...sub,
    ...(name === '' ? {} : { name }),
    ...(namespace === '' ? {} : { namespace }),
    operation,
    userInfo: userOf(user),
  };
}

const gvk = ({ group, version, kind }: GroupVersionKind): object => ({ group, version, kind });
const gvr = ({ group, version, resource }: ServedResource): object => ({ group, version, resource });

function userOf({ username, uid, groups, extra }: UserInfo): object {
  return {
    username,
    ...(uid === undefined ? {} : { uid }),
    groups: [...groups],
    ...(extra === undefined || extra.size === 0 ? {} : { extra: Object.fromEntries(extra) }),
  };
}

/** meta.k8s.io/v1 options as the client gave them; null for a connection. */
export function optionsOf({ options }: AdmissionRequest): object | null {
  if (options === undefined) return null;
  const { kind, query, body } = options;
  const sent = typeof body === 'object' && body !== null && !Array.isArray(body) ? body : fromQuery(kind, query);
  return { ...sent, kind, apiVersion: 'meta.k8s.io/v1' };
}

function fromQuery(kind: OptionsOf['kind'], query: OptionsOf['query']): object {
  const get = (name: string): string | undefined =>
    query !== undefined && Object.hasOwn(query, name) && query[name] !== '' ? query[name] : undefined;
  const { dryRun, fieldManager, fieldValidation, force, gracePeriodSeconds, propagationPolicy } = {
    dryRun: get('dryRun'),
    fieldManager: get('fieldManager'),
    fieldValidation: get('fieldValidation'),
    force: get('force'),
    gracePeriodSeconds: get('gracePeriodSeconds'),
    propagationPolicy: get('propagationPolicy'),
  };
  const dry = dryRun === undefined ? {} : { dryRun: [dryRun] };
  if (kind === 'DeleteOptions') {
    return {
      ...dry,
      ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds: Number(gracePeriodSeconds) }),
      ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
    };
  }
  return {
    ...dry,
    ...(fieldManager === undefined ? {} : { fieldManager }),
    ...(fieldValidation === undefined ? {} : { fieldValidation }),
    ...(kind === 'PatchOptions' && force !== undefined ? { force: force !== 'false' && force !== '0' } : {}),
  };
}
