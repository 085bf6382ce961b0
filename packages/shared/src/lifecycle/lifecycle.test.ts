import { EventEmitter } from 'node:events';
import { eventually, startNats } from '@kubus/testkit';
import { RequestStrategy } from 'nats';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { connectBus } from '../bus/index.ts';
import { silentLogger } from '../telemetry/index.ts';
import { Health, Lifecycle, type ProcessLike, runMain, type Service, type ServiceContext } from './index.ts';

describe('a life cycle', () => {
  const part = (name: string, seen: string[], fail?: 'start' | 'stop') => ({
    name,
    start: () => {
      if (fail === 'start') throw new Error(`${name} does not start`);
      seen.push(`+${name}`);
    },
    stop: () => {
      seen.push(`-${name}`);
      if (fail === 'stop') throw new Error(`${name} does not stop`);
    },
  });

  it('starts in order and stops in reverse, once, past a part that fails to stop', async () => {
    const seen: string[] = [];
    const life = new Lifecycle(silentLogger());
    await life.start(part('a', seen));
    await life.start(part('b', seen, 'stop'));
    life.onStop('c', () => void seen.push('-c'));
    await Promise.all([life.stop(), life.stop()]);
    expect(seen).toEqual(['+a', '+b', '-c', '-b', '-a']);
    await expect(life.start(part('d', seen))).rejects.toThrow(/is stopping/);
  });

  it('stops what it started when a part does not start', async () => {
    const seen: string[] = [];
    const life = new Lifecycle(silentLogger());
    await life.start(part('a', seen));
    await expect(life.start(part('b', seen, 'start'))).rejects.toThrow('b does not start');
    expect(seen).toEqual(['+a', '-b', '-a']);
  });
});

describe('the main of a service', () => {
  const schema = z.object({ PORT: z.coerce.number().optional(), KUBUS_LOG_LEVEL: z.string().optional() });

  function host(env: Record<string, string> = {}) {
    const events = new EventEmitter();
    const seen = { exits: [] as number[], text: '' };
    const process: ProcessLike = {
      env,
      pid: 7,
      stderr: { write: (text) => (seen.text += text) },
      on: (event, listener) => events.on(event, listener),
      exit: (code) => void seen.exits.push(code),
    };
    return { events, seen, process };
  }

  const run = (
    h: ReturnType<typeof host>,
    start: (context: ServiceContext) => Promise<Service>,
    limits: { stopTimeoutMs?: number; startRestMs?: number } = {},
  ) =>
    runMain({
      service: 'test',
      settings: schema,
      start: (_, context) => start(context),
      process: h.process,
      log: silentLogger(),
      stopTimeoutMs: 20_000,
      startRestMs: 20_000,
      ...limits,
    });

  it('says what is wrong with the settings and does not start', async () => {
    const h = host({ PORT: 'x' });
    let started = false;
    await run(h, async () => {
      started = true;
      return { stop: async () => undefined };
    });
    expect(h.seen.exits).toEqual([78]);
    expect(h.seen.text).toMatch(/^kubus test: settings that cannot be used:\n {2}PORT: /);
    expect(started).toBe(false);
  });

  it.each(['SIGTERM', 'SIGINT'])('stops the service on %s, and ends with 0', async (signal) => {
    const h = host();
    const stopped: string[] = [];
    await run(h, async () => ({ stop: async () => void stopped.push('service') }));
    h.events.emit(signal);
    await eventually(() => expect(h.seen.exits).toEqual([0]));
    expect(stopped).toEqual(['service']);
  });

  it('stops a service that was still starting when the signal came', async () => {
    const h = host();
    const gate = Promise.withResolvers<Service>();
    const running = run(h, () => gate.promise);
    h.events.emit('SIGTERM');
    const stopped: string[] = [];
    gate.resolve({ stop: async () => void stopped.push('service') });
    await running;
    await eventually(() => expect(h.seen.exits).toEqual([0]));
    expect(stopped).toEqual(['service']);
  });

  it('has the whole time for stopping once a start has come to its end after the signal', async () => {
    const h = host();
    const gate = Promise.withResolvers<Service>();
    void run(h, () => gate.promise, { startRestMs: 200, stopTimeoutMs: 60_000 });
    h.events.emit('SIGTERM');
    gate.resolve({ stop: () => new Promise((resolve) => setTimeout(resolve, 400)) });
    await eventually(() => expect(h.seen.exits).toEqual([0]));
  });

  it('ends with 1 when a start that never comes to an end keeps it from stopping', async () => {
    const h = host();
    void run(h, () => new Promise(() => {}), { startRestMs: 10 });
    h.events.emit('SIGTERM');
    await eventually(() => expect(h.seen.exits).toEqual([1]));
  });

  it('ends at once on a second signal, and with 1 when stopping takes too long', async () => {
    const h = host();
    await run(h, async () => ({ stop: () => new Promise(() => {}) }));
    h.events.emit('SIGTERM');
    h.events.emit('SIGTERM');
    await eventually(() => expect(h.seen.exits).toEqual([1]));
    const slow = host();
    await run(slow, async () => ({ stop: () => new Promise(() => {}) }), { stopTimeoutMs: 10 });
    slow.events.emit('SIGTERM');
    await eventually(() => expect(slow.seen.exits).toEqual([1]));
  });

  it('ends with 1 when it cannot start, on an error nobody handled, and on a fatal one', async () => {
    const first = host();
    await run(first, async () => Promise.reject(new Error('no')));
    await eventually(() => expect(first.seen.exits).toEqual([1]));
    for (const event of ['uncaughtException', 'unhandledRejection', 'fatal']) {
      const h = host();
      const stopped: string[] = [];
      let context: ServiceContext | undefined;
      await run(h, async (given) => {
        context = given;
        return { stop: async () => void stopped.push('service') };
      });
      if (event === 'fatal') context?.fatal(new Error('x'));
      else h.events.emit(event, new Error('x'));
      await eventually(() => expect(h.seen.exits).toEqual([1]));
      expect(stopped).toEqual(['service']);
    }
  });
});

describe('health', () => {
  it('is ready when it was started and every check holds, and says why not', async () => {
    const health = new Health({ service: 'api', instance: 'i', timeoutMs: 20, now: () => new Date(0) });
    let synced = false;
    health.add('informers', () => {
      if (!synced) throw new Error('pods are not synced');
    });
    health.add('redis', () => new Promise(synced ? () => {} : (resolve) => resolve()));
    expect(await health.report()).toMatchObject({
      service: 'api',
      instance: 'i',
      ready: false,
      checks: { started: 'not started', informers: 'pods are not synced', redis: 'ok' },
      startedAt: '1970-01-01T00:00:00.000Z',
    });
    health.started();
    synced = true;
    expect(await health.report()).toMatchObject({
      ready: false,
      checks: { informers: 'ok', redis: 'no answer within 20 ms' },
    });
  });

  it('is answered by every instance of a service on the bus', async () => {
    const server = await startNats();
    const nc = await connectBus({ servers: server.url, identity: { kind: 'user', name: 'admin' } });
    for (const instance of ['one', 'two']) {
      const health = new Health({ service: 'scheduler', instance });
      health.started();
      health.serve(nc);
    }
    const strategy = RequestStrategy.Count;
    const options = { strategy, maxWait: 20_000, maxMessages: 2 };
    const all = await nc.requestMany('kubus.health.scheduler', undefined, options);
    const names: string[] = [];
    for await (const message of all) names.push(message.json<{ instance: string }>().instance);
    expect(names.sort()).toEqual(['one', 'two']);
    expect((await nc.request('kubus.health.scheduler.two')).json()).toMatchObject({ instance: 'two', ready: true });
    await nc.close();
    await server.stop();
  });
});
