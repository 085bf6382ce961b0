type Read = (hash: string, members: string[]) => Promise<(string | null)[]>;

/**
 * Puts the reads of one turn of the event loop into one command per hash, and asks for a member once however many want it: a command of its own for each
 * request of a busy api is a write to the socket each. No value is older than the call of `get` that it answers.
 */
export class ReadQueue {
  readonly #read: Read;
  #waiting = new Map<string, Map<string, PromiseWithResolvers<string | null>>>();

  constructor(read: Read) {
    this.#read = read;
  }

  /** Null when the hash has no such member. Fails as the command that it went with. */
  get(hash: string, member: string): Promise<string | null> {
    if (this.#waiting.size === 0) setImmediate(() => this.#send());
    const members = this.#waiting.get(hash) ?? new Map<string, PromiseWithResolvers<string | null>>();
    const waiting = members.get(member) ?? Promise.withResolvers<string | null>();
    this.#waiting.set(hash, members.set(member, waiting));
    return waiting.promise;
  }

  #send(): void {
    const hashes = this.#waiting;
    this.#waiting = new Map();
    for (const [hash, members] of hashes) void this.#ask(hash, [...members]);
  }

  async #ask(hash: string, members: [string, PromiseWithResolvers<string | null>][]): Promise<void> {
    try {
      const names = members.map(([name]) => name);
      const values = await this.#read(hash, names);
      for (const [i, [, { resolve }]] of members.entries()) resolve(values[i] ?? null);
    } catch (error) {
      for (const [, { reject }] of members) reject(error);
    }
  }
}
