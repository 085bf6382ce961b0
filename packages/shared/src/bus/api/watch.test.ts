import { eventually } from '@kubus/testkit';
import { describe, expect, it } from 'vitest';
import { StatusError } from '../../errors/index.ts';
import type { KubeObject } from '../../object/index.ts';
import type { ApiRequest, WatchEvent } from '../contract.ts';
import type { BusApiClient } from './client.ts';
import { failure, Handler, TestBus } from './testing/bus.ts';

const bus = new TestBus();

describe('a watch', () => {
  const event = (name: string, type: WatchEvent['type'] = 'ADDED') =>
    JSON.stringify({ type, object: { apiVersion: 'v1', kind: 'Pod', metadata: { name } } });
  const watchPods: ApiRequest = { verb: 'watch', group: '', version: 'v1', resource: 'pods' };

  async function names(api: BusApiClient, signal = new AbortController().signal): Promise<string[]> {
    const seen: string[] = [];
    for await (const { object } of api.watch(watchPods, { signal })) seen.push(object.metadata.name);
    return seen;
  }

  it('leaves out managedFields when its client asks for that, but those of what somebody has applied, and lets equal specs be one', async () => {
    const handler = new Handler();
    const object = (name: string, operation: string) => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, managedFields: [{ manager: 'x', operation }] },
      spec: { containers: [{ name: 'ü' }] },
    });
    const objects = [object('a', 'Update'), object('b', 'Apply')];
    handler.events = async function* () {
      for (const each of objects) yield JSON.stringify({ type: 'ADDED', object: each });
      yield event('c');
    };
    await bus.serve(handler);
    const seen = async (trim: boolean) => {
      const objects: KubeObject[] = [];
      const { signal } = new AbortController();
      for await (const { object } of (await bus.client()).watch(watchPods, { signal, trim })) objects.push(object);
      return objects;
    };
    const last = JSON.parse(event('c')).object;
    expect(await seen(false)).toEqual([...objects, last]);
    const trimmed = await seen(true);
    expect(trimmed).toEqual([{ ...objects[0], metadata: { name: 'a' } }, objects[1], last]);
    const [first, second] = trimmed as { spec?: unknown }[];
    expect(first?.spec).toBe(second?.spec);
  });

  it('brings every event in order, until the api ends it', async () => {
    const handler = new Handler();
    const all = Array.from({ length: 20_000 }, (_, i) => `pod-${i}`);
    handler.events = async function* () {
      for (const name of all) yield event(name);
    };
    await bus.serve(handler);
    expect(await names(await bus.client())).toEqual(all);
  });

  it('brings objects as large as any that are stored', async () => {
    const handler = new Handler();
    const large = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'large' }, data: { a: 'x'.repeat(3e6) } };
    handler.events = async function* () {
      yield event('before');
      yield JSON.stringify({ type: 'ADDED', object: large });
      yield event('behind');
    };
    await bus.serve(handler);
    expect(await names(await bus.client())).toEqual(['before', 'large', 'behind']);
  });

  it('ends with the error of the api', async () => {
    const handler = new Handler();
    handler.events = async function* () {
      yield event('one');
      throw new StatusError('Expired', 'too old resource version');
    };
    await bus.serve(handler);
    expect(await failure(names(await bus.client()))).toMatchObject({
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
    await bus.serve(handler);
    const api = await bus.client();
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
    await bus.serve(handler);
    const iterator = (await bus.client())
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
      30_000,
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
    const { nc } = await bus.serve(handler);
    const api = await bus.client({ heartbeatMs: 100 });
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
    await bus.serve(handler);
    const api = await bus.client({ heartbeatMs: 1_000 });
    const seen: string[] = [];
    const end = failure(
      (async () => {
        for await (const { object } of api.watch(watchPods, { signal: new AbortController().signal }))
          seen.push(object.metadata.name);
      })(),
    );
    await eventually(() => expect(seen.length).toBeGreaterThan(20));
    await bus.server.kill();
    expect(await end).toMatchObject({ reason: 'ServiceUnavailable' });
    await bus.server.restart();
    expect(seen).toEqual(seen.map((_, i) => `${i}`));
  });

  it('ends when the replica stops, so that the client goes to another', async () => {
    const handler = new Handler();
    handler.events = async function* (_, signal) {
      yield event('one');
      await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    };
    const { api: served } = await bus.serve(handler);
    const seen: string[] = [];
    const api = await bus.client();
    const watching = (async () => {
      for await (const { object } of api.watch(watchPods, { signal: new AbortController().signal }))
        seen.push(object.metadata.name);
    })();
    await eventually(() => expect(seen).toEqual(['one']));
    await served.stop(0);
    await watching;
  });
});
