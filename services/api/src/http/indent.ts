import type { JsonPart } from '@kubus/shared/bus';
import type { FrontRequest } from './exchange.ts';
import { headerOf } from './exchange.ts';

/**
 * Does a request want JSON indented? `pretty` says so; without it browsers, curl and wget are taken for people
 * (apiserver/pkg/endpoints/handlers/negotiation isPrettyPrint; strconv.ParseBool says what is true).
 */
export function isForPeople(request: FrontRequest): boolean {
  const { url = '' } = request;
  const pretty = url.includes('pretty=') ? new URLSearchParams(url.slice(url.indexOf('?') + 1)).get('pretty') : null;
  if (pretty !== null && pretty !== '') return /^(1|t|T|true|True|TRUE)$/.test(pretty);
  return /^(curl|Wget|Mozilla\/5\.0)/.test(headerOf(request, 'user-agent') ?? '');
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const NEWLINE = 0x0a;
const opening: ReadonlySet<number> = new Set([0x5b, 0x7b]);
const closing: ReadonlySet<number> = new Set([0x5d, 0x7d]);
const spaces: ReadonlySet<number> = new Set([SPACE, NEWLINE, 0x09, 0x0d]);

/**
 * The same JSON as `JSON.stringify(value, null, 2)` writes it, part by part: bytes in UTF-8, cut wherever they are. What follows
 * the value (the end of the line) is left out.
 */
export function* indented(parts: Iterable<JsonPart>): Generator<Buffer> {
  const indenter = new Indenter();
  for (const part of parts) yield indenter.take(typeof part === 'string' ? Buffer.from(part) : part);
}

class Indenter {
  #out = Buffer.allocUnsafe(0);
  #used = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;
  /** The last thing written opened an object or array: what comes next decides whether it is empty. */
  #opened = false;

  take(part: Uint8Array): Buffer {
    this.#out = Buffer.allocUnsafe(part.length * 2 + 64);
    this.#used = 0;
    for (const byte of part) {
      if (this.#inString) this.#inText(byte);
      else if (!spaces.has(byte)) this.#outside(byte);
    }
    return this.#out.subarray(0, this.#used);
  }

  #inText(byte: number): void {
    this.#put(byte);
    if (this.#escaped) this.#escaped = false;
    else if (byte === BACKSLASH) this.#escaped = true;
    else if (byte === QUOTE) this.#inString = false;
  }

  #outside(byte: number): void {
    const closes = closing.has(byte);
    if (closes) this.#depth -= 1;
    if (this.#opened !== closes) this.#line();
    this.#opened = opening.has(byte);
    if (this.#opened) this.#depth += 1;
    this.#inString = byte === QUOTE;
    this.#put(byte);
    if (byte === COLON) this.#put(SPACE);
    else if (byte === COMMA) this.#line();
  }

  #line(): void {
    const end = this.#used + 1 + this.#depth * 2;
    this.#reserve(end);
    this.#out[this.#used] = NEWLINE;
    this.#out.fill(SPACE, this.#used + 1, end);
    this.#used = end;
  }

  #put(byte: number): void {
    this.#reserve(this.#used + 1);
    this.#out[this.#used++] = byte;
  }

  #reserve(length: number): void {
    if (length <= this.#out.length) return;
    const larger = Buffer.allocUnsafe(length * 2);
    this.#out.copy(larger, 0, 0, this.#used);
    this.#out = larger;
  }
}
