import { randomUUID } from 'node:crypto';
import type { GroupVersionKind } from '@kubus/shared/object';
import type { ServedResource } from '@kubus/shared/registry';
import type { UserInfo } from '../../authn/index.ts';
import type { AdmissionRequest, OptionsOf } from '../contract.ts';
import { namespaceOf } from '../matching/rules.ts';
import { kindOf, type Shown } from '../matching/versioned.ts';

/** Versions of AdmissionReview that are spoken, the best first. */
const versions = ['v1', 'v1beta1'] as const;
export type ReviewVersion = (typeof versions)[number];

/** The version in which a webhook is asked: the first of its own list that is spoken here. */
export function reviewVersion(accepted: readonly string[] | undefined): ReviewVersion {
  const found = (accepted ?? ['v1']).find((version) => (versions as readonly string[]).includes(version));
  if (found === undefined) throw new Error('webhook does not accept known AdmissionReview versions (v1, v1beta1)');
  return found as ReviewVersion;
}

export interface Review {
  uid: string;
  version: ReviewVersion;
  body: object;
}

/** admission.k8s.io AdmissionReview: the question. */
export function reviewOf(
  request: AdmissionRequest,
  shown: Shown,
  resource: ServedResource,
  version: ReviewVersion,
): Review {
  const uid = randomUUID();
  const body = {
    kind: 'AdmissionReview',
    apiVersion: `admission.k8s.io/${version}`,
    request: { uid, ...requestOf(request, shown, resource) },
  };
  return { uid, version, body };
}

/** What is asked, without the uid; CEL's `request` is the same but for the objects. */
export function requestOf(request: AdmissionRequest, shown: Shown, resource: ServedResource): object {
  return {
    ...attributesOf(request, shown.kind, resource),
    object: shown.object ?? null,
    oldObject: shown.old ?? null,
    dryRun: request.dryRun,
    options: optionsOf(request),
  };
}

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
