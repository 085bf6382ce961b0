import { readFile } from 'node:fs/promises';
import type { AuthenticatedToken, BearerTokens } from './bearer.ts';

export interface ReloadedTokensOptions {
  path: string;
  /** What the file says; throws for a file that cannot be right. */
  make(text: string): BearerTokens & { close(): void };
  /** The file could not be taken: what it said before goes on. */
  onError(error: unknown): void;
  onReload(): void;
  /** How often the file is looked at, in ms; default one minute, as kube-apiserver does. */
  intervalMs?: number;
}

/** Tokens that hold by a file, which may change while the api runs. What is wrong with it ends a start, but no replica that runs. */
export class ReloadedTokens implements BearerTokens {
  readonly #options: ReloadedTokensOptions;
  readonly #timer: NodeJS.Timeout;
  #text: string;
  #current: BearerTokens & { close(): void };

  private constructor(options: ReloadedTokensOptions, text: string) {
    this.#options = options;
    this.#text = text;
    this.#current = options.make(text);
    this.#timer = setInterval(() => void this.#look(), options.intervalMs ?? 60_000).unref();
  }

  /** Throws when the file cannot be taken. */
  static async open(options: ReloadedTokensOptions): Promise<ReloadedTokens> {
    return new ReloadedTokens(options, await readFile(options.path, 'utf8'));
  }

  authenticate(token: string, audiences?: readonly string[]): Promise<AuthenticatedToken | undefined> {
    return this.#current.authenticate(token, audiences);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#current.close();
  }

  async #look(): Promise<void> {
    try {
      const text = await readFile(this.#options.path, 'utf8');
      if (text === this.#text) return;
      this.#text = text;
      const before = this.#current;
      this.#current = this.#options.make(text);
      before.close();
      this.#options.onReload();
    } catch (error) {
      this.#options.onError(error);
    }
  }
}
