import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HEADER_BYTES } from './frame.ts';
import { Link } from './link.ts';
import { Outgoing } from './outgoing.ts';

function going(dataBytes = 4) {
  const messages: string[] = [];
  const outgoing = new Outgoing(dataBytes, (channel, message) =>
    messages.push(`${channel}:${message.toString('latin1', HEADER_BYTES)}`),
  );
  return { outgoing, messages };
}

const turnEnds = () => new Promise((resolve) => setImmediate(resolve));

describe('outgoing bytes', () => {
  it('share a message when they come in one turn, and leave at its end', async () => {
    const { outgoing, messages } = going();
    outgoing.add(1, Buffer.from('a'));
    outgoing.add(1, Buffer.from('bcdef'));
    expect(messages).toEqual([]);
    await turnEnds();
    outgoing.add(1, Buffer.from('g'));
    await turnEnds();
    expect(messages).toEqual(['1:abcd', '1:ef', '1:g']);
  });

  it('leave as they were when they were added', async () => {
    const { outgoing, messages } = going(5_000);
    const [text, memory] = ['x'.repeat(600), Buffer.alloc(600, 'x')];
    for (let i = 0; i < 10; i += 1) {
      memory.fill('x');
      outgoing.add(1, memory);
      memory.fill('y');
    }
    await turnEnds();
    expect(messages).toEqual([`1:${text.repeat(8)}${text.slice(0, 200)}`, `1:${text.slice(200)}${text}`]);
  });

  it('leave before those of another channel', async () => {
    const { outgoing, messages } = going();
    outgoing.add(1, Buffer.from('a'));
    outgoing.add(2, Buffer.from('b'));
    outgoing.add(1, Buffer.from('c'));
    await turnEnds();
    expect(messages).toEqual(['1:a', '2:b', '1:c']);
  });

  it('leave at once when they are many, and never when they are discarded', async () => {
    const { outgoing, messages } = going(32 * 1024);
    outgoing.add(1, Buffer.alloc(256 * 1024));
    expect(messages).toHaveLength(8);
    outgoing.add(1, Buffer.from('a'));
    outgoing.discard();
    await turnEnds();
    expect(messages).toHaveLength(8);
  });
});

/** Two links of bytes, joined by a wire. */
function pair() {
  let messages = 0;
  const side = (other: () => Link): Link =>
    new Link(
      {
        publish: (bytes) => {
          messages += 1;
          queueMicrotask(() => other().receive(bytes));
        },
        release: () => undefined,
      },
      { gather: new Set([1, 2]), frameBytes: 1_000, windowBytes: 3_000 },
    );
  const a: Link = side(() => b);
  const b: Link = side(() => a);
  return { a, b, messages: () => messages };
}

describe('a link of bytes', () => {
  it('sends what comes in one turn in one message, before the end of its channel', async () => {
    const { a, b, messages } = pair();
    for (const word of ['one', 'two', 'three']) await a.send(1, Buffer.from(word));
    await a.end(1);
    expect(messages()).toBe(2);
    await a.close();
    const seen: string[] = [];
    for await (const { data } of b.incoming) seen.push(data === undefined ? 'end' : Buffer.from(data).toString());
    expect(seen).toEqual(['onetwothree', 'end']);
  });

  it('keeps messages of other channels whole, behind the bytes that were sent before', async () => {
    const { a, b } = pair();
    await a.send(1, Buffer.from('bytes'));
    for (const size of ['first', 'second']) await a.send(4, Buffer.from(size));
    await a.close();
    const seen: string[] = [];
    for await (const { channel, data } of b.incoming) seen.push(`${channel}:${Buffer.from(data ?? []).toString()}`);
    expect(seen).toEqual(['1:bytes', '4:first', '4:second']);
  });

  it('delivers the bytes of each channel whole and in order, in pieces no larger than a frame, within the window', async () => {
    const sends = fc.array(fc.record({ channel: fc.integer({ min: 1, max: 2 }), length: fc.nat(5_000) }), {
      maxLength: 30,
    });
    await fc.assert(
      fc.asyncProperty(sends, async (list) => {
        const { a, b } = pair();
        const sent = list.map(({ channel, length }, i) => ({ channel, data: Buffer.alloc(length, i + 1) }));
        const sending = Promise.all(sent.map(({ channel, data }) => a.send(channel, data))).then(() => a.close());
        const got = new Map<number, Uint8Array[]>();
        for await (const { channel, data = new Uint8Array() } of b.incoming) {
          expect(data.length).toBeLessThanOrEqual(1_000);
          got.set(channel, [...(got.get(channel) ?? []), data]);
        }
        await sending;
        for (const channel of [1, 2]) {
          const whole = Buffer.concat(sent.filter((one) => one.channel === channel).map(({ data }) => data));
          expect(Buffer.concat(got.get(channel) ?? []).equals(whole)).toBe(true);
        }
      }),
      { numRuns: 30 },
    );
  });
});
