import { eventually } from '@kubus/testkit';
import { describe, expect, it } from 'vitest';
import { StatusError } from '../../errors/index.ts';
import type { ApiRequest, ApiResponse } from '../contract.ts';
import { failure, getPod, Handler, TestBus } from './testing/bus.ts';

const bus = new TestBus();

describe('a request', () => {
  it('reaches the handler with the identity of its subject, and brings the body back', async () => {
    const handler = new Handler();
    handler.answer = () => ({ code: 200, body: { kind: 'Pod' }, warnings: ['old version'] });
    await bus.serve(handler);
    const warnings: string[] = [];
    const api = await bus.client({
      identity: { kind: 'node', name: 'ip-1.ec2' },
      onWarning: (text) => warnings.push(text),
    });
    expect(await api.request({ ...getPod, query: { a: 'b' } })).toEqual({ kind: 'Pod' });
    expect(handler.seen).toEqual([
      { request: { ...getPod, query: { a: 'b' } }, identity: { kind: 'node', name: 'ip-1.ec2' } },
    ]);
    expect(warnings).toEqual(['old version']);
  });

  it('fails with the StatusError of the answer', async () => {
    const handler = new Handler();
    handler.answer = () => {
      throw new StatusError('Conflict', 'already there', { name: 'x' });
    };
    await bus.serve(handler);
    const error = await failure((await bus.client()).request(getPod));
    expect(error).toMatchObject({ reason: 'Conflict', message: 'already there', details: { name: 'x' } });
  });

  it('hides what went wrong inside the api', async () => {
    const handler = new Handler();
    handler.answer = () => {
      throw new Error('redis://user:secret@host');
    };
    await bus.serve(handler);
    expect(await failure((await bus.client()).request(getPod))).toMatchObject({
      reason: 'InternalError',
      message: 'internal error',
    });
  });

  it('brings the body of which the text was at hand, alone and in a batch', async () => {
    const handler = new Handler();
    const json = () => ['{"name":', Buffer.from('"ü"'), '}'];
    handler.answer = () => ({ code: 200, body: 'the text stands for it', warnings: ['old'], json });
    await bus.serve(handler);
    const api = await bus.client();
    expect(await api.request(getPod)).toEqual({ name: 'ü' });
    const response = { code: 200, body: { name: 'ü' }, warnings: ['old'] };
    expect(await api.batch([getPod, getPod])).toEqual([response, response]);
  });

  it('brings a body that is larger than a message', async () => {
    const handler = new Handler();
    const items = Array.from({ length: 3_000 }, (_, i) => ({
      metadata: { name: `pod-${i}`, text: 'ä'.repeat(3_000) },
    }));
    handler.answer = () => ({ code: 200, body: { items } });
    await bus.serve(handler);
    const list = await (await bus.client()).request<{ items: unknown[] }>({ ...getPod, verb: 'list' });
    expect(list).toEqual({ items });
  });

  it('waits until an api replica is there', async () => {
    const api = await bus.client();
    const answer = api.request({ ...getPod, verb: 'create' });
    const handler = new Handler();
    await bus.serve(handler);
    await answer;
    expect(handler.seen).toHaveLength(1);
  });

  it('gives up when none comes', async () => {
    const api = await bus.client({ retryForMs: 200 });
    expect(await failure(api.request(getPod))).toMatchObject({ reason: 'ServiceUnavailable' });
  });

  it('takes what was answered while its process stood still', async () => {
    const api = await bus.client({ timeoutMs: 300, retryForMs: 0 });
    const nobodyListens = failure(api.request({ ...getPod, verb: 'create' }));
    // It goes out in this turn, in which the answer cannot be read.
    await new Promise((resolve) => process.nextTick(resolve));
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_500);
    expect(await nobodyListens).toMatchObject({ reason: 'ServiceUnavailable' });
  });

  it('is sent again after 429, whatever it is', async () => {
    const handler = new Handler();
    let calls = 0;
    handler.answer = () => {
      calls += 1;
      if (calls < 3) throw new StatusError('TooManyRequests', 'later');
      return { code: 201, body: { done: true } };
    };
    await bus.serve(handler);
    expect(await (await bus.client({ firstWaitMs: 1 })).request({ ...getPod, verb: 'create' })).toEqual({ done: true });
  });

  it('is sent again without an answer only when it is a read', async () => {
    const handler = new Handler();
    let calls = 0;
    handler.answer = () => {
      calls += 1;
      return calls < 3 ? new Promise(() => {}) : { code: 200, body: {} };
    };
    await bus.serve(handler);
    const api = await bus.client({ timeoutMs: 1_000, firstWaitMs: 1 });
    expect(await failure(api.request({ ...getPod, verb: 'update' }))).toMatchObject({ reason: 'Timeout' });
    expect(calls).toBe(1);
    expect(await api.request(getPod)).toEqual({});
    expect(calls).toBe(3);
  });

  it('never takes the late answer to another one for its own', async () => {
    const handler = new Handler();
    const answers = new Map(['late', 'next'].map((name) => [name, Promise.withResolvers<ApiResponse>()]));
    handler.answer = ({ name = '' }) => answers.get(name)?.promise ?? { code: 200, body: {} };
    await bus.serve(handler);
    const api = await bus.client({ timeoutMs: 2_000 });
    const update = (name: string) => api.request({ ...getPod, verb: 'update', name });
    await update('first');
    expect(await failure(update('late'))).toMatchObject({ reason: 'Timeout' });
    const next = update('next');
    await eventually(() => expect(handler.seen).toHaveLength(3));
    for (const [name, { resolve }] of answers) resolve({ code: 200, body: { name } });
    expect(await next).toEqual({ name: 'next' });
  });

  it('that writes is not sent, and not sent again, once its sender may not write any more', async () => {
    const handler = new Handler();
    handler.answer = () => ({
      code: 429,
      body: { kind: 'Status', status: 'Failure', reason: 'TooManyRequests', code: 429, message: 'later' },
    });
    await bus.serve(handler);
    const beforeWrite = () => {
      if (handler.seen.length >= 2) throw new Error('not any more');
    };
    const api = await bus.client({ beforeWrite, firstWaitMs: 1 });
    await expect(api.request({ ...getPod, verb: 'delete' })).rejects.toThrow('not any more');
    await expect(api.batch([getPod, { ...getPod, verb: 'delete' }])).rejects.toThrow('not any more');
    expect(handler.seen).toHaveLength(2);
    handler.answer = () => ({ code: 200, body: {} });
    await expect(api.request(getPod)).resolves.toEqual({});
  });

  it('fails at once when the connection breaks, and works over the next one', async () => {
    const handler = new Handler();
    handler.answer = () => new Promise(() => {});
    await bus.serve(handler);
    const api = await bus.client({ timeoutMs: 60_000 });
    const lost = failure(api.request({ ...getPod, verb: 'create' }));
    await eventually(() => expect(handler.seen).toHaveLength(1));
    handler.answer = () => ({ code: 200, body: { again: true } });
    await bus.server.restart();
    expect(await lost).toMatchObject({ reason: 'Timeout' });
    expect(await api.request(getPod)).toEqual({ again: true });
  });

  it('is refused when it is too large for a message, and above 3 MiB by the api', async () => {
    await bus.serve(new Handler());
    const api = await bus.client();
    for (const mebibytes of [4, 9]) {
      const body = { data: 'x'.repeat(mebibytes * 1024 * 1024) };
      const error = await failure(api.request({ ...getPod, verb: 'create', body }));
      expect(error).toMatchObject({ reason: 'RequestEntityTooLarge' });
    }
  });
});

describe('a batch', () => {
  it('answers each request for itself, in order', async () => {
    const handler = new Handler();
    handler.answer = ({ name }) =>
      name === '1' ? { code: 409, body: new StatusError('Conflict', 'no').toStatus() } : { code: 201, body: { name } };
    await bus.serve(handler);
    const answers = await (await bus.client()).batch(
      ['0', '1', '2'].map((name) => ({ ...getPod, verb: 'create', name })),
    );
    expect(answers.map((answer) => answer.code)).toEqual([201, 409, 201]);
    expect(answers[2]?.body).toEqual({ name: '2' });
    expect(await (await bus.client()).batch([])).toEqual([]);
  });

  it('is answered with the names of its objects alone when no more is asked for', async () => {
    const handler = new Handler();
    const metadata = { name: 'a', namespace: 'default', uid: 'u', resourceVersion: '7' };
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, labels: { a: 'b' } }, spec: {} };
    const refusal = new StatusError('Conflict', 'no').toStatus();
    const list = { apiVersion: 'v1', kind: 'PodList', metadata: { resourceVersion: '7' }, items: [pod] };
    handler.answer = ({ name }) =>
      name === 'refused'
        ? { code: 409, body: refusal }
        : {
            code: 200,
            body: name === 'all' ? list : pod,
            warnings: ['old'],
            json: () => [JSON.stringify(name === 'all' ? list : pod)],
          };
    await bus.serve(handler);
    const requests = ['a', 'refused', 'all'].map((name) => ({ ...getPod, name }));
    const answers = await (await bus.client()).batch(requests, { brief: true });
    expect(answers).toEqual([
      { code: 200, body: { apiVersion: 'v1', kind: 'Pod', metadata }, warnings: ['old'] },
      { code: 409, body: refusal },
      { code: 200, body: list, warnings: ['old'] },
    ]);
    expect((await (await bus.client()).batch(requests))[0]?.body).toEqual(pod);
  });

  it('larger than a message goes in several', async () => {
    const handler = new Handler();
    handler.answer = ({ name }) => ({ code: 201, body: { name } });
    await bus.serve(handler);
    const body = { data: 'x'.repeat(2 * 1024 * 1024) };
    const requests = Array.from(
      { length: 6 },
      (_, i): ApiRequest => ({ ...getPod, verb: 'create', name: `${i}`, body }),
    );
    const answers = await (await bus.client()).batch(requests);
    expect(answers.map((answer) => answer.body)).toEqual(requests.map(({ name }) => ({ name })));
  });
});
