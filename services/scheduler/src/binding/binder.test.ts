import type { ApiRequest, ApiResponse } from '@kubus/shared/bus';
import { StatusError } from '@kubus/shared/errors';
import { expect, it } from 'vitest';
import { ClusterState } from '../cluster/cluster-state.ts';
import { pod } from '../testing/builders.ts';
import { Binder, type BinderOptions } from './binder.ts';

const state = new ClusterState();
const binding = (name: string) => ({ info: state.read(pod(name)), node: 'n1' });

/** A binder over an api of which the test gives the answers. */
function setUp(options: Partial<BinderOptions> = {}) {
  const sent: { names: (string | undefined)[]; answer: PromiseWithResolvers<ApiResponse[]> }[] = [];
  const outcomes: string[] = [];
  const batch = (requests: readonly ApiRequest[]) => {
    const answer = Promise.withResolvers<ApiResponse[]>();
    sent.push({ names: requests.map(({ name }) => name), answer });
    return answer.promise;
  };
  const binder = new Binder({
    api: { batch },
    onOutcome: ({ info }, { result }) => outcomes.push(`${info.pod.metadata.name} ${result}`),
    ...options,
  });
  const answer = (at: number, code = 201) => {
    const { names, answer } = sent[at] ?? expect.unreachable('nothing was sent');
    answer.resolve(names.map(() => ({ code, body: {} })));
  };
  return { binder, sent, outcomes, answer };
}

it('sends a batch as soon as it is full, and what is left when asked to', async () => {
  const { binder, sent, outcomes, answer } = setUp({ batchSize: 2 });
  binder.add(binding('a'));
  expect([sent.length, binder.idle]).toEqual([0, false]);
  binder.add(binding('b'));
  binder.add(binding('c'));
  expect(sent.map(({ names }) => names)).toEqual([['a', 'b']]);
  const drained = binder.drain();
  expect(sent.map(({ names }) => names)).toEqual([['a', 'b'], ['c']]);
  answer(1);
  answer(0);
  await drained;
  expect(outcomes).toEqual(['c bound', 'a bound', 'b bound']);
  expect(binder.idle).toBe(true);
});

it('is full when a batch waits for those under way, and sends it when one of them ends', async () => {
  const { binder, sent, answer } = setUp({ batchSize: 2, concurrency: 1 });
  for (const name of ['a', 'b', 'c']) binder.add(binding(name));
  expect(binder.full).toBe(false);
  binder.add(binding('d'));
  expect(binder.full).toBe(true);
  const change = binder.nextChange();
  answer(0);
  await change;
  expect(binder.full).toBe(false);
  expect(sent.map(({ names }) => names)).toEqual([
    ['a', 'b'],
    ['c', 'd'],
  ]);
});

it('waits for no change when nothing is under way', async () => {
  await setUp().binder.nextChange();
});

it('tells every binding of a batch that did not come through', async () => {
  const { binder, sent, outcomes } = setUp({ batchSize: 2 });
  for (const name of ['a', 'b']) binder.add(binding(name));
  sent[0]?.answer.reject(new StatusError('ServiceUnavailable', 'no api'));
  await binder.drain();
  expect(outcomes).toEqual(['a failed', 'b failed']);
});
