import { createHash } from 'node:crypto';
import type { Pod } from '@kubus/shared/schema';
import { entryOf, matchesImage, matching, type RegistryAuth, repositoryOf } from '../credentials.ts';
import type { PodAccounts } from './accounts.ts';
import type { ProviderConfig } from './config.ts';
import type { ProviderAnswer, ProviderQuestion } from './plugin.ts';

export interface ProviderParts {
  ask(question: ProviderQuestion): Promise<ProviderAnswer>;
  accounts: PodAccounts;
  now(): number;
}

/** For whom an answer is good, beside the image. */
interface Asker {
  /** Part of the key that answers are kept by. */
  key: string;
  holder: string;
  question: Omit<ProviderQuestion, 'image'>;
}

/** Credentials of the node are everybody's on it. */
export const ofNode = 'node';

/** One program that knows credentials, and what it said lately (kubelet: pluginProvider). */
export class CredentialProvider {
  readonly #config: ProviderConfig;
  readonly #parts: ProviderParts;
  readonly #kept = new Map<string, { answer: ProviderAnswer; expiresAt: number }>();
  /** Several pods that want the same image at once share a run of the program. */
  readonly #running = new Map<string, Promise<ProviderAnswer>>();

  constructor(config: ProviderConfig, parts: ProviderParts) {
    this.#config = config;
    this.#parts = parts;
  }

  /** Credentials for an image, the most specific first; none for images that are not this provider's. */
  async credentials(image: string, pod: Pod): Promise<RegistryAuth[]> {
    const name = repositoryOf(image);
    if (!this.#config.matchImages.some((pattern) => matchesImage(pattern, name))) return [];
    const asker = await this.#asker(pod);
    if (asker === undefined) return [];
    const answer = this.#known(name, asker) ?? (await this.#ask(name, asker));
    const entries = Object.entries(answer.auth ?? {}).flatMap(([pattern, auth]) => entryOf(pattern, auth) ?? []);
    return matching(image, entries).map((auth) => ({ ...auth, holder: asker.holder }));
  }

  /** Undefined: the program is not asked for this pod. */
  async #asker(pod: Pod): Promise<Asker | undefined> {
    const { tokenAttributes } = this.#config;
    const nobody = { key: '', holder: ofNode, question: {} };
    if (tokenAttributes === undefined) return nobody;
    const account = pod.spec?.serviceAccountName ?? '';
    if (account === '') return tokenAttributes.requireServiceAccount ? undefined : nobody;
    const found = await this.#parts.accounts.of(pod, tokenAttributes);
    if (found === undefined) return undefined;
    const { token: serviceAccountToken, annotations, uid } = found;
    const holder = JSON.stringify(['serviceaccount', pod.metadata.namespace, account, uid]);
    const more = tokenAttributes.cacheType === 'Token' ? digestOf(serviceAccountToken) : '';
    const key = JSON.stringify([holder, annotations, more]);
    const serviceAccountAnnotations = Object.fromEntries(annotations);
    return { key, holder, question: { serviceAccountToken, serviceAccountAnnotations } };
  }

  #known(image: string, { key }: Asker): ProviderAnswer | undefined {
    const now = this.#parts.now();
    for (const [place, { expiresAt }] of this.#kept) if (now >= expiresAt) this.#kept.delete(place);
    const types = ['Image', 'Registry', 'Global'] as const;
    const found = types.map((type) => this.#kept.get(placeOf(type, image, key))).find((kept) => kept !== undefined);
    return found?.answer;
  }

  #ask(image: string, asker: Asker): Promise<ProviderAnswer> {
    const flight = placeOf('Image', image, asker.key);
    const running = this.#running.get(flight);
    if (running !== undefined) return running;
    const answer = this.#parts.ask({ image, ...asker.question }).then((said) => {
      const lasts = said.cacheDuration ?? this.#config.defaultCacheDuration;
      const place = placeOf(said.cacheKeyType, image, asker.key);
      if (lasts > 0) this.#kept.set(place, { answer: said, expiresAt: this.#parts.now() + lasts });
      return said;
    });
    this.#running.set(flight, answer);
    const done = () => void this.#running.delete(flight);
    answer.then(done, done);
    return answer;
  }
}

function placeOf(type: ProviderAnswer['cacheKeyType'], image: string, asker: string): string {
  const of = { Image: image, Registry: image.split('/', 1)[0], Global: '' }[type];
  return JSON.stringify([type, of, asker]);
}

const digestOf = (text: string) => createHash('sha256').update(text).digest('hex');
