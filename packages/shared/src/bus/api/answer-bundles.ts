import type { JsonPart } from '../contract.ts';
import { Bundler, encodeParts } from './bundle.ts';

/** Answers to calls that came in bundles: those of one turn to one client share messages, too. */
export class AnswerBundles {
  readonly #publish: (reply: string, bytes: Uint8Array) => void;
  /** By what comes before the token in the subject of an answer. */
  readonly #bundlers = new Map<string, Bundler>();

  constructor(publish: (reply: string, bytes: Uint8Array) => void) {
    this.#publish = publish;
  }

  add(reply: string, json: readonly JsonPart[]): void {
    const { inbox, token } = splitReply(reply);
    let bundler = this.#bundlers.get(inbox);
    if (bundler === undefined) {
      bundler = this.#bundlerOf(inbox);
      this.#bundlers.set(inbox, bundler);
    }
    bundler.add({ token, json });
  }

  /** Forgotten when it has been sent: clients come and go. */
  #bundlerOf(inbox: string): Bundler {
    return new Bundler((parts) => {
      this.#bundlers.delete(inbox);
      const [first] = parts;
      if (first !== undefined) this.#publish(`${inbox}${first.token}`, encodeParts(parts));
    });
  }
}

/** `inbox` with the dot behind it. */
export function splitReply(reply: string): { inbox: string; token: string } {
  const end = reply.lastIndexOf('.') + 1;
  return { inbox: reply.slice(0, end), token: reply.slice(end) };
}
