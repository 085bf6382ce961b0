/**
 * Masking of WebSocket payloads (RFC 6455, 5.3), word by word: `ws` asks a package of this name for it where there is one and else goes byte by byte, which takes nine times as
 * long and was a fifth of what an api did while a client sent a file. The package of this name on npm is native code.
 */

/** Writes `length` bytes of `source`, masked, to `output` from `offset` on. */
export function mask(source: Uint8Array, key: Uint8Array, output: Uint8Array, offset: number, length: number): void {
  const target = output.subarray(offset, offset + length);
  target.set(source.subarray(0, length));
  unmask(target, key);
}

/** Masks, or unmasks, in place: both are the same. `key` has four bytes. */
export function unmask(buffer: Uint8Array, key: Uint8Array): void {
  const lead = -buffer.byteOffset & 3;
  if (buffer.length <= lead) {
    maskBytes(buffer, key, 0, buffer.length);
    return;
  }
  maskBytes(buffer, key, 0, lead);
  const words = new Int32Array(buffer.buffer, buffer.byteOffset + lead, (buffer.length - lead) >> 2);
  const word = wordOf(key, lead);
  for (let i = 0; i < words.length; i++) words[i] = (words[i] as number) ^ word;
  maskBytes(buffer, key, lead + words.length * 4, buffer.length);
}

function maskBytes(buffer: Uint8Array, key: Uint8Array, from: number, to: number): void {
  for (let i = from; i < to; i++) buffer[i] = (buffer[i] as number) ^ (key[i & 3] as number);
}

/** The key from its byte `at` on, round and round, in the machine's order of bytes. */
function wordOf(key: Uint8Array, at: number): number {
  const turned = Uint8Array.from({ length: 4 }, (_, i) => key[(at + i) & 3] as number);
  return new Int32Array(turned.buffer)[0] as number;
}
