import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';

/** A Lua script of this folder, run by its hash; a server that does not know it (yet, or after a restart) is given the text. */
export class Script {
  readonly #text: string;
  readonly #sha: string;

  constructor(file: string) {
    this.#text = readFileSync(new URL(file, import.meta.url), 'utf8');
    this.#sha = createHash('sha1').update(this.#text).digest('hex');
  }

  async run(redis: Redis, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    try {
      return await redis.evalsha(this.#sha, keys.length, ...keys, ...args);
    } catch (error) {
      // NOSCRIPT means that nothing was run: the one error after which a commit may be sent again.
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return await redis.eval(this.#text, keys.length, ...keys, ...args);
    }
  }
}
