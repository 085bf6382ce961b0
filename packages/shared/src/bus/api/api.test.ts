import { eventually, startNats, type TestServer } from '@kubus/testkit';
import type { NatsConnection } from 'nats';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { StatusError } from '../../errors/index.ts';
import type { KubeObject } from '../../object/index.ts';
import { connectBus } from '../connect.ts';
import type { ApiHandler, ApiRequest, ApiResponse, BusIdentity, WatchEvent } from '../contract.ts';
import { BusApiClient, type BusApiClientOptions } from './client.ts';
import { decodeEnvelope } from './envelope.ts';
import { type ApiServerOptions, serveApi } from './server.ts';

let server: TestServer;
const ends: (() => Promise<void> | void)[] = [];

beforeAll(async () => {
  server = await startNats();
  return () => server.stop();
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const scheduler: BusIdentity = { kind: 'service', name: 'scheduler' };
const getPod: ApiRequest = { verb: 'get', group: '', version: 'v1', resource: 'pods', namespace: 'default', name: 'x' };

async function connection(identity: BusIdentity = { kind: 'service', name: 'api' }): Promise<NatsConnection> {
  const nc = await connectBus({ servers: server.url, identity, reconnectMs: 20 });
  ends.push(() => nc.close());
  return nc;
}

class Handler implements ApiHandler {
  readonly seen: { request: ApiRequest; identity: BusIdentity }[] = [];
  answer: (request: ApiRequest) => ApiResponse | Promise<ApiResponse> = () => ({ code: 200, body: {} });
  events: (request: ApiRequest, signal: AbortSignal) => AsyncIterable<string> = async function* () {};

  async handle(request: ApiRequest, identity: BusIdentity): Promise<ApiResponse> {
    this.seen.push({ request, identity });
    return this.answer(request);
  }
  handleBatch(requests: readonly ApiRequest[], identity: BusIdentity): Promise<ApiResponse[]> {
    return Promise.all(requests.map((request) => this.handle(request, identity)));
  }
  watch(request: ApiRequest, _identity: BusIdentity, signal: AbortSignal): AsyncIterable<string> {
    return this.events(request, signal);
  }
}

async function serve(handler: Handler, options: ApiServerOptions = {}) {
  const nc = await connection();
  const api = serveApi(nc, handler, options);
  await nc.flush();
  ends.push(() => api.stop(0));
  return { api, nc };
}

async function client(options: Partial<BusApiClientOptions> = {}): Promise<BusApiClient> {
  const identity = options.identity ?? scheduler;
  const made = new BusApiClient({ connection: await connection(identity), identity, ...options });
  ends.push(() => made.close());
  return made;
}

const failure = (promise: Promise<unknown>): Promise<StatusError> =>
  promise.then(
    () => expect.unreachable('it succeeded'),
    (error) => error as StatusError,
  );

describe('a request', () => {
  it('reaches the handler with the identity of its subject, and brings the body back', async () => {
    const handler = new Handler();
    handler.answer = () => ({ code: 200, body: { kind: 'Pod' }, warnings: ['old version'] });
    await serve(handler);
    const warnings: string[] = [];
    const api = await client({
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
    await serve(handler);
    const error = await failure((await client()).request(getPod));
    expect(error).toMatchObject({ reason: 'Conflict', message: 'already there', details: { name: 'x' } });
  });

  it('hides what went wrong inside the api', async () => {
    const handler = new Handler();
    handler.answer = () => {
      throw new Error('redis://user:secret@host');
    };
    await serve(handler);
    expect(await failure((await client()).request(getPod))).toMatchObject({
      reason: 'InternalError',
      message: 'internal error',
    });
  });

  it('brings the body of which the text was at hand, alone and in a batch', async () => {
    const handler = new Handler();
    const json = () => ['{"name":', Buffer.from('"ü"'), '}'];
    handler.answer = () => ({ code: 200, body: 'the text stands for it', warnings: ['old'], json });
    await serve(handler);
    const api = await client();
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
    await serve(handler);
    const list = await (await client()).request<{ items: unknown[] }>({ ...getPod, verb: 'list' });
    expect(list).toEqual({ items });
  });

  it('waits until an api replica is there', async () => {
    const api = await client();
    const answer = api.request({ ...getPod, verb: 'create' });
    const handler = new Handler();
    await serve(handler);
    await answer;
    expect(handler.seen).toHaveLength(1);
  });

  it('gives up when none comes', async () => {
    const api = await client({ retryForMs: 200 });
    expect(await failure(api.request(getPod))).toMatchObject({ reason: 'ServiceUnavailable' });
  });

  it('is sent again after 429, whatever it is', async () => {
    const handler = new Handler();
    let calls = 0;
    handler.answer = () => {
      calls += 1;
      if (calls < 3) throw new StatusError('TooManyRequests', 'later');
      return { code: 201, body: { done: true } };
    };
    await serve(handler);
    expect(await (await client({ firstWaitMs: 1 })).request({ ...getPod, verb: 'create' })).toEqual({ done: true });
  });

  it('is sent again without an answer only when it is a read', async () => {
    const handler = new Handler();
    let calls = 0;
    handler.answer = () => {
      calls += 1;
      return calls < 3 ? new Promise(() => {}) : { code: 200, body: {} };
    };
    await serve(handler);
    const api = await client({ timeoutMs: 1_000, firstWaitMs: 1 });
    expect(await failure(api.request({ ...getPod, verb: 'update' }))).toMatchObject({ reason: 'Timeout' });
    expect(calls).toBe(1);
    expect(await api.request(getPod)).toEqual({});
    expect(calls).toBe(3);
  });

  it('never takes the late answer to another one for its own', async () => {
    const handler = new Handler();
    const answers = new Map(['late', 'next'].map((name) => [name, Promise.withResolvers<ApiResponse>()]));
    handler.answer = ({ name = '' }) => answers.get(name)?.promise ?? { code: 200, body: {} };
    await serve(handler);
    const api = await client({ timeoutMs: 2_000 });
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
    await serve(handler);
    const beforeWrite = () => {
      if (handler.seen.length >= 2) throw new Error('not any more');
    };
    const api = await client({ beforeWrite, firstWaitMs: 1 });
    await expect(api.request({ ...getPod, verb: 'delete' })).rejects.toThrow('not any more');
    await expect(api.batch([getPod, { ...getPod, verb: 'delete' }])).rejects.toThrow('not any more');
    expect(handler.seen).toHaveLength(2);
    handler.answer = () => ({ code: 200, body: {} });
    await expect(api.request(getPod)).resolves.toEqual({});
  });

  it('fails at once when the connection breaks, and works over the next one', async () => {
    const handler = new Handler();
    handler.answer = () => new Promise(() => {});
    await serve(handler);
    const api = await client({ timeoutMs: 60_000 });
    const lost = failure(api.request({ ...getPod, verb: 'create' }));
    await eventually(() => expect(handler.seen).toHaveLength(1));
    handler.answer = () => ({ code: 200, body: { again: true } });
    await server.restart();
    expect(await lost).toMatchObject({ reason: 'Timeout' });
    expect(await api.request(getPod)).toEqual({ again: true });
  });

  it('is refused when it is too large for a message, and above 3 MiB by the api', async () => {
    await serve(new Handler());
    const api = await client();
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
    await serve(handler);
    const answers = await (await client()).batch(['0', '1', '2'].map((name) => ({ ...getPod, verb: 'create', name })));
    expect(answers.map((answer) => answer.code)).toEqual([201, 409, 201]);
    expect(answers[2]?.body).toEqual({ name: '2' });
    expect(await (await client()).batch([])).toEqual([]);
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
    await serve(handler);
    const requests = ['a', 'refused', 'all'].map((name) => ({ ...getPod, name }));
    const answers = await (await client()).batch(requests, { brief: true });
    expect(answers).toEqual([
      { code: 200, body: { apiVersion: 'v1', kind: 'Pod', metadata }, warnings: ['old'] },
      { code: 409, body: refusal },
      { code: 200, body: list, warnings: ['old'] },
    ]);
    expect((await (await client()).batch(requests))[0]?.body).toEqual(pod);
  });

  it('larger than a message goes in several', async () => {
    const handler = new Handler();
    handler.answer = ({ name }) => ({ code: 201, body: { name } });
    await serve(handler);
    const body = { data: 'x'.repeat(2 * 1024 * 1024) };
    const requests = Array.from(
      { length: 6 },
      (_, i): ApiRequest => ({ ...getPod, verb: 'create', name: `${i}`, body }),
    );
    const answers = await (await client()).batch(requests);
    expect(answers.map((answer) => answer.body)).toEqual(requests.map(({ name }) => ({ name })));
  });
});

describe('the api', () => {
  async function raw(bytes: string | Uint8Array): Promise<ApiResponse> {
    const nc = await connection(scheduler);
    return (await nc.request('kubus.api.service.scheduler', bytes, { timeout: 5_000 })).json();
  }

  it.each([
    ['', 'the message is no JSON'],
    ['{', 'the message is no JSON'],
    ['null', 'the message is no object'],
    ['[]', 'the message is no object'],
    ['{}', 'request is no object'],
    ['{"request":{"verb":"toString","group":"","version":"v1","resource":"pods"}}', 'request.verb is no verb'],
    ['{"request":{"verb":"get","group":1,"version":"v1","resource":"pods"}}', 'request.group is no text'],
    ['{"request":{"verb":"get","group":"","version":"v1","resource":"pods","name":{}}}', 'request.name is no text'],
    [
      '{"request":{"verb":"get","group":"","version":"v1","resource":"pods","query":{"__proto__":1}}}',
      'request.query: "__proto__" is no text',
    ],
    ['{"requests":{}}', 'requests is no list'],
    ['{"requests":[{"verb":"get","group":"","version":"v1","resource":"pods"},7]}', 'requests[1] is no object'],
    ['{"watch":7}', 'watch is no object'],
  ])('answers %s with BadRequest', async (text, message) => {
    await serve(new Handler());
    const answer = await raw(text);
    expect(answer.code).toBe(400);
    expect((answer.body as { message: string }).message).toContain(message);
  });

  it.each([
    ['as asked for', 250, 250],
    ['at the least', 100, 100],
    ['at the most', 60_000, 60_000],
    ['usual for one too short', 99, 5_000],
    ['usual for one too long', 60_001, 5_000],
    ['usual for one that is no number', '250', 5_000],
    ['usual without one', undefined, 5_000],
  ])('sends heartbeats of a watch at an interval %s', (_, heartbeatMs, expected) => {
    const bytes = Buffer.from(JSON.stringify({ watch: { ...getPod, verb: 'watch' }, heartbeatMs }));
    expect(decodeEnvelope(bytes)).toMatchObject({ type: 'watch', heartbeatMs: expected });
  });

  it('takes __proto__ for data', async () => {
    const handler = new Handler();
    await serve(handler);
    await raw(
      '{"request":{"verb":"create","group":"","version":"v1","resource":"pods","body":{"__proto__":{"polluted":1}}}}',
    );
    expect(JSON.stringify(handler.seen[0]?.request.body)).toBe('{"__proto__":{"polluted":1}}');
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });

  it('does not answer outside of the inbox of who asks', async () => {
    const handler = new Handler();
    const { nc: own } = await serve(handler);
    const node = await connection({ kind: 'node', name: 'a' });
    const answers: string[] = [];
    const replies = ['kubus.node.b.exec', '_INBOX.service.scheduler.1', '$JS.ACK.S.C.1.1.1.1.0'];
    for (const reply of replies) own.subscribe(reply, { callback: (_, message) => void answers.push(message.subject) });
    await own.flush();
    const request = JSON.stringify({ request: getPod });
    for (const reply of replies) node.publish('kubus.api.node.a', request, { reply });
    node.publish('kubus.api.node.a', request);
    await new BusApiClient({ connection: node, identity: { kind: 'node', name: 'a' } }).request(getPod);
    expect(handler.seen).toHaveLength(1);
    expect(answers).toEqual([]);
  });

  it('refuses more than it can handle at once, of one identity and of all', async () => {
    const handler = new Handler();
    const gate = Promise.withResolvers<ApiResponse>();
    handler.answer = () => gate.promise;
    await serve(handler, { maxInFlight: 3, maxInFlightPerIdentity: 2 });
    const one = await client({ retryForMs: 0 });
    const other = await client({ identity: { kind: 'node', name: 'a' }, retryForMs: 0 });
    const held = [one.request(getPod), one.request(getPod)];
    expect(await failure(one.request(getPod))).toMatchObject({ reason: 'TooManyRequests' });
    held.push(other.request(getPod));
    expect(await failure(other.request(getPod))).toMatchObject({ reason: 'TooManyRequests' });
    gate.resolve({ code: 200, body: {} });
    await Promise.all(held);
    await one.request(getPod);
  });

  it('answers what is under way before it stops, and leaves the rest to other replicas', async () => {
    const first = new Handler();
    const gate = Promise.withResolvers<ApiResponse>();
    first.answer = () => gate.promise;
    const { api } = await serve(first);
    const asking = (await client()).request(getPod);
    await eventually(() => expect(first.seen).toHaveLength(1));
    const stopping = api.stop();
    const second = new Handler();
    await serve(second);
    await (await client()).request(getPod);
    gate.resolve({ code: 200, body: { first: true } });
    await stopping;
    expect(await asking).toEqual({ first: true });
    expect([first.seen.length, second.seen.length]).toEqual([1, 1]);
  });

  it('tells what it answered', async () => {
    const observed: unknown[] = [];
    await serve(new Handler(), { observe: (identity, type, code) => observed.push([identity.name, type, code]) });
    await (await client()).request(getPod);
    await raw('nonsense');
    expect(observed).toEqual([
      ['scheduler', 'request', 200],
      ['scheduler', 'invalid', 400],
    ]);
  });
});

describe('a watch', () => {
  const event = (name: string, type: WatchEvent['type'] = 'ADDED') =>
    JSON.stringify({ type, object: { apiVersion: 'v1', kind: 'Pod', metadata: { name } } });
  const watchPods: ApiRequest = { verb: 'watch', group: '', version: 'v1', resource: 'pods' };

  async function names(api: BusApiClient, signal = new AbortController().signal): Promise<string[]> {
    const seen: string[] = [];
    for await (const { object } of api.watch(watchPods, { signal })) seen.push(object.metadata.name);
    return seen;
  }

  it('leaves out managedFields when its client asks for that, but those of what somebody has applied', async () => {
    const handler = new Handler();
    const object = (name: string, operation: string) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, managedFields: [{ manager: 'x', operation }] },
      spec: { nodeName: 'ü' },
    });
    const objects = [object('a', 'Update'), object('b', 'Apply')];
    handler.events = async function* () {
      for (const each of objects) yield JSON.stringify({ type: 'ADDED', object: each });
      yield event('c');
    };
    await serve(handler);
    const seen = async (trim: boolean) => {
      const objects: KubeObject[] = [];
      const { signal } = new AbortController();
      for await (const { object } of (await client()).watch(watchPods, { signal, trim })) objects.push(object);
      return objects;
    };
    const last = JSON.parse(event('c')).object;
    expect(await seen(false)).toEqual([...objects, last]);
    expect(await seen(true)).toEqual([{ ...objects[0], metadata: { name: 'a' } }, objects[1], last]);
  });

  it('brings every event in order, until the api ends it', async () => {
    const handler = new Handler();
    const all = Array.from({ length: 20_000 }, (_, i) => `pod-${i}`);
    handler.events = async function* () {
      for (const name of all) yield event(name);
    };
    await serve(handler);
    expect(await names(await client())).toEqual(all);
  });

  it('ends with the error of the api', async () => {
    const handler = new Handler();
    handler.events = async function* () {
      yield event('one');
      throw new StatusError('Expired', 'too old resource version');
    };
    await serve(handler);
    expect(await failure(names(await client()))).toMatchObject({
      reason: 'Expired',
      message: 'too old resource version',
    });
  });

  it('is told to the handler when the client stops it', async () => {
    const handler = new Handler();
    const told = Promise.withResolvers<void>();
    handler.events = async function* (_, signal) {
      yield event('one');
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      told.resolve();
    };
    await serve(handler);
    const api = await client();
    const stop = new AbortController();
    for await (const _ of api.watch(watchPods, { signal: stop.signal })) stop.abort();
    await told.promise;
    expect(await names(api, AbortSignal.abort())).toEqual([]);
  });

  it('does not gather more than the window for a client that takes nothing', async () => {
    const handler = new Handler();
    let made = 0;
    handler.events = async function* () {
      for (; made < 20_000; made++) yield event('x'.repeat(1_000));
    };
    await serve(handler);
    const iterator = (await client())
      .watch(watchPods, { signal: new AbortController().signal })
      [Symbol.asyncIterator]();
    await iterator.next();
    let before = -1;
    await eventually(
      () => {
        const now = made;
        const still = now === before;
        before = now;
        expect(still).toBe(true);
      },
      5_000,
      100,
    );
    expect(made).toBeLessThan(6_000);
    await iterator.return?.();
  });

  it('fails soon when the api is killed', async () => {
    const handler = new Handler();
    handler.events = async function* (_, signal) {
      yield event('one');
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    };
    const { nc } = await serve(handler);
    const api = await client({ heartbeatMs: 100 });
    const lost = failure(names(api));
    await eventually(() => expect(nc.stats().outMsgs).toBeGreaterThan(1));
    await nc.close();
    expect(await lost).toMatchObject({ reason: 'ServiceUnavailable' });
  });

  it('goes on or fails, but loses nothing in silence, when the server restarts', async () => {
    const handler = new Handler();
    let made = 0;
    handler.events = async function* (_, signal) {
      while (!signal.aborted) {
        yield event(`${made++}`);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    };
    await serve(handler);
    const api = await client({ heartbeatMs: 100 });
    const seen: string[] = [];
    const end = failure(
      (async () => {
        for await (const { object } of api.watch(watchPods, { signal: new AbortController().signal }))
          seen.push(object.metadata.name);
      })(),
    );
    await eventually(() => expect(seen.length).toBeGreaterThan(20));
    await server.restart();
    expect(await end).toMatchObject({ reason: 'ServiceUnavailable' });
    expect(seen).toEqual(seen.map((_, i) => `${i}`));
  });

  it('ends when the replica stops, so that the client goes to another', async () => {
    const handler = new Handler();
    handler.events = async function* (_, signal) {
      yield event('one');
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    };
    const { api: served } = await serve(handler);
    const seen: string[] = [];
    const api = await client();
    const watching = (async () => {
      for await (const { object } of api.watch(watchPods, { signal: new AbortController().signal }))
        seen.push(object.metadata.name);
    })();
    await eventually(() => expect(seen).toEqual(['one']));
    await served.stop(0);
    await watching;
  });
});
