import { eventually } from '@kubus/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { ApiRequest, ApiResponse, BusIdentity } from '../contract.ts';
import { failure, getPod, Handler, TestBus } from './testing/bus.ts';

const bus = new TestBus();
const create = (name: string): ApiRequest => ({ ...getPod, verb: 'create', name });

/** Has a clock of its own, far from ours, as another machine may. */
class Timed extends Handler {
  ahead = 1e9;
  readonly untils: (number | undefined)[] = [];

  time(): number {
    return Math.floor(performance.now() + this.ahead);
  }

  override handle(request: ApiRequest, identity: BusIdentity, until?: number): Promise<ApiResponse> {
    this.untils.push(until);
    return super.handle(request, identity);
  }

  names(): (string | undefined)[] {
    return this.seen.map(({ request }) => request.name);
  }
}

describe('a request on the bus', () => {
  it('says until when it is wanted, in the time of the api, once it knows that', async () => {
    const handler = new Timed();
    await bus.serve(handler);
    const client = await bus.client({ timeoutMs: 60_000 });
    await client.request(create('first'));
    const before = handler.time();
    await client.request(create('second'));
    await client.batch([create('third'), create('fourth')]);
    const [first, ...later] = handler.untils;
    expect(first).toBeUndefined();
    expect(later).toHaveLength(3);
    for (const until of later) {
      expect(until).toBeLessThanOrEqual(handler.time() + 60_000);
      expect(until).toBeGreaterThan(before);
    }
  });

  it('is not carried out by a bus that was stopped and goes on after the client has given up', async () => {
    const handler = new Timed();
    await bus.serve(handler);
    const client = await bus.client({ timeoutMs: 300, retryForMs: 0 });
    const other = await bus.client();
    await eventually(() => client.request(create('known')));
    onTestFinished(() => bus.server.resume());
    await bus.server.pause();
    expect((await failure(client.request(create('given-up')))).reason).toBe('Timeout');
    expect((await failure(client.batch([create('a'), create('b')]))).reason).toBe('Timeout');
    const gaveUpAt = handler.time();
    await eventually(() => expect(handler.time()).toBeGreaterThan(gaveUpAt + 100));
    bus.server.resume();
    // What comes to a server last from one client is handled last.
    await eventually(() => client.request(create('after')));
    await other.request(create('another'));
    expect([...new Set(handler.names())]).toEqual(['known', 'after', 'another']);
  });

  it('is sent again when the clock of the cluster has been set: it was not late', async () => {
    const handler = new Timed();
    await bus.serve(handler);
    const client = await bus.client();
    await client.request(create('before'));
    for (const step of [120_000, -3_600_000, 7_200_000]) {
      handler.ahead += step;
      await client.request(create(`after ${step}`));
    }
    expect(handler.names()).toEqual(['before', 'after 120000', 'after -3600000', 'after 7200000']);
  });

  it('has no end where the api tells no time', async () => {
    const handler = new Handler();
    await bus.serve(handler);
    const client = await bus.client();
    await client.request(create('x'));
    await client.request(create('y'));
    expect(handler.seen).toHaveLength(2);
  });
});
