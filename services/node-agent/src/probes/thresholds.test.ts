import { expect, it } from 'vitest';
import { countResult, type Streak } from './thresholds.ts';

const verdicts = (results: string, probe: { successThreshold?: number; failureThreshold?: number }) => {
  let streak: Streak | undefined;
  return [...results]
    .map((result) => {
      const counted = countResult(streak, result === 's', probe);
      streak = counted.streak;
      return counted.verdict === undefined ? '-' : counted.verdict ? 'S' : 'F';
    })
    .join('');
};

it('decides once there are as many equal results in a row as the threshold asks for', () => {
  expect(verdicts('sffsfff', { successThreshold: 1, failureThreshold: 3 })).toBe('S--S--F');
  expect(verdicts('fssfsss', { successThreshold: 3, failureThreshold: 1 })).toBe('F--F--S');
});

it('has the thresholds of Kubernetes when none are given', () => {
  expect(verdicts('sfff', {})).toBe('S--F');
});
