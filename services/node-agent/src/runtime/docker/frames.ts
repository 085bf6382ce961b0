import type { Readable } from 'node:stream';
import type { OutputPiece } from '../contract.ts';

const headerBytes = 8;

/**
 * Reads Docker's framing of output without a terminal: 1 byte stream, 3 zero, 4 length (big endian), data. What one read of the connection brought of a stream is one piece,
 * parts of frames too, and the connection is only read as fast as pieces are taken: a client that does not read must not fill the agent's memory.
 */
export async function* readFrames(source: Readable): AsyncGenerator<OutputPiece> {
  const frames = new Frames();
  for await (const chunk of source as AsyncIterable<Buffer>) yield* frames.piecesOf(chunk);
}

/** Where in a frame the connection is. */
export class Frames {
  readonly #header = Buffer.alloc(headerBytes);
  #headerLength = 0;
  #stream = 0;
  #left = 0;

  /**
   * Data moves over the headers between, in the chunk itself: frames are half as long as a read, so that each read brings an end, a whole one and a beginning, and each piece is to
   * be paid for on all its way.
   */
  *piecesOf(chunk: Buffer): Generator<OutputPiece> {
    let from = 0;
    let to = 0;
    for (let at = 0; at < chunk.length; ) {
      if (this.#left === 0) {
        const former = this.#stream;
        at += this.#readHeader(chunk, at);
        if (this.#stream === former || to === from) continue;
        yield { stream: former, data: chunk.subarray(from, to) };
        from = to;
        continue;
      }
      const length = Math.min(this.#left, chunk.length - at);
      if (to !== at) chunk.copyWithin(to, at, at + length);
      at += length;
      to += length;
      this.#left -= length;
    }
    if (to > from) yield { stream: this.#stream, data: chunk.subarray(from, to) };
  }

  /** Gives the number of bytes taken. */
  #readHeader(chunk: Buffer, at: number): number {
    const taken = chunk.copy(this.#header, this.#headerLength, at);
    this.#headerLength += taken;
    if (this.#headerLength < headerBytes) return taken;
    this.#headerLength = 0;
    this.#stream = this.#header.readUInt8(0);
    this.#left = this.#header.readUInt32BE(4);
    return taken;
  }
}
