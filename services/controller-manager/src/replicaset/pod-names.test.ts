import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextPodNames } from './pod-names.ts';

const next = (existing: string[], count: number, taken: string[] = existing, controllerUid = 'uid-1') =>
  nextPodNames({ controllerUid, prefix: 'web-7d4b9-', existing, isTaken: (name) => taken.includes(name), count });

describe('names of the next pods', () => {
  it('have five characters of the alphabet of Kubernetes after the prefix', () => {
    for (const name of next([], 50)) expect(name).toMatch(/^web-7d4b9-[bcdfghjklmnpqrstvwxz2456789]{5}$/);
  });

  it('are the same for the same pods, so that a second worker asks for the same', () => {
    expect(next([], 3)).toEqual(next([], 3));
    const [first = '', second = ''] = next([], 3);
    expect(next([first, second], 1)).toEqual(next([], 3).slice(2));
  });

  it('do not come back as long as a later pod is there', () => {
    const [first = '', second = '', third = ''] = next([], 3);
    expect(next([third], 2)).not.toContain(first);
    expect(next([third], 2)).not.toContain(second);
  });

  it('leave out names that another pod has', () => {
    const [first = '', second = ''] = next([], 2);
    expect(next([], 2, [first])[0]).toBe(second);
  });

  it('differ between controllers', () => {
    expect(next([], 1, [], 'uid-1')).not.toEqual(next([], 1, [], 'uid-2'));
  });

  it('are cut to 63 characters', () => {
    const [name = ''] = nextPodNames({
      controllerUid: 'u',
      prefix: `${'a'.repeat(80)}-`,
      existing: [],
      isTaken: () => false,
      count: 1,
    });
    expect(name).toHaveLength(63);
  });

  it('are distinct, and never ones in use, whatever pods exist', () => {
    const scenario = fc.record({
      uid: fc.uuid(),
      made: fc.integer({ min: 0, max: 60 }),
      lost: fc.array(fc.nat(59)),
      count: fc.integer({ min: 1, max: 60 }),
      foreign: fc.array(fc.stringMatching(/^web-7d4b9-[a-z0-9]{5}$/), { maxLength: 5 }),
    });
    fc.assert(
      fc.property(scenario, ({ uid, made, lost, count, foreign }) => {
        const existing = [...next([], made, [], uid).filter((_, index) => !lost.includes(index)), ...foreign];
        const names = next(existing, count, existing, uid);
        expect(new Set([...names, ...existing]).size).toBe(count + new Set(existing).size);
      }),
    );
  });
});
