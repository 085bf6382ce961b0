import type { JsonPart } from '../contract.ts';
import { joined } from './envelope.ts';

/** JSON of a call or an answer. The token is the last of the subject where the answer goes. */
export interface Part {
  token: string;
  json: readonly JsonPart[];
}

/** Few, because all calls in a message go to one replica. */
const mostParts = 8;
const mostBytes = 128 * 1024;
/** What is taken from others. */
const mostTaken = 64;

/** Gathers what is said in one turn of the event loop: a message costs the server and both sides about as much as what is in it. */
export class Bundler {
  readonly #send: (parts: readonly Part[]) => void;
  #parts: Part[] = [];
  #bytes = 0;

  /** `send` gets at least one part. */
  constructor(send: (parts: readonly Part[]) => void) {
    this.#send = send;
  }

  add(part: Part): void {
    const bytes = mostBytesOf(part.json);
    if (this.#bytes + bytes > mostBytes) this.#flush();
    if (this.#parts.length === 0) this.#flushAfterTurn();
    this.#parts.push(part);
    this.#bytes += bytes;
    if (this.#parts.length === mostParts) this.#flush();
  }

  #flushAfterTurn(): void {
    const parts = this.#parts;
    queueMicrotask(() => {
      if (parts === this.#parts) this.#flush();
    });
  }

  #flush(): void {
    const parts = this.#parts;
    if (parts.length === 0) return;
    this.#parts = [];
    this.#bytes = 0;
    this.#send(parts);
  }
}

/** Without looking at it: in UTF-8 a character takes up to three bytes. */
export function mostBytesOf(json: readonly JsonPart[]): number {
  return 3 * json.reduce((sum, piece) => sum + piece.length, 0);
}

/** One message: `["<token>",<JSON>,"<token>",<JSON>...]`, or of one part its JSON alone, which is an object. */
export function encodeParts(parts: readonly Part[]): Uint8Array {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return joined(first.json);
  const pieces: JsonPart[] = [];
  for (const { token, json } of parts) pieces.push(pieces.length === 0 ? '["' : ',"', token, '",', ...json);
  pieces.push(']');
  return joined(pieces);
}

/** The parts of a message by their tokens; undefined when it is no bundle. */
export function bundledIn(message: unknown): [token: string, value: unknown][] | undefined {
  if (!Array.isArray(message) || message.length === 0 || message.length > 2 * mostTaken) return undefined;
  const parts: [string, unknown][] = [];
  for (let i = 0; i < message.length; i += 2) {
    const token: unknown = message[i];
    if (typeof token !== 'string' || !/^[0-9A-Za-z]+$/.test(token)) return undefined;
    parts.push([token, message[i + 1]]);
  }
  return parts;
}
