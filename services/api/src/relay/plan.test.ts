import { expect, it } from 'vitest';
import { planResume } from './plan.ts';

const stream = { base: 0, epoch: 'a', first: 3, last: 9 };
const outbox = { epoch: 'a', first: 5, revision: 12 };

it('follows where the stream ends', () => {
  const cases = [
    [stream, outbox, true],
    [{ ...stream, last: 12 }, { ...outbox, first: 13 }, undefined],
    [{ ...stream, last: 4 }, outbox, undefined],
  ] as const;
  for (const [found, held, same] of cases)
    expect(planResume(found, held, same)).toEqual({ action: 'follow', stream: found });
});

it('begins with the outbox where there is no stream, one of another history, or one with a gap', () => {
  const anew = { action: 'create', from: 5, newEpoch: false };
  expect(planResume(undefined, outbox, undefined)).toMatchObject(anew);
  expect(planResume({ ...stream, epoch: 'b' }, outbox, undefined)).toMatchObject(anew);
  expect(planResume({ ...stream, last: 3 }, outbox, undefined)).toMatchObject(anew);
});

it('begins a new history when Redis has lost what the stream holds', () => {
  expect(planResume({ ...stream, last: 13 }, outbox, undefined)).toMatchObject({ from: 5, newEpoch: true });
  expect(planResume(stream, outbox, false)).toMatchObject({ from: 5, newEpoch: true });
});
