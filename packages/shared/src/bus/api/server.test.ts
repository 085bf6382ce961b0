import { eventually } from '@kubus/testkit';
import { describe, expect, it } from 'vitest';
import type { ApiResponse } from '../contract.ts';
import { BusApiClient } from './client.ts';
import { envelopeOf } from './envelope.ts';
import { failure, getPod, Handler, scheduler, TestBus } from './testing/bus.ts';

const bus = new TestBus();

describe('the api', () => {
  async function raw(bytes: string | Uint8Array): Promise<ApiResponse> {
    const nc = await bus.connection(scheduler);
    return (await nc.request('kubus.api.service.scheduler', bytes, { timeout: 5_000 })).json();
  }

  it.each([
    ['', 'the message is no JSON'],
    ['{', 'the message is no JSON'],
    ['null', 'the message is no object'],
    ['[]', 'the message is no object'],
    ['["a.b",{}]', 'the message is no object'],
    ['["*",{}]', 'the message is no object'],
    ['[{},"a"]', 'the message is no object'],
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
    await bus.serve(new Handler());
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
    const message = { watch: { ...getPod, verb: 'watch' }, heartbeatMs };
    expect(envelopeOf(message, 0)).toMatchObject({ type: 'watch', heartbeatMs: expected });
  });

  it('takes __proto__ for data', async () => {
    const handler = new Handler();
    await bus.serve(handler);
    await raw(
      '{"request":{"verb":"create","group":"","version":"v1","resource":"pods","body":{"__proto__":{"polluted":1}}}}',
    );
    expect(JSON.stringify(handler.seen[0]?.request.body)).toBe('{"__proto__":{"polluted":1}}');
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });

  it('does not answer outside of the inbox of who asks', async () => {
    const handler = new Handler();
    const { nc: own } = await bus.serve(handler);
    const node = await bus.connection({ kind: 'node', name: 'a' });
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

  it('refuses more than it can handle at once, of one identity and of all of its kind', async () => {
    const handler = new Handler();
    const gate = Promise.withResolvers<ApiResponse>();
    handler.answer = () => gate.promise;
    await bus.serve(handler, { maxInFlight: 3, maxInFlightPerIdentity: 2 });
    const one = await bus.client({ retryForMs: 0 });
    const other = await bus.client({ identity: { kind: 'service', name: 'other' }, retryForMs: 0 });
    const node = await bus.client({ identity: { kind: 'node', name: 'a' }, retryForMs: 0 });
    const held = [one.request(getPod), one.request(getPod)];
    expect(await failure(one.request(getPod))).toMatchObject({ reason: 'TooManyRequests' });
    held.push(other.request(getPod));
    expect(await failure(other.request(getPod))).toMatchObject({ reason: 'TooManyRequests' });
    held.push(node.request(getPod));
    gate.resolve({ code: 200, body: {} });
    await Promise.all(held);
    await one.request(getPod);
  });

  it('answers what is under way before it stops, and leaves the rest to other replicas', async () => {
    const first = new Handler();
    const gate = Promise.withResolvers<ApiResponse>();
    first.answer = () => gate.promise;
    const { api } = await bus.serve(first);
    const asking = (await bus.client()).request(getPod);
    await eventually(() => expect(first.seen).toHaveLength(1));
    const stopping = api.stop();
    const second = new Handler();
    await bus.serve(second);
    await (await bus.client()).request(getPod);
    gate.resolve({ code: 200, body: { first: true } });
    await stopping;
    expect(await asking).toEqual({ first: true });
    expect([first.seen.length, second.seen.length]).toEqual([1, 1]);
  });

  it('tells what it answered', async () => {
    const observed: unknown[] = [];
    await bus.serve(new Handler(), { observe: (identity, type, code) => observed.push([identity.name, type, code]) });
    await (await bus.client()).request(getPod);
    await raw('nonsense');
    expect(observed).toEqual([
      ['scheduler', 'request', 200],
      ['scheduler', 'invalid', 400],
    ]);
  });
});
