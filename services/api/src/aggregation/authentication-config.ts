import type { ApiRequest } from '@kubus/shared/bus';
import { type Status, StatusError } from '@kubus/shared/errors';
import { apiserver } from '../authn/index.ts';
import type { Pipeline } from '../pipeline/index.ts';

export interface Authorities {
  /** PEM: signs certificates of clients. */
  client: string;
  /** PEM: signs the certificate of this api as a proxy. */
  requestHeader: string;
}

const name = 'extension-apiserver-authentication';
const namespace = 'kube-system';
const core = { group: '', version: 'v1', resource: 'configmaps', namespace } as const;
const roles = { group: 'rbac.authorization.k8s.io', version: 'v1', resource: 'roles', namespace } as const;

/**
 * Tells servers behind this one whom they can believe: who has a certificate of the cluster, and this api when it names somebody else in headers
 * (kubernetes.io: Configure the Aggregation Layer, "Extension apiserver authorizes the request").
 */
export async function publishAuthentication(pipeline: Pipeline, authorities: Authorities): Promise<void> {
  const data = {
    'client-ca-file': authorities.client,
    'requestheader-allowed-names': JSON.stringify([proxyClientName]),
    'requestheader-client-ca-file': authorities.requestHeader,
    'requestheader-extra-headers-prefix': JSON.stringify(['X-Remote-Extra-']),
    'requestheader-group-headers': JSON.stringify(['X-Remote-Group']),
    'requestheader-uid-headers': JSON.stringify(['X-Remote-Uid']),
    'requestheader-username-headers': JSON.stringify(['X-Remote-User']),
  };
  const rules = [
    { apiGroups: [''], resources: ['configmaps'], resourceNames: [name], verbs: ['get', 'list', 'watch'] },
  ];
  await ensure(pipeline, core, { metadata: { name }, data });
  await ensure(pipeline, roles, { metadata: { name: `${name}-reader` }, rules });
}

/** Common name of the certificate that this api shows to servers behind it. */
const proxyClientName = 'front-proxy-client';

async function ensure(
  pipeline: Pipeline,
  target: Omit<ApiRequest, 'verb'>,
  object: { metadata: { name: string }; [field: string]: unknown },
): Promise<void> {
  const context = { user: apiserver, userAgent: 'kube-apiserver', signal: new AbortController().signal };
  const made = await pipeline.handle({ ...target, verb: 'create', body: object }, context);
  if (made.code < 400) return;
  if (made.code !== 409) throw StatusError.from(made.body as Status);
  const { metadata, ...body } = object;
  const contentType = 'application/merge-patch+json';
  const kept = await pipeline.handle({ ...target, verb: 'patch', name: metadata.name, contentType, body }, context);
  if (kept.code >= 400) throw StatusError.from(kept.body as Status);
}
