import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StatusError } from '../../errors/index.ts';
import { decodeFrame, encodeFrame, type Frame } from './frame.ts';
import { Link, type LinkLimits } from './link.ts';

/** Two links joined by a wire that may drop messages. */
function pair(limits: LinkLimits = {}, drop: (frame: Frame | undefined) => boolean = () => false) {
  const released: string[] = [];
  const side = (name: string, other: () => Link): Link =>
    new Link(
      {
        publish: (bytes) => queueMicrotask(() => !drop(decodeFrame(bytes)) && other().receive(bytes)),
        release: () => released.push(name),
      },
      limits,
    );
  const a: Link = side('a', () => b);
  const b: Link = side('b', () => a);
  return { a, b, released };
}

const text = (bytes: Uint8Array | undefined) => (bytes === undefined ? undefined : Buffer.from(bytes).toString());

async function collect(link: Link): Promise<(string | undefined)[]> {
  const seen: (string | undefined)[] = [];
  for await (const { channel, data } of link.incoming) seen.push(`${channel}:${text(data) ?? 'end'}`);
  return seen;
}

describe('frames', () => {
  it.each([
    { type: 'accept', token: 'abc' },
    { type: 'data', channel: 2, sequence: 2 ** 32 - 1, data: Uint8Array.of(1, 2) },
    { type: 'end', channel: 255, sequence: 7 },
    { type: 'state', next: 3, taken: 2 ** 40 },
    { type: 'close', sequence: 1 },
    { type: 'close', sequence: 1, status: new StatusError('NotFound', 'ä').toStatus() },
  ] satisfies Frame[])('come back: %j', (frame) => {
    const back = decodeFrame(encodeFrame(frame));
    expect({ ...back, ...(back?.type === 'data' ? { data: Uint8Array.from(back.data) } : {}) }).toEqual(frame);
  });

  it('are not made of other bytes', () => {
    for (const bytes of [
      '',
      'x',
      '{"code":200}',
      '\x02\x00',
      '\x04\x00\x00\x00\x00\x01',
      '\x05\x00\x00\x00\x00\x01{',
      '\x05\x00\x00\x00\x00\x01null',
    ])
      expect(decodeFrame(Buffer.from(bytes, 'latin1'))).toBeUndefined();
  });
});

describe('a link', () => {
  it('carries channels in order, their ends, and the status of the close', async () => {
    const { a, b, released } = pair();
    await a.send(1, Buffer.from('out'));
    await a.send(2, Buffer.from('err'));
    await a.end(1);
    await b.send(0, Buffer.from('in'));
    const status = new StatusError('Conflict', 'why').toStatus();
    const seen = collect(b);
    await a.close(status);
    expect(await seen).toEqual(['1:out', '2:err', '1:end']);
    expect(await b.closed).toEqual(status);
    expect(released).toEqual(['a', 'b']);
    await expect(b.send(0, Buffer.from('x'))).rejects.toThrow('why');
  });

  it('delivers any bytes whole and in order, in pieces no larger than a frame, within the window', async () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 5_000 }), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(sizes, async (lengths) => {
        const { a, b } = pair({ windowBytes: 3_000, frameBytes: 1_000 });
        const sent = Buffer.concat(lengths.map((length, i) => Buffer.alloc(length, i)));
        const sends = lengths.map((length, i) => a.send(0, Buffer.alloc(length, i)));
        const closing = Promise.all(sends).then(() => a.close());
        const parts: Uint8Array[] = [];
        for await (const { data } of b.incoming) {
          expect(data?.length).toBeLessThanOrEqual(1_000);
          parts.push(data ?? Buffer.alloc(0));
        }
        await closing;
        expect(Buffer.concat(parts).equals(sent)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('waits for the other side to take what is under way', async () => {
    const { a, b } = pair({ windowBytes: 10, frameBytes: 10 });
    await a.send(0, Buffer.alloc(10));
    let sent = false;
    const second = a.send(0, Buffer.alloc(10)).then(() => {
      sent = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(sent).toBe(false);
    await b.incoming[Symbol.asyncIterator]().next();
    await second;
    await a.close();
  });

  it('gives what arrived before the close', async () => {
    const { a, b } = pair();
    await a.send(0, Buffer.from('last words'));
    await a.close();
    await b.closed;
    expect(await collect(b)).toEqual(['0:last words']);
  });

  it('ends on both sides with an error when a message is missing in the middle', async () => {
    let count = 0;
    const { a, b } = pair({}, (frame) => frame?.type === 'data' && ++count === 2);
    for (const word of ['one', 'two', 'three']) await a.send(0, Buffer.from(word));
    await expect(collect(b)).rejects.toThrow(/message 1 is missing/);
    expect(await a.closed).toMatchObject({ reason: 'ServiceUnavailable' });
  });

  it('notices that the last message is missing', async () => {
    const { a, b } = pair({ heartbeatMs: 20 }, (frame) => frame?.type === 'data');
    await a.send(0, Buffer.from('lost'));
    await expect(collect(b)).rejects.toThrow(/message 0 is missing/);
  });

  it('survives lost credit', async () => {
    let count = 0;
    const { a, b } = pair(
      { windowBytes: 4, frameBytes: 4, heartbeatMs: 20 },
      (f) => f?.type === 'state' && ++count === 1,
    );
    const seen = collect(b);
    for (let i = 0; i < 4; i++) await a.send(0, Buffer.from('four'));
    await a.close();
    expect(await seen).toHaveLength(4);
  });

  it('ends when nothing is heard', async () => {
    const { b } = pair({ heartbeatMs: 20 }, () => true);
    await expect(collect(b)).rejects.toThrow(/nothing was heard for 60 ms/);
  });

  it('ends when the other side is gone, and when it speaks nonsense', async () => {
    const first = pair();
    first.a.peerGone();
    await expect(collect(first.a)).rejects.toThrow(/is gone/);
    const second = pair();
    second.a.receive(Buffer.from('nonsense'));
    await expect(collect(second.a)).rejects.toThrow(/no frame/);
  });

  it('keeps what its consumer did not take for when it comes back, and can still be answered on', async () => {
    const { a, b } = pair();
    for (const word of ['one', 'two']) await a.send(0, Buffer.from(word));
    await new Promise((resolve) => setImmediate(resolve));
    for await (const _ of b.incoming) break;
    await b.send(1, Buffer.from('answer'));
    await a.close();
    expect(await collect(b)).toEqual(['0:two']);
    expect(await collect(a)).toEqual(['1:answer']);
  });
});

/** Anything, and what begins as a frame does. */
const hostile = fc.oneof(
  fc.uint8Array({ maxLength: 64 }),
  fc
    .tuple(fc.integer({ min: 0, max: 6 }), fc.nat(255), fc.nat(3), fc.uint8Array({ maxLength: 20 }))
    .map(([type, channel, sequence, rest]) => Uint8Array.of(type, channel, 0, 0, 0, sequence, ...rest)),
  fc
    .tuple(fc.nat(3), fc.json())
    .map(([sequence, json]) => Uint8Array.of(5, 0, 0, 0, 0, sequence, ...Buffer.from(json))),
);

it('survives whatever the other side sends, and ends rather than wait for ever', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(hostile, { maxLength: 12 }), async (messages) => {
      let released = 0;
      const release = () => {
        released += 1;
      };
      const link = new Link({ publish: () => undefined, release }, { windowBytes: 8 });
      const reading = collect(link).catch(() => undefined);
      const sending = link.send(0, new Uint8Array(64)).catch(() => undefined);
      for (const message of messages) link.receive(message);
      // The silence of such a side ends it, as a close does.
      link.peerGone();
      await Promise.all([reading, sending, link.closed]);
      expect(released).toBe(1);
    }),
    { numRuns: 300 },
  );
});

it('takes no number that is none for what the other side has taken', () => {
  const frame = Buffer.from(encodeFrame({ type: 'state', next: 0, taken: 0 }));
  for (const taken of [Number.NaN, Number.POSITIVE_INFINITY]) {
    frame.writeDoubleBE(taken, 6);
    expect(decodeFrame(frame)).toBeUndefined();
  }
});
