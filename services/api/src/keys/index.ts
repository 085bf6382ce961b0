import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KeyIds } from '@kubus/shared/lifecycle';
import { type KeyRing, parseEncryptionKeys } from '@kubus/shared/store';
import { readSigningKeys, type ServiceAccountTokens } from '../authn/index.ts';

export interface KeyFilesOptions {
  /** The state folder: sa.key (PEM, one key after the other) and encryption.json. */
  dir: string;
  tokens: ServiceAccountTokens;
  keyRing: KeyRing;
  onError(error: unknown): void;
  /** How often the files are read again; milliseconds, default 2,000. */
  everyMs?: number;
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
    }, this.#options.everyMs ?? 2_000);
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
    const { tokens, keyRing } = this.#options;
    await this.#take('sa.key', async (text) => tokens.replace(await readSigningKeys(text)));
    await this.#take('encryption.json', async (text) => keyRing.replace(parseEncryptionKeys(text)));
  }

  /** Each text once, whether it could be used or not. */
  async #take(name: string, use: (text: string) => Promise<void>): Promise<void> {
    try {
      const text = await readFile(join(this.#options.dir, name), 'utf8');
      if (this.#known.get(name) === text) return;
      this.#known.set(name, text);
      await use(text);
    } catch (error) {
      this.#options.onError(error);
    }
  }
}
