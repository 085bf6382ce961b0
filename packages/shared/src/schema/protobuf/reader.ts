import { StatusError } from '../../errors/index.ts';
import { BYTES, FIXED32, FIXED64, VARINT } from './wire.ts';

/** A message that is no protobuf, or not the one it claims to be. */
export function badProtobuf(reason: string): StatusError {
  return new StatusError('BadRequest', `the body of the request is not valid protobuf: ${reason}`);
}

/** Reads the fields of one message in place. Every read throws BadRequest rather than pass the message's end. */
export class Reader {
  readonly #bytes: Buffer;
  readonly #end: number;
  #position: number;

  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#position = start;
    this.#end = end;
  }

  get done(): boolean {
    return this.#position >= this.#end;
  }

  /** `number << 3 | wire type`. */
  tag(): number {
    const tag = this.varint();
    if (tag < 8 || tag > 0xffff_ffff) throw badProtobuf(`illegal tag ${tag}`);
    return tag;
  }

  /** As a signed 64-bit integer; beyond 2⁵³ as near as a number comes. */
  varint(): number {
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.#position >= this.#end) throw badProtobuf('unexpected end');
      const byte = this.#bytes[this.#position] as number;
      this.#position += 1;
      const bits = byte & 0x7f;
      if (shift < 28) low |= bits << shift;
      else if (shift === 28) {
        low |= bits << 28;
        high = bits >> 4;
      } else high |= bits << (shift - 32);
      if (byte < 0x80) return (high | 0) * 4_294_967_296 + (low >>> 0);
    }
    throw badProtobuf('a varint that does not end');
  }

  double(): number {
    const start = this.#advance(8);
    return this.#bytes.readDoubleLE(start);
  }

  /** A view, not a copy. */
  bytes(): Buffer {
    const start = this.#advanceDelimited();
    return this.#bytes.subarray(start, this.#position);
  }

  string(): string {
    const start = this.#advanceDelimited();
    return this.#bytes.toString('utf8', start, this.#position);
  }

  message(): Reader {
    const start = this.#advanceDelimited();
    return new Reader(this.#bytes, start, this.#position);
  }

  skip(wireType: number): void {
    if (wireType === VARINT) this.varint();
    else if (wireType === BYTES) this.#advanceDelimited();
    else if (wireType === FIXED64) this.#advance(8);
    else if (wireType === FIXED32) this.#advance(4);
    else throw badProtobuf(`unknown wire type ${wireType}`);
  }

  #advanceDelimited(): number {
    return this.#advance(this.varint());
  }

  #advance(length: number): number {
    const start = this.#position;
    if (length < 0 || start + length > this.#end) throw badProtobuf('unexpected end');
    this.#position = start + length;
    return start;
  }
}
