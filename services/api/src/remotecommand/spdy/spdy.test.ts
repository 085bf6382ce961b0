import { Duplex } from 'node:stream';
import { constants, deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { dictionary } from './dictionary.ts';
import { controlFrame, dataFrame, FLAG_FIN, type Frame, FrameReader, TYPE, words } from './frames.ts';
import { HeaderCodec } from './header-codec.ts';
import { SpdyConnection } from './index.ts';

it('primes compression with the dictionary that every SPDY/3 block names', () => {
  let [low, high] = [1, 0];
  for (const byte of dictionary) {
    low = (low + byte) % 65_521;
    high = (high + low) % 65_521;
  }
  expect((high * 65_536 + low).toString(16)).toBe('e3c6a7c2');
});

/** Data as the stream's reader sees it: where its pieces are cut says nothing, where it ends does. */
function joined(frames: readonly Frame[]): Frame[] {
  const seen: Frame[] = [];
  for (const frame of frames) {
    const before = seen.at(-1);
    const goesOn = frame.type === 'data' && before?.type === 'data' && before.stream === frame.stream && !before.fin;
    if (goesOn) seen[seen.length - 1] = { ...frame, payload: Buffer.concat([before.payload, frame.payload]) };
    else seen.push(frame);
  }
  return seen;
}

it('reads the same frames however the bytes are cut', () => {
  const frame = fc.oneof(
    fc
      .record({ id: fc.nat(), data: fc.uint8Array(), fin: fc.boolean() })
      .map(({ id, data, fin }) => dataFrame(id, data, fin)),
    fc
      .record({ type: fc.nat(20), data: fc.uint8Array(), flags: fc.nat(3) })
      .map((c) => controlFrame(c.type, c.data, c.flags)),
  );
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 8 }), fc.integer({ min: 1, max: 40 }), (frames, size) => {
      const bytes = Buffer.concat(frames);
      const whole = [...new FrameReader().push(bytes)];
      const reader = new FrameReader();
      const cut: Frame[] = [];
      for (let at = 0; at < bytes.length; at += size) cut.push(...reader.push(bytes.subarray(at, at + size)));
      expect(whole).toHaveLength(frames.length);
      expect(joined(cut)).toEqual(joined(whole));
    }),
  );
});

it('hands data on as it comes, and its end with the last of it', () => {
  const reader = new FrameReader();
  const frame = dataFrame(3, Buffer.from('abcdef'), true);
  const pieces = [frame.subarray(0, 5), frame.subarray(5, 10), frame.subarray(10)].map((cut) => [...reader.push(cut)]);
  const piece = (text: string, fin: boolean) => ({ type: 'data', stream: 3, fin, payload: Buffer.from(text) });
  expect(pieces).toEqual([[], [piece('ab', false)], [piece('cdef', true)]]);
});

it('keeps the state of compression over blocks', async () => {
  const [ours, theirs] = [new HeaderCodec(), new HeaderCodec()];
  for (const type of ['error', 'stdin', 'stdout']) {
    const headers = new Map([
      ['streamtype', type],
      ['port', '80'],
    ]);
    expect(await theirs.decode(await ours.encode(headers))).toEqual(headers);
  }
});

it('refuses a block that unpacks to more than any headers', async () => {
  const bomb = deflateSync(Buffer.alloc(16 * 1024 * 1024), { dictionary, finishFlush: constants.Z_SYNC_FLUSH });
  await expect(new HeaderCodec().decode(bomb)).rejects.toThrow('a header block is too long');
});

/** A socket of which the test sees both sides. */
function socketPair(): { socket: Duplex; written: Buffer[]; receive(chunk: Buffer): void } {
  const written: Buffer[] = [];
  const socket = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      written.push(chunk);
      done();
    },
  });
  return { socket, written, receive: (chunk) => void socket.push(chunk) };
}

async function synStream(codec: HeaderCodec, id: number, fin = false): Promise<Buffer> {
  const block = await codec.encode(new Map([['streamtype', 'data']]));
  return controlFrame(TYPE.synStream, Buffer.concat([words(id, 0), Buffer.alloc(2), block]), fin ? FLAG_FIN : 0);
}

it('answers pings, opens streams and gives their data, for which it sends nothing back', async () => {
  const { socket, written, receive } = socketPair();
  const connection = new SpdyConnection(socket, { head: controlFrame(TYPE.ping, words(1)) });
  const codec = new HeaderCodec();
  receive(await synStream(codec, 1));
  receive(dataFrame(1, Buffer.from('abc'), false));
  receive(dataFrame(1, Buffer.from('def'), true));
  for await (const stream of connection.streams) {
    expect(stream.headers.get('streamtype')).toBe('data');
    const chunks: string[] = [];
    for await (const chunk of stream.incoming) chunks.push(chunk.toString());
    expect(chunks).toEqual(['abc', 'def']);
    break;
  }
  const replies = [...new FrameReader().push(Buffer.concat(written))].map((f) =>
    f.type === 'control' ? f.control : 0,
  );
  expect(replies).toEqual([TYPE.ping, TYPE.synReply]);
  connection.end();
});

it('refuses more streams than it holds', async () => {
  const { socket, written, receive } = socketPair();
  const connection = new SpdyConnection(socket, { maxStreams: 1 });
  const codec = new HeaderCodec();
  receive(await synStream(codec, 1));
  receive(await synStream(codec, 3));
  receive(controlFrame(TYPE.ping, words(7)));
  socket.push(null);
  await connection.closed;
  const controls = [...new FrameReader().push(Buffer.concat(written))].map((f) =>
    f.type === 'control' ? f.control : 0,
  );
  expect(controls).toEqual([TYPE.synReply, TYPE.rstStream, TYPE.ping]);
});

it('ends at bytes that are no SPDY, whatever they are', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      const { socket, receive } = socketPair();
      const connection = new SpdyConnection(socket);
      receive(Buffer.from(bytes));
      socket.push(null);
      await connection.closed;
      for await (const _stream of connection.streams) void _stream;
    }),
    { numRuns: 200 },
  );
});
