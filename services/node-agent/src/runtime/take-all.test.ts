import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { takeAll } from './take-all.ts';

it('hands on everything, and ends when the last chunk has been taken', async () => {
  const taken: string[] = [];
  const broken = await takeAll(Readable.from(['a', 'b', 'c']), async (chunk) => {
    await new Promise((resolve) => setImmediate(resolve));
    taken.push(`${chunk}`);
  });
  expect(broken).toBeUndefined();
  expect(taken).toEqual(['a', 'b', 'c']);
});

it('holds back what nobody takes', async () => {
  const source = new PassThrough({ highWaterMark: 10 });
  const room = Promise.withResolvers<void>();
  let taken = 0;
  const all = takeAll(source, (chunk) => {
    taken += chunk.length;
    return room.promise;
  });
  let sent = 0;
  for (; source.write(Buffer.alloc(1)); sent += 1) await new Promise((resolve) => setImmediate(resolve));
  expect(taken).toBe(2);
  expect(sent).toBeLessThan(100);
  room.resolve();
  await once(source, 'drain');
  source.end();
  expect(await all).toBeUndefined();
  expect(taken).toBe(sent + 1);
});

it('rests after a turn when its pace says so, and goes on', async () => {
  const source = new PassThrough();
  const events: string[] = [];
  const take = async (chunk: Buffer): Promise<void> => void events.push(`${chunk}`);
  const all = takeAll(source, take, { restsAfter: (bytes) => bytes > 2 });
  source.once('pause', () => {
    events.push('rest');
    source.end('de');
  });
  source.write('abc');
  expect(await all).toBeUndefined();
  expect(events).toEqual(['abc', 'rest', 'de']);
});

it('tells how its source broke, and breaks it when something cannot be taken', async () => {
  const breaking = new PassThrough();
  const broken = takeAll(breaking, async () => undefined);
  breaking.destroy(new Error('reset'));
  expect((await broken)?.message).toBe('reset');
  const refused = new PassThrough();
  const all = takeAll(refused, () => Promise.reject(new Error('gone')));
  refused.write('a');
  await expect(all).rejects.toThrow('gone');
  expect(refused.destroyed).toBe(true);
});
