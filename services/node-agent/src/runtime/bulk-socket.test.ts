import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@kubus/testkit';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BulkSocket } from './bulk-socket.ts';

const path = join(tmpdir(), `kubus-bulk-${process.pid}`);
let server: Server;

beforeAll(async () => {
  server = createServer({ allowHalfOpen: true }).listen(path);
  await once(server, 'listening');
});
afterAll(() => {
  server.close();
});

const never = { restsAfter: () => false };

/** A connection, and its other end. */
async function connected(pace?: ConstructorParameters<typeof BulkSocket>[1]): Promise<[BulkSocket, Socket]> {
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const bulk = new BulkSocket({ path }, pace);
  return [bulk, (await accepted)[0]];
}

it('hands on all bytes in their order, however they come', async () => {
  const sizes = fc.array(fc.oneof(fc.nat(100), fc.nat(400_000)), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(sizes, async (lengths) => {
      const [bulk, other] = await connected();
      const pieces = lengths.map((length, i) => Buffer.alloc(length, i + 1));
      const sent = Buffer.concat(pieces);
      for (const piece of pieces) other.write(piece);
      other.end();
      const taken: Buffer[] = [];
      const broken = await bulk.takeAll(async (chunk) => {
        taken.push(Buffer.from(chunk));
        if (taken.length % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
      });
      expect(broken).toBeUndefined();
      expect(Buffer.concat(taken).equals(sent)).toBe(true);
    }),
    { numRuns: 20 },
  );
});

it('reads nothing while the last chunk has not been taken, nor before somebody takes', async () => {
  const [bulk, other] = await connected(never);
  const sent = Buffer.alloc(8 * 2 ** 20, 1);
  other.write(sent);
  other.end();
  await eventually(() => expect(other.writableLength).toBeGreaterThan(0));
  let [taking, taken] = [0, 0];
  const room = Promise.withResolvers<void>();
  const all = bulk.takeAll(async (chunk) => {
    taking += 1;
    await room.promise;
    taken += chunk.length;
    taking -= 1;
  });
  await eventually(() => expect(taking).toBe(1));
  expect(other.writableLength).toBeGreaterThan(0);
  room.resolve();
  expect(await all).toBeUndefined();
  expect(taken).toBe(sent.length);
});

it('rests after a read when its pace says so, and goes on', async () => {
  const rested: number[] = [];
  const [bulk, other] = await connected({ restsAfter: (bytes) => rested.push(bytes) === 1 });
  const taken: string[] = [];
  const all = bulk.takeAll(async (chunk) => {
    taken.push(`${chunk}`);
    if (taken.length === 1) other.end('de');
  });
  other.write('abc');
  expect(await all).toBeUndefined();
  expect(taken).toEqual(['abc', 'de']);
  expect(rested).toEqual([3, 2]);
});

it('ends what is written alone', async () => {
  const [bulk, other] = await connected();
  const taken: string[] = [];
  const all = bulk.takeAll(async (chunk) => void taken.push(`${chunk}`));
  await bulk.write(Buffer.from('question'));
  bulk.end();
  other.setEncoding('utf8');
  let asked = '';
  for await (const chunk of other as AsyncIterable<string>) asked += chunk;
  other.end(`answer to ${asked}`);
  expect(await all).toBeUndefined();
  expect(taken.join('')).toBe('answer to question');
});

it('tells how it broke, and breaks when something cannot be taken', async () => {
  const [breaking] = await connected();
  const broken = breaking.takeAll(async () => undefined);
  breaking.destroy();
  expect(await broken).toBeInstanceOf(Error);
  const [refused, other] = await connected();
  const closed = once(other, 'close');
  other.on('error', () => undefined);
  const all = refused.takeAll(() => Promise.reject(new Error('gone')));
  other.write('a');
  await expect(all).rejects.toThrow('gone');
  other.resume().end();
  await closed;
});

it('cannot be read where nobody listens', async () => {
  const broken = await new BulkSocket({ path: `${path}-none` }).takeAll(async () => undefined);
  expect(broken?.message).toMatch(/ENOENT/);
});
