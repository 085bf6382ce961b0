import { describe, expect, it } from 'vitest';
import { Gathered } from './gathered.ts';

function gathering(messageBytes = 4) {
  const messages: string[] = [];
  const gathered = new Gathered(messageBytes, (channel, parts) => messages.push(`${channel}:${Buffer.concat(parts)}`));
  return { gathered, messages };
}

const turnEnds = () => new Promise((resolve) => setImmediate(resolve));

describe('gathered bytes', () => {
  it('share a message when they come in one turn, and leave at its end', async () => {
    const { gathered, messages } = gathering();
    gathered.add(1, Buffer.from('a'));
    gathered.add(1, Buffer.from('bcdef'));
    expect(messages).toEqual([]);
    await turnEnds();
    gathered.add(1, Buffer.from('g'));
    await turnEnds();
    expect(messages).toEqual(['1:abcd', '1:ef', '1:g']);
  });

  it('leave before those of another channel', async () => {
    const { gathered, messages } = gathering();
    gathered.add(1, Buffer.from('a'));
    gathered.add(2, Buffer.from('b'));
    gathered.add(1, Buffer.from('c'));
    await turnEnds();
    expect(messages).toEqual(['1:a', '2:b', '1:c']);
  });

  it('leave at once when they are many, and never when they are discarded', async () => {
    const { gathered, messages } = gathering(32 * 1024);
    gathered.add(1, Buffer.alloc(512 * 1024));
    expect(messages).toHaveLength(16);
    gathered.add(1, Buffer.from('a'));
    gathered.discard();
    await turnEnds();
    expect(messages).toHaveLength(16);
  });
});
