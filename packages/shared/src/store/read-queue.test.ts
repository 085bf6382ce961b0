import { expect, it } from 'vitest';
import { ReadQueue } from './read-queue.ts';

/** Hashes whose members are their own values; 'none' is missing, and the hash 'broken' cannot be read. */
function setUp() {
  const commands: [hash: string, members: string[]][] = [];
  const queue = new ReadQueue(async (hash, members) => {
    commands.push([hash, members]);
    if (hash === 'broken') throw new Error('no');
    return members.map((member) => (member === 'none' ? null : `${hash}/${member}`));
  });
  return { queue, commands };
}

it('asks for what one turn wants in one command per hash, and for each member once', async () => {
  const { queue, commands } = setUp();
  const wanted = [queue.get('a', '1'), queue.get('a', 'none'), queue.get('b', '1'), queue.get('a', '1')];
  expect(await Promise.all(wanted)).toEqual(['a/1', null, 'b/1', 'a/1']);
  expect(commands).toEqual([
    ['a', ['1', 'none']],
    ['b', ['1']],
  ]);
});

it('answers no call from a command that went out before it', async () => {
  const { queue, commands } = setUp();
  const first = queue.get('a', '1');
  await new Promise((resolve) => setImmediate(resolve));
  const second = queue.get('a', '1');
  await Promise.all([first, second]);
  expect(commands).toEqual([
    ['a', ['1']],
    ['a', ['1']],
  ]);
});

it('fails those alone whose hash cannot be read', async () => {
  const { queue } = setUp();
  const [broken, again, whole] = await Promise.allSettled([
    queue.get('broken', '1'),
    queue.get('broken', '1'),
    queue.get('a', '1'),
  ]);
  expect([broken.status, again.status, whole.status]).toEqual(['rejected', 'rejected', 'fulfilled']);
});
