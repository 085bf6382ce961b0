import { createHash } from 'node:crypto';
import { startNats, type TestServer } from '@kubus/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectBus } from './connect.ts';
import { Slab } from './large-reads.ts';

let nats: TestServer;
beforeAll(async () => {
  nats = await startNats();
});
afterAll(() => nats?.stop());

it('what was read stays as it is, however much is read after it', () => {
  const reads = fc.array(fc.oneof(fc.integer({ min: 1, max: 20_000 }), fc.integer({ min: 1, max: 128 * 1024 })), {
    maxLength: 40,
  });
  fc.assert(
    fc.property(reads, (lengths) => {
      const slab = new Slab();
      const taken = lengths.map((length, i) => {
        slab.room().fill(i, 0, length);
        return slab.take(length);
      });
      expect(taken.map(({ length }) => length)).toEqual(lengths);
      expect(taken.every((bytes, i) => bytes.every((byte) => byte === i))).toBe(true);
    }),
    { numRuns: 20 },
  );
});

it('what is kept of a small read does not keep a slab', () => {
  const slab = new Slab();
  slab.room();
  expect(slab.take(10_000).buffer.byteLength).toBeLessThanOrEqual(Buffer.poolSize);
});

it('messages of all sizes come whole and in order, also over a connection that was lost and made anew', async () => {
  const to = await connectBus({ servers: nats.url, identity: { kind: 'service', name: 'api' }, reconnectMs: 10 });
  const from = await connectBus({ servers: nats.url, identity: { kind: 'node', name: 'n1' }, reconnectMs: 10 });
  try {
    await carries();
    const again = [to, from].map((connection) => reconnected(connection));
    await nats.restart();
    await Promise.all(again);
    await carries();
  } finally {
    await Promise.all([to.close(), from.close()]);
  }

  async function carries(): Promise<void> {
    const lengths = Array.from({ length: 400 }, (_, i) => (i % 4 === 0 ? 32 * 1024 : (i * 7919) % 90_000));
    const subscription = to.subscribe('bytes', { max: lengths.length });
    await to.flush();
    const sent = lengths.map((length, i) => Buffer.alloc(length, `${i},`));
    for (const bytes of sent) from.publish('bytes', bytes);
    const got: Uint8Array[] = [];
    for await (const { data } of subscription) got.push(data);
    expect(got.map(({ length }) => length)).toEqual(lengths);
    expect(got.map(digest)).toEqual(sent.map(digest));
  }
});

const digest = (bytes: Uint8Array) => createHash('sha1').update(bytes).digest('hex');

async function reconnected(connection: Awaited<ReturnType<typeof connectBus>>): Promise<void> {
  for await (const { type } of connection.status()) if (type === 'reconnect') return;
}
