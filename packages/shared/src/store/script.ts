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
    return this.#run(redis, ['EVALSHA', 'EVAL'], [keys.length, ...keys, ...args]);
  }

  /** `run`, with texts as the bytes they came as. */
  async runForBytes(redis: Redis, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    return this.#run(redis, ['EVALSHA', 'EVAL'], [keys.length, ...keys, ...args], 'bytes');
  }

  /** `read`, with texts as the bytes they came as. */
  async readForBytes(redis: Redis, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    return this.#run(redis, ['EVALSHA_RO', 'EVAL_RO'], [keys.length, ...keys, ...args], 'bytes');
  }

  /** For scripts that only read: what a user of Redis without write permission may call. */
  async read(redis: Redis, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    return this.#run(redis, ['EVALSHA_RO', 'EVAL_RO'], [keys.length, ...keys, ...args]);
  }

  async #run(
    redis: Redis,
    [byHash, byText]: [string, string],
    args: (string | number)[],
    texts: 'strings' | 'bytes' = 'strings',
  ): Promise<unknown> {
    const call = (command: string, script: string): Promise<unknown> =>
      texts === 'bytes' ? redis.callBuffer(command, script, ...args) : redis.call(command, script, ...args);
    try {
      return await call(byHash, this.#sha);
    } catch (error) {
      // NOSCRIPT means that nothing was run: the one error after which a commit may be sent again.
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return await call(byText, this.#text);
    }
  }
}
