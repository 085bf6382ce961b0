import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { limit } from './behavior.ts';
import {
  changed,
  formatHistory,
  type History,
  noHistory,
  parseHistory,
  recent,
  withChange,
  withRecommendation,
} from './history.ts';
import type { Autoscaler } from './types.ts';

const replicas = fc.integer({ min: 1, max: 30 });
const policy = fc.record({
  type: fc.constantFrom('Pods', 'Percent'),
  value: fc.integer({ min: 1, max: 100 }),
  periodSeconds: fc.constantFrom(15, 60, 600),
});
const rules = fc.record(
  {
    stabilizationWindowSeconds: fc.constantFrom(0, 60, 300),
    selectPolicy: fc.constantFrom('Max', 'Min', 'Disabled'),
    policies: fc.array(policy, { minLength: 1, maxLength: 2 }),
  },
  { requiredKeys: ['policies'] },
);
const behavior = fc.option(fc.record({ scaleUp: rules, scaleDown: rules }), { nil: undefined });

function autoscaler(bounds: number[], said: unknown): Autoscaler {
  const [minReplicas, maxReplicas] = [...bounds].sort((a, b) => a - b);
  return {
    spec: { minReplicas, maxReplicas, ...(said === undefined ? {} : { behavior: said }) },
  } as unknown as Autoscaler;
}

describe('what is carried out of recommendations', () => {
  it('stays within the bounds, goes no further than was asked, and is the same after a restart', () => {
    fc.assert(
      fc.property(
        fc.tuple(replicas, replicas),
        behavior,
        fc.array(fc.record({ wanted: replicas, seconds: fc.constantFrom(15, 30, 300) }), { maxLength: 30 }),
        (bounds, said, looks) => {
          const subject = autoscaler(bounds, said);
          const { minReplicas = 1, maxReplicas } = subject.spec;
          let [now, current, history]: [number, number, History] = [0, minReplicas, noHistory];
          for (const { wanted, seconds } of looks) {
            now += seconds * 1000;
            const { replicas: next } = limit(subject, current, wanted, history, now);
            expect(limit(subject, current, wanted, parseHistory(formatHistory(history)), now).replicas).toBe(next);
            expect(next).toBeGreaterThanOrEqual(minReplicas);
            expect(next).toBeLessThanOrEqual(maxReplicas);
            if (next > current) expect(next).toBeLessThanOrEqual(wanted);
            history = withRecommendation(history, wanted, now);
            if (next !== current) history = withChange(history, next - current, now);
            current = next;
          }
        },
      ),
    );
  });
});

describe('the history', () => {
  it('knows of what held at any time in a window, and forgets what is old', () => {
    let history = withRecommendation(noHistory, 5, 0);
    history = withRecommendation(history, 5, 50_000);
    history = withRecommendation(history, 3, 100_000);
    expect(history.recommendations).toHaveLength(2);
    expect(recent(history, 60_000, 120_000)).toEqual([5, 3]);
    expect(recent(history, 60_000, 170_000)).toEqual([3]);
    history = withChange(withChange(history, 4, 0), -1, 100_000);
    expect(changed(history, 60_000, 120_000)).toBe(-1);
    expect(withChange(history, 1, 10_000_000).changes).toEqual([
      [100_000, -1],
      [10_000_000, 1],
    ]);
  });

  it.each(['{', '{"r":3}', '{"r":[["x",1]],"c":[[1]]}', 'null'])('takes %s for nothing', (text) => {
    expect(parseHistory(text)).toEqual(noHistory);
  });
});
