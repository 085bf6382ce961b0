import { constants, createDeflate, createInflate, type Deflate, type Inflate } from 'node:zlib';
import { dictionary } from './dictionary.ts';
import { words } from './frames.ts';

/** Header blocks of a whole connection, decompressed; names are few and short in Kubernetes' streams. */
const MAX_BLOCK_BYTES = 64 * 1024;

const flush = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH, dictionary };

/** Compresses and decompresses the header blocks of one connection. Both directions have one state each, so blocks have to come in order. */
export class HeaderCodec {
  readonly #inflate: Inflate = quiet(createInflate(flush));
  readonly #deflate: Deflate = quiet(createDeflate(flush));

  async decode(block: Uint8Array): Promise<Map<string, string>> {
    return parseBlock(await pass(this.#inflate, block));
  }

  encode(headers: ReadonlyMap<string, string>): Promise<Buffer> {
    const parts = [words(headers.size)];
    for (const text of [...headers].flat()) {
      const bytes = Buffer.from(text);
      parts.push(words(bytes.length), bytes);
    }
    return pass(this.#deflate, Buffer.concat(parts));
  }

  close(): void {
    this.#inflate.close();
    this.#deflate.close();
  }
}

/** Errors reach whoever waits for a block; an error event that comes later must not end the process. */
function quiet<T extends Inflate | Deflate>(codec: T): T {
  codec.on('error', () => undefined);
  return codec;
}

function pass(codec: Inflate | Deflate, input: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const done = (error: Error | null | undefined): void => {
      codec.off('data', onData);
      codec.off('error', done);
      if (error) reject(error);
      else resolve(Buffer.concat(chunks));
    };
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      chunks.push(chunk);
      if (size <= MAX_BLOCK_BYTES) return;
      done(new Error('a header block is too long'));
      codec.destroy();
    };
    codec.on('data', onData);
    codec.on('error', done);
    codec.write(input, done);
  });
}

/** Throws RangeError when the block is shorter than it says. */
function parseBlock(block: Buffer): Map<string, string> {
  const headers = new Map<string, string>();
  let at = 4;
  const text = (): string => {
    const length = block.readUInt32BE(at);
    const end = at + 4 + length;
    if (end > block.length) throw new RangeError('a header block is cut short');
    const value = block.toString('utf8', at + 4, end);
    at = end;
    return value;
  };
  for (let left = block.readUInt32BE(0); left > 0; left -= 1) {
    const name = text().toLowerCase();
    headers.set(name, text());
  }
  return headers;
}
