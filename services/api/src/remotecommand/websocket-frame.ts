/** Kinds of a message of a WebSocket (RFC 6455, 5.2). */
export const OPCODE = { text: 1, binary: 2 } as const;

/**
 * A message of a server in one piece. The WebSocket library writes the head and the data of a message one by one, which TLS then puts together in memory that is new each time; of messages
 * that are put together here anyway this is a copy of everything.
 */
export function frameOf(opcode: number, parts: readonly Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const headBytes = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(headBytes + length);
  frame[0] = FIN | opcode;
  if (headBytes === 2) frame[1] = length;
  else if (headBytes === 4) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  let at = headBytes;
  for (const part of parts) {
    frame.set(part, at);
    at += part.length;
  }
  return frame;
}

/** The message has one frame. */
const FIN = 0x80;
