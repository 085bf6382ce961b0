import type { Readable } from 'node:stream';

const headerBytes = 8;

/** A piece of a container's output; `stream` is 1 for stdout, 2 for stderr. */
export interface Piece {
  stream: number;
  data: Buffer;
}

/**
 * Reads Docker's framing of output without a terminal: 1 byte stream, 3 zero, 4 length (big endian), data. Pieces are handed on as they arrive, parts of
 * a frame too, and the connection is only read as fast as they are taken: a client that does not read must not fill the agent's memory.
 */
export async function* readFrames(source: Readable): AsyncGenerator<Piece> {
  let header = Buffer.alloc(0);
  let stream = 0;
  let left = 0;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    let rest = chunk;
    while (rest.length > 0) {
      if (left === 0) {
        const missing = headerBytes - header.length;
        header = Buffer.concat([header, rest.subarray(0, missing)]);
        rest = rest.subarray(missing);
        if (header.length < headerBytes) break;
        stream = header.readUInt8(0);
        left = header.readUInt32BE(4);
        header = Buffer.alloc(0);
        continue;
      }
      const data = rest.subarray(0, left);
      rest = rest.subarray(data.length);
      left -= data.length;
      yield { stream, data };
    }
  }
}
