import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeyIds } from '@kubus/shared/lifecycle';
import type { KeyRing } from '@kubus/shared/store';
import { readSigningKeys, type ServiceAccountTokens } from '../authn/index.ts';
import { sealingOf } from './encryption-configuration.ts';

export { readSealing } from './encryption-configuration.ts';

/** How often the files are read again. */
const readAgainMs = 2_000;

export interface KeyFilesOptions {
  /** The state folder: sa.key (PEM, one key after the other) and encryption.json. */
  dir: string;
  /** The file of an EncryptionConfiguration. Default: none. */
  encryptionConfiguration?: string | undefined;
  tokens: ServiceAccountTokens;
  keyRing: KeyRing;
  onError(error: unknown): void;
}

/** Takes up keys that are put into the state folder while the api runs. What cannot be read changes nothing. */
export class KeyFiles {
  readonly #options: KeyFilesOptions;
  readonly #known = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;
  #reading: Promise<void> | undefined;

  constructor(options: KeyFilesOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#reading ??= this.read().finally(() => {
        this.#reading = undefined;
      });
    }, readAgainMs);
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#reading;
  }

  ids(): KeyIds {
    const { tokens, keyRing } = this.#options;
    return { serviceAccount: tokens.keySet().keys.map(({ kid = '' }) => kid), encryption: keyRing.ids };
  }

  async read(): Promise<void> {
    const { dir, tokens, keyRing, encryptionConfiguration: path } = this.#options;
    await this.#take([join(dir, 'sa.key')], async ([text = '']) => tokens.replace(await readSigningKeys(text)));
    const ring = [join(dir, 'encryption.json'), ...(path === undefined ? [] : [path])];
    await this.#take(ring, async ([own = '', text]) => {
      keyRing.replace(sealingOf(own, path === undefined || text === undefined ? undefined : { path, text }));
    });
  }

  /** Each text once, whether it could be used or not. */
  async #take(paths: readonly string[], use: (texts: readonly string[]) => Promise<void>): Promise<void> {
    const name = paths.join();
    try {
      const texts = await Promise.all(paths.map((path) => readFile(path, 'utf8')));
      const known = JSON.stringify(texts);
      if (this.#known.get(name) === known) return;
      this.#known.set(name, known);
      await use(texts);
    } catch (error) {
      this.#options.onError(error);
    }
  }
}
