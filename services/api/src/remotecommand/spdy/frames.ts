/** SPDY/3.1 frames, as far as Kubernetes' streams use them (SPDY protocol draft 3.1, 2.2 and 2.6). */

export const TYPE = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
  windowUpdate: 9,
} as const;

export const FLAG_FIN = 1;
const CONTROL = 0x8000_0000;
const VERSION = 3;
const HEAD_BYTES = 8;

/** Longer frames are nobody's: clients send 32 KiB at most. */
export const MAX_FRAME_BYTES = 1024 * 1024;

export type Frame =
  | { type: 'data'; stream: number; fin: boolean; payload: Buffer }
  | { type: 'control'; control: number; flags: number; payload: Buffer };

export function dataFrame(stream: number, payload: Uint8Array, fin: boolean): Buffer {
  const frame = Buffer.allocUnsafe(HEAD_BYTES + payload.length);
  frame.writeUInt32BE(stream, 0);
  frame.writeUInt32BE(((fin ? FLAG_FIN : 0) * 0x100_0000 + payload.length) >>> 0, 4);
  frame.set(payload, HEAD_BYTES);
  return frame;
}

export function controlFrame(control: number, payload: Uint8Array, flags = 0): Buffer {
  const frame = Buffer.allocUnsafe(HEAD_BYTES + payload.length);
  frame.writeUInt32BE((CONTROL + VERSION * 0x1_0000 + control) >>> 0, 0);
  frame.writeUInt32BE((flags * 0x100_0000 + payload.length) >>> 0, 4);
  frame.set(payload, HEAD_BYTES);
  return frame;
}

/** Numbers of 32 bits, big-endian. */
export function words(...values: number[]): Buffer {
  const buffer = Buffer.allocUnsafe(values.length * 4);
  for (const [index, value] of values.entries()) buffer.writeUInt32BE(value >>> 0, index * 4);
  return buffer;
}

/** Cuts a stream of bytes, however it arrives in pieces, into frames. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** Throws when what comes is no SPDY/3. */
  *push(chunk: Uint8Array): Generator<Frame> {
    this.#rest = this.#rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#rest, chunk]);
    for (;;) {
      if (this.#rest.length < HEAD_BYTES) return;
      const length = this.#rest.readUIntBE(5, 3);
      if (length > MAX_FRAME_BYTES) throw new Error(`a frame of ${length} bytes`);
      if (this.#rest.length < HEAD_BYTES + length) return;
      const head = this.#rest.readUInt32BE(0);
      const flags = this.#rest.readUInt8(4);
      const payload = this.#rest.subarray(HEAD_BYTES, HEAD_BYTES + length);
      this.#rest = this.#rest.subarray(HEAD_BYTES + length);
      yield head >= CONTROL ? control(head, flags, payload) : data(head, flags, payload);
    }
  }
}

function control(head: number, flags: number, payload: Buffer): Frame {
  const version = (head >>> 16) & 0x7fff;
  if (version !== VERSION) throw new Error(`SPDY version ${version}`);
  return { type: 'control', control: head & 0xffff, flags, payload };
}

function data(stream: number, flags: number, payload: Buffer): Frame {
  return { type: 'data', stream, fin: (flags & FLAG_FIN) !== 0, payload };
}
