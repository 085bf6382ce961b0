import type { JsonPart } from '../contract.ts';
import type { Link } from '../link/link.ts';

const FULL = 64 * 1024;

/** Gathers the events of a watch: those that are there at the same time go in one message, one JSON text per line. */
export class EventBatch {
  readonly #link: Link;
  #lines: JsonPart[] = [];
  #length = 0;
  #sending: Promise<void> | undefined;
  #failure: unknown;

  constructor(link: Link) {
    this.#link = link;
  }

  /** Wait for `flush` before adding more. */
  get full(): boolean {
    return this.#length >= FULL;
  }

  add(line: JsonPart): void {
    this.#lines.push(line);
    this.#length += line.length;
    this.#sending ??= this.#send();
  }

  /** Resolves when everything has been sent; rejects when the link has ended. */
  async flush(): Promise<void> {
    await this.#sending;
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Never rejects. */
  async #send(): Promise<void> {
    try {
      while (this.#lines.length > 0) {
        // What is ready now is added first.
        await new Promise<void>((resolve) => setImmediate(resolve));
        const text = joinedLines(this.#lines);
        this.#lines = [];
        this.#length = 0;
        await this.#link.send(0, text);
      }
    } catch (error) {
      this.#failure = error;
    }
    this.#sending = undefined;
  }
}

const LINE_FEED = Buffer.from('\n');

function joinedLines(lines: readonly JsonPart[]): Uint8Array {
  if (lines.every((line) => typeof line === 'string')) return Buffer.from(lines.join('\n'));
  const parts: Uint8Array[] = [];
  for (const line of lines) {
    if (parts.length > 0) parts.push(LINE_FEED);
    parts.push(typeof line === 'string' ? Buffer.from(line) : line);
  }
  return Buffer.concat(parts);
}
