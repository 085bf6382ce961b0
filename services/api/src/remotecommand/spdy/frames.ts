/** SPDY/3.1 frames, as far as Kubernetes' streams use them (SPDY protocol draft 3.1, 2.2 and 2.6). */

export const TYPE = {
  synStream: 1,
  synReply: 2,
  rstStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  headers: 8,
} as const;

export const FLAG_FIN = 1;
const CONTROL = 0x8000_0000;
const VERSION = 3;
const HEAD_BYTES = 8;

/** Longer frames are nobody's: clients send 32 KiB of data at most, and a few headers. */
const MAX_DATA_BYTES = 1024 * 1024;
const MAX_CONTROL_BYTES = 64 * 1024;

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

interface Data {
  stream: number;
  fin: boolean;
  /** Bytes still to come. */
  left: number;
}

const nothing = Buffer.alloc(0);

/**
 * Cuts a stream of bytes, however it arrives in pieces, into frames. Data is handed on as it arrives, as a view of what was pushed: a frame of data may come as several, of which
 * the last has the end.
 */
export class FrameReader {
  /** Of a head, or of a whole control frame, what has come. */
  #gathered = nothing;
  #data: Data | undefined;

  /** Throws when what comes is no SPDY/3. */
  *push(chunk: Uint8Array): Generator<Frame> {
    let rest = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    while (rest.length > 0) {
      if (this.#data !== undefined) {
        const payload = rest.subarray(0, this.#data.left);
        rest = rest.subarray(payload.length);
        yield this.#piece(this.#data, payload);
        continue;
      }
      const missing = wholeLength(this.#gathered) - this.#gathered.length;
      this.#gathered = Buffer.concat([this.#gathered, rest.subarray(0, missing)]);
      rest = rest.subarray(missing);
      const frame = this.#begun();
      if (frame !== undefined) yield frame;
    }
  }

  /** What has been gathered, if that is a frame. */
  #begun(): Frame | undefined {
    const head = this.#gathered;
    if (head.length < wholeLength(head)) return undefined;
    this.#gathered = nothing;
    if (head.readUInt32BE(0) >= CONTROL) return control(head);
    const data = { stream: head.readUInt32BE(0), fin: (head.readUInt8(4) & FLAG_FIN) !== 0, left: lengthIn(head) };
    if (data.left === 0) return this.#piece(data, nothing);
    this.#data = data;
    return undefined;
  }

  #piece(data: Data, payload: Buffer): Frame {
    const left = data.left - payload.length;
    this.#data = left === 0 ? undefined : { ...data, left };
    return { type: 'data', stream: data.stream, fin: data.fin && left === 0, payload };
  }
}

/** How much is gathered before something can be said of it: a head, of a control frame all. */
function wholeLength(begun: Buffer): number {
  if (begun.length < HEAD_BYTES) return HEAD_BYTES;
  return begun.readUInt32BE(0) >= CONTROL ? HEAD_BYTES + lengthIn(begun) : HEAD_BYTES;
}

function lengthIn(head: Buffer): number {
  const length = head.readUIntBE(5, 3);
  const limit = head.readUInt32BE(0) >= CONTROL ? MAX_CONTROL_BYTES : MAX_DATA_BYTES;
  if (length > limit) throw new Error(`a frame of ${length} bytes`);
  return length;
}

function control(frame: Buffer): Frame {
  const version = (frame.readUInt32BE(0) >>> 16) & 0x7fff;
  if (version !== VERSION) throw new Error(`SPDY version ${version}`);
  const payload = frame.subarray(HEAD_BYTES);
  return { type: 'control', control: frame.readUInt16BE(2), flags: frame.readUInt8(4), payload };
}
