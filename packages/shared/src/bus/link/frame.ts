import type { Status } from '../../errors/index.ts';

/**
 * What travels on a link, in binary: one byte of type, one of channel, then by type. Numbers are big-endian. A response in one piece is
 * JSON and begins with '{', which is no type, so both can arrive at one inbox.
 *
 * | type | after the channel |
 * |---|---|
 * | accept | link token: where the accepting side listens |
 * | data | sequence (u32), bytes |
 * | end | sequence (u32): no more data on this channel |
 * | state | next sequence (u32), bytes taken so far from the other side (f64) |
 * | close | sequence (u32), JSON of a Status or nothing |
 */
export type Frame =
  | { type: 'accept'; token: string }
  | { type: 'data'; channel: number; sequence: number; data: Uint8Array }
  | { type: 'end'; channel: number; sequence: number }
  | { type: 'state'; next: number; taken: number }
  | { type: 'close'; sequence: number; status?: Status };

const ACCEPT = 1;
const DATA = 2;
const END = 3;
const STATE = 4;
const CLOSE = 5;
/** What a frame of data takes beside its data. */
export const HEADER_BYTES = 6;
const nothing = Buffer.alloc(0);

/** Sequences wrap at 2^32. */
export const nextSequence = (sequence: number): number => (sequence + 1) >>> 0;

export function encodeFrame(frame: Frame): Uint8Array {
  switch (frame.type) {
    case 'accept':
      return Buffer.concat([Uint8Array.of(ACCEPT, 0), Buffer.from(frame.token)]);
    case 'data':
      return encodeData(frame.channel, frame.sequence, frame.data);
    case 'end':
      return withHeader(END, frame.channel, frame.sequence, nothing);
    case 'close':
      return withHeader(
        CLOSE,
        0,
        frame.sequence,
        frame.status === undefined ? nothing : Buffer.from(JSON.stringify(frame.status)),
      );
    case 'state': {
      const buffer = Buffer.allocUnsafe(HEADER_BYTES + 8);
      buffer[0] = STATE;
      buffer[1] = 0;
      buffer.writeUInt32BE(frame.next, 2);
      buffer.writeDoubleBE(frame.taken, HEADER_BYTES);
      return buffer;
    }
  }
}

export const encodeData = (channel: number, sequence: number, data: Uint8Array): Uint8Array =>
  withHeader(DATA, channel, sequence, data);

/** Makes a frame of data of a buffer that has it behind HEADER_BYTES. */
export const writeDataHeader = (buffer: Buffer, channel: number, sequence: number): void =>
  writeHeader(buffer, DATA, channel, sequence);

function withHeader(type: number, channel: number, sequence: number, data: Uint8Array): Uint8Array {
  const buffer = Buffer.allocUnsafe(HEADER_BYTES + data.length);
  writeHeader(buffer, type, channel, sequence);
  buffer.set(data, HEADER_BYTES);
  return buffer;
}

function writeHeader(buffer: Buffer, type: number, channel: number, sequence: number): void {
  buffer[0] = type;
  buffer[1] = channel;
  buffer.writeUInt32BE(sequence, 2);
}

/** Undefined for what is no frame. `data` is a view of `bytes`. */
export function decodeFrame(bytes: Uint8Array): Frame | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const channel = buffer[1];
  if (channel === undefined) return undefined;
  if (buffer[0] === ACCEPT) return { type: 'accept', token: buffer.toString('latin1', 2) };
  if (buffer.length < HEADER_BYTES) return undefined;
  const number = buffer.readUInt32BE(2);
  switch (buffer[0]) {
    case DATA:
      return { type: 'data', channel, sequence: number, data: bytes.subarray(HEADER_BYTES) };
    case END:
      return { type: 'end', channel, sequence: number };
    case STATE:
      return stateFrame(number, buffer);
    case CLOSE:
      return closeFrame(number, buffer.toString('utf8', HEADER_BYTES));
    default:
      return undefined;
  }
}

/** A number that is none would never leave room for more. */
function stateFrame(next: number, buffer: Buffer): Frame | undefined {
  if (buffer.length < HEADER_BYTES + 8) return undefined;
  const taken = buffer.readDoubleBE(HEADER_BYTES);
  return Number.isFinite(taken) ? { type: 'state', next, taken } : undefined;
}

function closeFrame(sequence: number, text: string): Frame | undefined {
  if (text === '') return { type: 'close', sequence };
  try {
    const status: unknown = JSON.parse(text);
    if (typeof status !== 'object' || status === null) return undefined;
    return { type: 'close', sequence, status: status as Status };
  } catch {
    return undefined;
  }
}
