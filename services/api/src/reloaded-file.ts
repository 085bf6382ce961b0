import { readFile } from 'node:fs/promises';

export interface ReloadedFileOptions<T> {
  path: string;
  /** What the file says; throws for a file that cannot be right. */
  make(text: string): T | Promise<T>;
  /** What was made is of no use any more. */
  end?(made: T): void;
  /** The file could not be taken: what it said before goes on. */
  onError(error: unknown): void;
  onReload(): void;
  /** How often the file is looked at, in ms; default one minute, as kube-apiserver does. */
  intervalMs?: number;
}

/** A file of settings that may change while the api runs. What is wrong with it ends a start, but no replica that runs. */
export class ReloadedFile<T> {
  readonly #options: ReloadedFileOptions<T>;
  readonly #timer: NodeJS.Timeout;
  #text: string;
  #current: T;
  #looking = false;
  #closed = false;

  private constructor(options: ReloadedFileOptions<T>, text: string, made: T) {
    this.#options = options;
    this.#text = text;
    this.#current = made;
    this.#timer = setInterval(() => void this.#look(), options.intervalMs ?? 60_000).unref();
  }

  /** Throws when the file cannot be taken. */
  static async open<T>(options: ReloadedFileOptions<T>): Promise<ReloadedFile<T>> {
    const text = await readFile(options.path, 'utf8');
    return new ReloadedFile(options, text, await options.make(text));
  }

  get current(): T {
    return this.#current;
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    this.#options.end?.(this.#current);
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      const text = await readFile(this.#options.path, 'utf8');
      if (text !== this.#text) await this.#take(text);
    } catch (error) {
      this.#options.onError(error);
    } finally {
      this.#looking = false;
    }
  }

  async #take(text: string): Promise<void> {
    this.#text = text;
    const made = await this.#options.make(text);
    if (this.#closed) {
      this.#options.end?.(made);
      return;
    }
    const before = this.#current;
    this.#current = made;
    this.#options.end?.(before);
    this.#options.onReload();
  }
}
