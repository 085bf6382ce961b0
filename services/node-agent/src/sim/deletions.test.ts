import type { ApiRequest, ApiResponse } from '@kubus/shared/bus';
import { StatusError } from '@kubus/shared/errors';
import type { Pod } from '@kubus/shared/schema';
import { expect, it } from 'vitest';
import { Deletions } from './deletions.ts';

const pod = (name: string): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'default', uid: `uid-${name}` },
});

function api(answer: (request: ApiRequest) => ApiResponse) {
  const batches: string[][] = [];
  const batch = async (requests: readonly ApiRequest[]) => {
    batches.push(requests.map(({ name = '' }) => name));
    return requests.map(answer);
  };
  return { batches, batch };
}

const refused = (error: StatusError): ApiResponse => ({ code: error.code, body: error.toStatus() });

it('pods that go together are deleted together, each of which the uid is known', async () => {
  const asked: unknown[] = [];
  const { batches, batch } = api(({ body }) => {
    asked.push((body as { preconditions: unknown }).preconditions);
    return { code: 200, body: {} };
  });
  const deletions = new Deletions({ batch });
  await Promise.all(['a', 'b'].map((name) => deletions.delete(pod(name))));
  expect(batches).toEqual([['a', 'b']]);
  expect(asked).toEqual([{ uid: 'uid-a' }, { uid: 'uid-b' }]);
});

it('a pod that is gone, or another by now, is no failure; any other refusal is, of that pod alone', async () => {
  const refusals = new Map([
    ['gone', new StatusError('NotFound', 'gone')],
    ['other', new StatusError('Conflict', 'uid')],
    ['held', new StatusError('Forbidden', 'no')],
  ]);
  const deletions = new Deletions(
    api(({ name = '' }) => {
      const error = refusals.get(name);
      return error === undefined ? { code: 200, body: {} } : refused(error);
    }),
  );
  const outcomes = await Promise.allSettled(
    ['gone', 'other', 'held', 'fine'].map((name) => deletions.delete(pod(name))),
  );
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
});

it('an API that cannot be reached fails all of a batch, and is asked again by the next', async () => {
  let down = true;
  const { batch } = api(() => ({ code: 200, body: {} }));
  const deletions = new Deletions({
    batch: (requests) => (down ? Promise.reject(new StatusError('ServiceUnavailable', 'away')) : batch(requests)),
  });
  await expect(deletions.delete(pod('a'))).rejects.toThrow('away');
  down = false;
  await deletions.delete(pod('a'));
});
