import type { JsonPart } from '@kubus/shared/bus';

/** Bytes of one write: small against what the event loop can do in a millisecond, large against what a write costs. */
const CHUNK_BYTES = 256 * 1024;

/** Of the first piece: most texts end there. */
const FIRST_BYTES = 32 * 1024;

/** UTF-8 takes at most three bytes for a unit of a string. */
const MAX_BYTES_PER_UNIT = 3;

/** Puts parts of a text together to pieces of about `size` bytes, one at a time, so that a large text is never there as a whole. */
export function* chunks(parts: Iterable<JsonPart>, size = CHUNK_BYTES): Generator<Buffer> {
  let chunk = Buffer.allocUnsafe(Math.min(size, FIRST_BYTES));
  let used = 0;
  for (const part of parts) {
    const most = typeof part === 'string' ? part.length * MAX_BYTES_PER_UNIT : part.length;
    if (used + most > chunk.length) {
      if (used > 0) yield chunk.subarray(0, used);
      chunk = Buffer.allocUnsafe(size);
      used = 0;
    }
    if (most > size) yield Buffer.from(part as string);
    else if (typeof part === 'string') used += chunk.write(part, used);
    else {
      chunk.set(part, used);
      used += part.length;
    }
  }
  if (used > 0) yield chunk.subarray(0, used);
}
