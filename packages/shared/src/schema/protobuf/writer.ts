import { BYTES, FIXED64, VARINT } from './wire.ts';

/** Collects the bytes of one message. */
export class Writer {
  readonly #chunks: Uint8Array[] = [];

  varint(number: number, value: number): void {
    this.#tag(number, VARINT);
    this.#chunks.push(varintBytes(value));
  }

  double(number: number, value: number): void {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(value);
    this.#tag(number, FIXED64);
    this.#chunks.push(bytes);
  }

  bytes(number: number, value: Uint8Array): void {
    this.#tag(number, BYTES);
    this.#chunks.push(varintBytes(value.length), value);
  }

  string(number: number, value: string): void {
    this.bytes(number, Buffer.from(value));
  }

  finish(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  #tag(number: number, wireType: number): void {
    this.#chunks.push(varintBytes(number * 8 + wireType));
  }
}

/** Most tags and lengths. */
const oneByte = Array.from({ length: 0x80 }, (_, value) => Uint8Array.of(value));

/** Negative numbers take ten bytes, as 64-bit two's complement. */
function varintBytes(value: number): Uint8Array {
  if (value >= 0 && value < 0x80) return oneByte[value] as Uint8Array;
  if (value >= 0 && value < 0x4000) return Uint8Array.of((value & 0x7f) | 0x80, value >>> 7);
  if (value >= 0 && value < 0x20_0000) {
    return Uint8Array.of((value & 0x7f) | 0x80, ((value >>> 7) & 0x7f) | 0x80, value >>> 14);
  }
  let rest = BigInt.asUintN(64, BigInt(value));
  const bytes: number[] = [];
  while (rest > 0x7fn) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}
