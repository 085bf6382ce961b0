import type { ApiClient } from '@kubus/shared/bus';
import type { Pod, TokenRequest } from '@kubus/shared/schema';

export interface TokenWish {
  audience?: string;
  expirationSeconds?: number;
}

export interface Token {
  token: string;
  /** When it is to be replaced; milliseconds since 1970. */
  refreshAt: number;
  expiresAt: number;
}

export interface TokensOptions {
  api: Pick<ApiClient, 'request'>;
  now(): number;
}

const defaultSeconds = 3600;
const maxAgeMs = 24 * 3_600_000;

/**
 * Service account tokens bound to pods, by TokenRequest. A token is replaced when 80% of its life, or a day, is over (kubelet's token manager); while
 * that fails the old one is given for as long as it lives.
 */
export class Tokens {
  readonly #options: TokensOptions;
  readonly #tokens = new Map<string, Map<string, Promise<Token>>>();

  constructor(options: TokensOptions) {
    this.#options = options;
  }

  get(pod: Pod, wish: TokenWish): Promise<Token> {
    const uid = pod.metadata.uid ?? '';
    const ofPod = this.#tokens.get(uid) ?? new Map<string, Promise<Token>>();
    this.#tokens.set(uid, ofPod);
    const key = JSON.stringify([wish.audience ?? '', wish.expirationSeconds ?? defaultSeconds]);
    const known = ofPod.get(key);
    const token = known === undefined ? this.#request(pod, wish) : this.#renewed(pod, wish, known);
    ofPod.set(key, token);
    token.catch(() => ofPod.get(key) === token && ofPod.delete(key));
    return token;
  }

  /** When the first of the pod's tokens is to be replaced; undefined when it has none. */
  async refreshAt(uid: string): Promise<number | undefined> {
    const settled = await Promise.allSettled(this.#tokens.get(uid)?.values() ?? []);
    const times = settled.flatMap((result) => (result.status === 'fulfilled' ? [result.value.refreshAt] : []));
    return times.length === 0 ? undefined : Math.min(...times);
  }

  forget(uid: string): void {
    this.#tokens.delete(uid);
  }

  async #renewed(pod: Pod, wish: TokenWish, known: Promise<Token>): Promise<Token> {
    const token = await known;
    if (this.#options.now() < token.refreshAt) return token;
    try {
      return await this.#request(pod, wish);
    } catch (error) {
      if (this.#options.now() >= token.expiresAt) throw error;
      return token;
    }
  }

  async #request(pod: Pod, { audience, expirationSeconds = defaultSeconds }: TokenWish): Promise<Token> {
    const { name, namespace = '', uid = '' } = pod.metadata;
    const body: TokenRequest = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      metadata: { name: '' },
      spec: {
        audiences: audience === undefined || audience === '' ? [] : [audience],
        expirationSeconds,
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
      },
    };
    const asked = this.#options.now();
    const { status } = await this.#options.api.request<TokenRequest>({
      verb: 'create',
      ...{ group: '', version: 'v1', resource: 'serviceaccounts', subresource: 'token' },
      namespace,
      name: pod.spec?.serviceAccountName ?? 'default',
      body,
    });
    if (status?.token === undefined) throw new Error('the API gave no token');
    const expiresAt = Date.parse(status.expirationTimestamp ?? '') || asked + expirationSeconds * 1000;
    const refreshAt = Math.min(expiresAt - 0.2 * expirationSeconds * 1000, asked + maxAgeMs);
    return { token: status.token, refreshAt, expiresAt };
  }
}
