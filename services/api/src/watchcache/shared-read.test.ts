import { describe, expect, it } from 'vitest';
import { SharedRead } from './shared-read.ts';

/** A read that ends when it is told to, with how many began before it. */
function controlled() {
  const reads: PromiseWithResolvers<number>[] = [];
  const shared = new SharedRead(() => {
    const read = Promise.withResolvers<number>();
    reads.push(read);
    return read.promise;
  });
  return { shared, reads };
}

describe('a shared read', () => {
  it('is one for all who ask while another is under way, and begins after it', async () => {
    const { shared, reads } = controlled();
    const first = shared.get();
    const others = [shared.get(), shared.get(), shared.get()];
    expect(reads).toHaveLength(1);
    reads[0]?.resolve(1);
    expect(await first).toBe(1);
    await expect.poll(() => reads.length).toBe(2);
    reads[1]?.resolve(2);
    expect(await Promise.all(others)).toEqual([2, 2, 2]);
  });

  it('begins at once when nothing is under way', async () => {
    const { shared, reads } = controlled();
    for (const value of [1, 2]) {
      const read = shared.get();
      reads.at(-1)?.resolve(value);
      expect(await read).toBe(value);
    }
  });

  it('that fails fails for those who shared it alone', async () => {
    const { shared, reads } = controlled();
    const first = shared.get();
    const second = shared.get();
    reads[0]?.reject(new Error('broken'));
    await expect(first).rejects.toThrow('broken');
    await expect.poll(() => reads.length).toBe(2);
    reads[1]?.resolve(2);
    expect(await second).toBe(2);
  });
});
