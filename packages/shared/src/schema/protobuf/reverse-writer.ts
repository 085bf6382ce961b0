import { BYTES, FIXED64, VARINT } from './wire.ts';

/** Strings up to this length are mostly names: they are written here rather than by a call out of JavaScript. */
const SHORT = 64;

/**
 * Writes messages from their last byte to their first, into one buffer that grows. Whoever writes a message writes its fields in reverse, then calls
 * `message` with what `written` was before.
 */
export class ReverseWriter {
  #buffer = Buffer.allocUnsafe(1024);
  #at = 1024;

  /** Bytes so far. */
  get written(): number {
    return this.#buffer.length - this.#at;
  }

  varint(number: number, value: number): void {
    this.#varint(value);
    this.#varint(number * 8 + VARINT);
  }

  double(number: number, value: number): void {
    this.#reserve(8);
    this.#at -= 8;
    this.#buffer.writeDoubleLE(value, this.#at);
    this.#varint(number * 8 + FIXED64);
  }

  bytes(number: number, value: Uint8Array): void {
    this.#reserve(value.length);
    this.#at -= value.length;
    this.#buffer.set(value, this.#at);
    this.#varint(value.length);
    this.#varint(number * 8 + BYTES);
  }

  string(number: number, value: string): void {
    const end = this.written;
    if (!this.#ascii(value)) {
      const length = Buffer.byteLength(value);
      this.#reserve(length);
      this.#at -= length;
      this.#buffer.write(value, this.#at);
    }
    this.message(number, end);
  }

  /** Makes a field of what was written since. */
  message(number: number, end: number): void {
    this.#varint(this.written - end);
    this.#varint(number * 8 + BYTES);
  }

  finish(): Buffer {
    return this.#buffer.subarray(this.#at);
  }

  /** False, with nothing written, for what is longer or not ASCII. */
  #ascii(value: string): boolean {
    const { length } = value;
    if (length > SHORT) return false;
    this.#reserve(length);
    const start = this.#at - length;
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i);
      if (code > 0x7f) return false;
      this.#buffer[start + i] = code;
    }
    this.#at = start;
    return true;
  }

  #varint(value: number): void {
    if (value >= 0 && value < 0x80) {
      this.#reserve(1);
      this.#buffer[--this.#at] = value;
    } else this.#longVarint(value);
  }

  /** Negative numbers take ten bytes, as 64-bit two's complement. */
  #longVarint(value: number): void {
    const bytes: number[] = [];
    if (value < 0) {
      let rest = BigInt.asUintN(64, BigInt(value));
      for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
      bytes.push(Number(rest));
    } else {
      let rest = value;
      for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
      bytes.push(rest);
    }
    this.#reserve(bytes.length);
    this.#at -= bytes.length;
    this.#buffer.set(bytes, this.#at);
  }

  #reserve(bytes: number): void {
    if (this.#at >= bytes) return;
    const used = this.written;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, used + bytes));
    this.#buffer.copy(larger, larger.length - used, this.#at);
    this.#at = larger.length - used;
    this.#buffer = larger;
  }
}
