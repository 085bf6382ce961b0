import type { IncomingMessage } from 'node:http';
import { Agent, get } from 'node:https';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';

const MAX_DOCUMENT = 1024 * 1024;
const TIMEOUT_MS = 30_000;

export interface KeySetOptions {
  issuer: string;
  /** Default: `<issuer>/.well-known/openid-configuration`. */
  discoveryUrl: string | undefined;
  /** PEM; undefined: what the system trusts. */
  certificateAuthority: string | undefined;
  /** Between two attempts to fetch the keys, whatever tokens say that they were signed with; milliseconds, default 10,000. */
  cooldownMs?: number;
}

/**
 * The public keys of an issuer (OpenID Connect Discovery 1.0), fetched when they are first needed and again when a token names one that is not among them: so keys
 * can be rotated there. Redirections are not followed.
 */
export class RemoteKeySet {
  readonly #options: KeySetOptions;
  readonly #agent: Agent;
  #keys: JWTVerifyGetKey | undefined;
  #fetched = Number.NEGATIVE_INFINITY;
  #fetching: Promise<JWTVerifyGetKey> | undefined;

  constructor(options: KeySetOptions) {
    this.#options = options;
    const { certificateAuthority: ca } = options;
    this.#agent = new Agent(ca === undefined ? {} : { ca });
  }

  /** For jose. */
  readonly key: JWTVerifyGetKey = async (header, token) => {
    const keys = this.#keys ?? (await this.#fetch());
    try {
      return await keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      return (await this.#fetch())(header, token);
    }
  };

  close(): void {
    this.#agent.destroy();
  }

  /** Those that are known as long as it is too soon to ask again. */
  async #fetch(): Promise<JWTVerifyGetKey> {
    const { cooldownMs = 10_000 } = this.#options;
    if (this.#fetching !== undefined) return this.#fetching;
    if (performance.now() - this.#fetched < cooldownMs) {
      if (this.#keys === undefined) throw new Error('the keys of the issuer could not be fetched');
      return this.#keys;
    }
    this.#fetched = performance.now();
    this.#fetching = this.#discover();
    try {
      this.#keys = await this.#fetching;
      return this.#keys;
    } finally {
      this.#fetching = undefined;
    }
  }

  async #discover(): Promise<JWTVerifyGetKey> {
    const { issuer, discoveryUrl } = this.#options;
    const url = discoveryUrl ?? `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const document = (await this.#get(url)) as { issuer?: unknown; jwks_uri?: unknown };
    if (document.issuer !== issuer) throw new Error(`issuer did not match the issuer of ${url}`);
    if (typeof document.jwks_uri !== 'string' || !document.jwks_uri.startsWith('https://')) {
      throw new Error(`${url} names no jwks_uri`);
    }
    return createLocalJWKSet((await this.#get(document.jwks_uri)) as JSONWebKeySet);
  }

  #get(url: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const request = get(
        url,
        { agent: this.#agent, timeout: TIMEOUT_MS, signal: AbortSignal.timeout(TIMEOUT_MS) },
        (response) => {
          if (response.statusCode !== 200) {
            response.resume();
            reject(new Error(`${url} answers ${response.statusCode}`));
            return;
          }
          readJson(response).then(resolve, reject);
        },
      );
      request.on('error', reject);
    });
  }
}

async function readJson(response: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_DOCUMENT) throw new Error(`the document is longer than ${MAX_DOCUMENT} bytes`);
    chunks.push(chunk);
  }
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}
