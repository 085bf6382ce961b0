import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Command, type Redis } from 'ioredis';

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
    const encoding = texts === 'bytes' ? null : 'utf8';
    try {
      return await send(redis, new Command(byHash, [this.#sha, ...args], { replyEncoding: encoding }));
    } catch (error) {
      // NOSCRIPT means that nothing was run: the one error after which a commit may be sent again.
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
      return await send(redis, new Command(byText, [this.#text, ...args], { replyEncoding: encoding }));
    }
  }
}

/**
 * Takes the arguments, which hold whole objects, away from a command that was answered. ioredis gives each command a function by assignment to a property
 * (`reject`), and such functions V8 makes old from the start: with the command, which they hold, they stay until the next full collection.
 */
async function send(redis: Redis, command: Command): Promise<unknown> {
  try {
    return await redis.sendCommand(command);
  } finally {
    command.args = [];
  }
}
