import { constants, createDeflate, createInflate, type Deflate, type Inflate } from 'node:zlib';
import { dictionary } from './dictionary.ts';
import { words } from './frames.ts';

/** Header blocks of a whole connection, decompressed; names are few and short in Kubernetes' streams. */
const MAX_BLOCK_BYTES = 64 * 1024;

const flush = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH, dictionary };

/** Compresses and decompresses the header blocks of one connection. Both directions have one state each, so blocks have to come in order. */
export class HeaderCodec {
  readonly #inflate: Inflate = createInflate(flush);
  readonly #deflate: Deflate = createDeflate(flush);

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

function pass(codec: Inflate | Deflate, input: Uint8Array): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size > MAX_BLOCK_BYTES) codec.destroy(new Error('a header block is too long'));
      else chunks.push(chunk);
    };
    codec.once('error', reject);
    codec.on('data', onData);
    codec.write(input, (error) => {
      codec.off('data', onData);
      codec.off('error', reject);
      if (error) reject(error);
      else resolve(Buffer.concat(chunks));
    });
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
