import { CHANNEL, type ChannelItem } from './channels.ts';
import { frameOf, OPCODE } from './websocket-frame.ts';

/** How a piece of a channel is a message of a WebSocket (Kubernetes: apimachinery wsstream). */
export interface ChannelCodec {
  /** The message as it is written to the connection. The piece may come in parts. */
  encode(channel: number, parts: readonly Uint8Array[]): Buffer;
  /** Undefined for what says nothing. */
  decode(message: Buffer): ChannelItem | undefined;
}

/** A byte for the channel, then the data. */
const binary: ChannelCodec = {
  encode: (channel, parts) => frameOf(OPCODE.binary, [Uint8Array.of(channel), ...parts]),
  decode: (message) => {
    const [channel, closed] = message;
    if (channel === undefined) return undefined;
    if (channel !== CHANNEL.close) return { channel, data: message.subarray(1) };
    return closed === undefined ? undefined : { channel: closed };
  },
};

const ZERO = 0x30;

/** Text for clients that have no bytes: a digit for the channel, then the data in base64. */
const base64: ChannelCodec = {
  encode: (channel, parts) =>
    frameOf(OPCODE.text, [Buffer.from(String.fromCharCode(ZERO + channel) + Buffer.concat(parts).toString('base64'))]),
  decode: (message) => {
    const [digit] = message;
    if (digit === undefined || digit < ZERO) return undefined;
    return { channel: digit - ZERO, data: Buffer.from(message.toString('latin1', 1), 'base64') };
  },
};

export const codecOf = (protocol: string): ChannelCodec =>
  protocol.endsWith('base64.channel.k8s.io') ? base64 : binary;
