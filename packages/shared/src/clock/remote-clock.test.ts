import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RemoteClock } from './remote-clock.ts';

describe('the clock of another machine', () => {
  it('is not known before it has said anything', () => {
    expect(new RemoteClock().at(0)).toBeUndefined();
  });

  it('is never ahead of what it really shows, and behind by no more than the way took', () => {
    const way = fc.record({ wait: fc.nat(60_000), there: fc.nat(3_000), back: fc.nat(3_000) });
    fc.assert(
      fc.property(fc.nat(1e12), fc.array(way, { minLength: 1 }), fc.nat(60_000), (offset, ways, later) => {
        const clock = new RemoteClock();
        let now = 0;
        for (const { wait, there, back } of ways) {
          const sentAt = now + wait;
          now = sentAt + there + back;
          clock.observe(sentAt, offset + sentAt + there, now);
        }
        const shown = clock.at(now + later) ?? Number.NaN;
        expect(shown).toBeLessThanOrEqual(offset + now + later);
        expect(shown).toBeGreaterThanOrEqual(offset + now + later - 6_000);
      }),
    );
  });

  it('is followed when it is set, in either direction', () => {
    const clock = new RemoteClock();
    clock.observe(0, 1_000_000, 10);
    clock.observe(1_000, 1_121_000, 1_200);
    expect(clock.at(1_200)).toBe(1_121_000);
    clock.observe(2_000, 900_000, 2_500);
    expect(clock.at(2_500)).toBe(900_000);
  });

  it('is not taken from an answer that was long on its way, while there is a better one', () => {
    const clock = new RemoteClock();
    clock.observe(0, 1_000_005, 10);
    clock.observe(1_000, 1_001_001, 3_000);
    expect(clock.at(3_000)).toBe(1_002_995);
    clock.observe(40_000, 1_040_001, 41_000);
    expect(clock.at(41_000)).toBe(1_040_001);
  });
});
