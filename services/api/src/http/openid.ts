import { StatusError } from '@kubus/shared/errors';
import type { PathCall } from './call.ts';
import { type Document, documentOf, sendDocument } from './document.ts';
import type { PathHandler } from './paths.ts';

export interface OpenIdOptions {
  issuer: string;
  /** Base URL of this api, without a slash at the end. */
  url: string;
  /** The same object as long as the keys are. */
  keySet: () => KeySet;
}

interface KeySet {
  keys: readonly { alg?: string }[];
}

/** Lets others check service account tokens (kubernetes.io: "Service account issuer discovery"). */
export function openIdHandlers(options: OpenIdOptions): Record<'.well-known' | 'openid', PathHandler> {
  const documents = new WeakMap<KeySet, Record<'configuration' | 'keys', Document>>();
  const current = () => {
    const keySet = options.keySet();
    const made = documents.get(keySet) ?? documentsOf(options, keySet);
    documents.set(keySet, made);
    return made;
  };
  return {
    '.well-known': (call) => serveAt(call, '/.well-known/openid-configuration', current().configuration),
    openid: (call) => serveAt(call, '/openid/v1/jwks', current().keys),
  };
}

function documentsOf({ issuer, url }: OpenIdOptions, keySet: KeySet): Record<'configuration' | 'keys', Document> {
  const configuration = {
    issuer,
    jwks_uri: `${url}/openid/v1/jwks`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [...new Set(keySet.keys.map((key) => key.alg))],
  };
  return {
    configuration: documentOf('application/json', JSON.stringify(configuration)),
    keys: documentOf('application/jwk-set+json', JSON.stringify(keySet)),
  };
}

async function serveAt(call: PathCall, path: string, document: Document): Promise<void> {
  if (call.info.path !== path) {
    throw new StatusError('NotFound', 'the server could not find the requested resource', {});
  }
  await sendDocument(call.request, call.response, document, {
    headers: { 'cache-control': 'public, max-age=3600' },
    pretty: false,
  });
}
