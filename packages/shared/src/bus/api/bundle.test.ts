import { eventually } from '@kubus/testkit';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ApiResponse } from '../contract.ts';
import { bundledIn, encodeParts } from './bundle.ts';
import { parseMessage } from './envelope.ts';
import { getPod, Handler, scheduler, TestBus } from './testing/bus.ts';

const bus = new TestBus();

it('a bundle gives back what was put in', () => {
  const token = fc.stringMatching(/^[0-9a-z]{1,5}$/);
  fc.assert(
    fc.property(fc.array(fc.tuple(token, fc.jsonValue()), { minLength: 2, maxLength: 64 }), (parts) => {
      const pieces = ({ length }: string) => Math.floor(length / 2);
      const bytes = encodeParts(
        parts.map(([token, value]) => {
          const json = JSON.stringify(value);
          return { token, json: [json.slice(0, pieces(json)), json.slice(pieces(json))] };
        }),
      );
      expect(bundledIn(parseMessage(bytes))).toEqual(JSON.parse(JSON.stringify(parts)));
    }),
  );
});

describe('requests of one turn', () => {
  const get = (name: string) => ({ ...getPod, name });
  const named = Array.from({ length: 20 }, (_, i) => `pod-${i}`);

  it('share messages, eight in each, and so do their answers', async () => {
    const handler = new Handler();
    handler.answer = ({ name }) => ({ code: 200, body: { name } });
    const { nc } = await bus.serve(handler);
    const api = await bus.client();
    const before = nc.stats();
    const answers = await Promise.all(named.map((name) => api.request(get(name))));
    expect(answers).toEqual(named.map((name) => ({ name })));
    expect(handler.seen.map(({ request }) => request.name)).toEqual(named);
    expect(handler.seen.every(({ identity }) => identity.name === scheduler.name)).toBe(true);
    const after = nc.stats();
    expect([after.inMsgs - before.inMsgs, after.outMsgs - before.outMsgs]).toEqual([3, 3]);
  });

  it('are answered each when it is done, by what became of it', async () => {
    const handler = new Handler();
    const late = Promise.withResolvers<ApiResponse>();
    handler.answer = ({ name }) => {
      if (name === 'late') return late.promise;
      return name === 'bad'
        ? { code: 409, body: { kind: 'Status', reason: 'Conflict' } }
        : { code: 200, body: { name } };
    };
    await bus.serve(handler);
    const api = await bus.client();
    const [slow, bad, good] = ['late', 'bad', 'good'].map((name) => api.request(get(name)));
    await expect(bad).rejects.toMatchObject({ reason: 'Conflict' });
    expect(await good).toEqual({ name: 'good' });
    late.resolve({ code: 200, body: { name: 'late' } });
    expect(await slow).toEqual({ name: 'late' });
  });

  it('may have answers larger than a message, and watches among them', async () => {
    const handler = new Handler();
    const large = 'ä'.repeat(400_000);
    handler.answer = ({ name }) => ({ code: 200, body: name === 'large' ? large : name });
    handler.events = async function* () {
      yield JSON.stringify({ type: 'ADDED', object: { metadata: { name: 'seen' } } });
    };
    await bus.serve(handler);
    const api = await bus.client();
    const watched = (async () => {
      const seen: string[] = [];
      for await (const { object } of api.watch({ ...getPod, verb: 'watch' }, { signal: new AbortController().signal }))
        seen.push(object.metadata.name);
      return seen;
    })();
    const answers = await Promise.all(['a', 'large', 'b'].map((name) => api.request(get(name))));
    expect(answers).toEqual(['a', large, 'b']);
    expect(await watched).toEqual(['seen']);
  });

  it('are all sent again when nobody has heard them', async () => {
    const api = await bus.client();
    const answers = Promise.all(named.map((name) => api.request({ ...get(name), verb: 'create' })));
    const handler = new Handler();
    await bus.serve(handler);
    await answers;
    expect(handler.seen.map(({ request }) => request.name).toSorted()).toEqual(named.toSorted());
  });

  it('all fail when nobody comes', async () => {
    const api = await bus.client({ retryForMs: 200 });
    const outcomes = await Promise.allSettled(named.map((name) => api.request(get(name))));
    const reasons = outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason.reason);
    expect(reasons).toEqual(named.map(() => 'ServiceUnavailable'));
  });

  it('that are large go alone', async () => {
    const handler = new Handler();
    const { nc } = await bus.serve(handler);
    const api = await bus.client();
    const before = nc.stats().inMsgs;
    const body = { data: 'x'.repeat(100_000) };
    const sent = ['a', 'b', 'c'].map((name) => api.request({ ...get(name), verb: 'create', body }));
    await Promise.all(sent);
    await eventually(() => expect(nc.stats().inMsgs - before).toBe(3));
  });
});
