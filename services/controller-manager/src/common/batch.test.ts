import type { ApiRequest } from '@kubus/shared/bus';
import { notFound } from '@kubus/shared/errors';
import { describe, expect, it } from 'vitest';
import { sendAll } from './batch.ts';

const request = (name: string, bytes = 0): ApiRequest => ({
  group: '',
  version: 'v1',
  resource: 'pods',
  verb: 'create',
  name,
  body: 'x'.repeat(bytes),
});

/** Answers each request with its name; records how they came. */
class Recorder {
  readonly batches: string[][] = [];

  async batch(requests: readonly ApiRequest[]) {
    this.batches.push(requests.map(({ name = '' }) => name));
    return requests.map(({ name = '' }) =>
      name === 'missing'
        ? { code: 404, body: notFound({ group: '', resource: 'pods' }, name).toStatus() }
        : { code: 201, body: name },
    );
  }
}

describe('sendAll', () => {
  it('answers in the order of the requests, success or refusal', async () => {
    const [first, second] = await sendAll(new Recorder(), [request('one'), request('missing')]);
    expect(first?.body).toBe('one');
    expect(second?.error?.reason).toBe('NotFound');
  });

  it('puts at most a hundred requests into a message', async () => {
    const api = new Recorder();
    await sendAll(
      api,
      Array.from({ length: 250 }, (_, index) => request(`${index}`)),
    );
    expect(api.batches.map((batch) => batch.length)).toEqual([100, 100, 50]);
    expect(api.batches.flat()).toEqual(Array.from({ length: 250 }, (_, index) => `${index}`));
  });

  it('keeps messages small enough for the bus; a large request goes alone', async () => {
    const api = new Recorder();
    await sendAll(api, [request('a', 100_000), request('b', 100_000), request('c', 100_000), request('d', 900_000)]);
    expect(api.batches).toEqual([['a', 'b'], ['c'], ['d']]);
  });

  it('takes an answer that is missing for an error', async () => {
    const [answer] = await sendAll({ batch: async () => [] }, [request('one')]);
    expect(answer?.error?.reason).toBe('InternalError');
  });

  it('sends nothing for nothing', async () => {
    const api = new Recorder();
    expect(await sendAll(api, [])).toEqual([]);
    expect(api.batches).toEqual([]);
  });
});
