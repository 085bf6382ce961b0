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
const configMaps = { group: '', version: 'v1', resource: 'configmaps', namespace } as const;

/**
 * Tells servers behind this one whom they can believe: who has a certificate of the cluster, and this api when it names somebody else in headers
 * (kubernetes.io: Configure the Aggregation Layer, "Extension apiserver authorizes the request"). They may read it by a role of the system's.
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
  const context = { user: apiserver, userAgent: 'kube-apiserver', signal: new AbortController().signal };
  const body = { metadata: { name }, data };
  const made = await pipeline.handle({ ...configMaps, verb: 'create', body }, context);
  if (made.code < 400) return;
  if (made.code !== 409) throw StatusError.from(made.body as Status);
  const contentType = 'application/merge-patch+json';
  const kept = await pipeline.handle({ ...configMaps, verb: 'patch', name, contentType, body: { data } }, context);
  if (kept.code >= 400) throw StatusError.from(kept.body as Status);
}

/** Common name of the certificate that this api shows to servers behind it. */
const proxyClientName = 'front-proxy-client';
