import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ApiRequest, ApiResponse } from '../bus/contract.ts';
import { StatusError } from '../errors/index.ts';
import type { EventObject } from './event.ts';
import { BatchingEventRecorder, type EventRecorderOptions } from './recorder.ts';

const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'web', namespace: 'shop', uid: 'u1', resourceVersion: '7' },
};

/** The events resource of an API, which can be told to fail. */
class EventsApi {
  readonly stored = new Map<string, EventObject>();
  readonly batches: number[] = [];
  failures: unknown[] = [];

  async batch(requests: readonly ApiRequest[]): Promise<ApiResponse[]> {
    const failure = this.failures.shift();
    if (failure instanceof Error) throw failure;
    this.batches.push(requests.length);
    return requests.map((request) => this.#answer(request));
  }

  #answer(request: ApiRequest): ApiResponse {
    const failure = this.failures.shift();
    if (failure instanceof StatusError) return { code: failure.code, body: failure.toStatus() };
    if (request.verb === 'create') return this.#create(request.body as EventObject);
    const event = this.stored.get(request.name ?? '');
    if (event === undefined) return { code: 404, body: new StatusError('NotFound', 'gone').toStatus() };
    this.stored.set(event.metadata.name, { ...event, ...(request.body as Partial<EventObject>) });
    return { code: 200, body: event };
  }

  #create(event: EventObject): ApiResponse {
    this.stored.set(event.metadata.name, event);
    return { code: 201, body: event };
  }

  get events(): EventObject[] {
    return [...this.stored.values()];
  }
}

function recorderFor(api: EventsApi, options: Partial<EventRecorderOptions> = {}): BatchingEventRecorder {
  const now = () => Date.UTC(2026, 0, 1);
  return new BatchingEventRecorder({
    api,
    source: { component: 'replicaset-controller' },
    now,
    retryMs: 1,
    ...options,
  });
}

describe('BatchingEventRecorder', () => {
  it('writes an event about an object', async () => {
    const api = new EventsApi();
    const recorder = recorderFor(api);
    recorder.event(pod, 'Warning', 'FailedCreate', 'no room');
    await recorder.flush();
    expect(api.events).toEqual([
      {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name: expect.stringMatching(/^web\.[0-9a-f]+$/), namespace: 'shop' },
        involvedObject: {
          kind: 'Pod',
          namespace: 'shop',
          name: 'web',
          uid: 'u1',
          apiVersion: 'v1',
          resourceVersion: '7',
        },
        reason: 'FailedCreate',
        message: 'no room',
        source: { component: 'replicaset-controller' },
        type: 'Warning',
        count: 1,
        firstTimestamp: '2026-01-01T00:00:00Z',
        lastTimestamp: '2026-01-01T00:00:00Z',
        reportingComponent: 'replicaset-controller',
        reportingInstance: '',
      },
    ]);
  });

  it('puts events of cluster-scoped objects into the default namespace', async () => {
    const api = new EventsApi();
    const recorder = recorderFor(api);
    recorder.event({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n1' } }, 'Normal', 'Ready', 'up');
    await recorder.flush();
    expect(api.events[0]?.metadata.namespace).toBe('default');
  });

  it('sends a repeat within one batch once, with its count', async () => {
    const api = new EventsApi();
    const recorder = recorderFor(api);
    for (let i = 0; i < 3; i++) recorder.event(pod, 'Normal', 'Pulled', 'image present');
    await recorder.flush();
    expect(api.batches).toEqual([1]);
    expect(api.events.map((event) => event.count)).toEqual([3]);
  });

  it('raises the count of an event written before', async () => {
    const api = new EventsApi();
    const recorder = recorderFor(api);
    recorder.event(pod, 'Normal', 'Pulled', 'image present');
    await recorder.flush();
    recorder.event(pod, 'Normal', 'Pulled', 'image present');
    await recorder.flush();
    expect(api.events.map((event) => event.count)).toEqual([2]);
  });

  it('creates an event again that has expired meanwhile', async () => {
    const api = new EventsApi();
    const recorder = recorderFor(api);
    recorder.event(pod, 'Normal', 'Pulled', 'image present');
    await recorder.flush();
    api.stored.clear();
    recorder.event(pod, 'Normal', 'Pulled', 'image present');
    await recorder.flush();
    expect(api.events.map((event) => event.count)).toEqual([2]);
  });

  it('sends again what did not reach the API', async () => {
    const api = new EventsApi();
    api.failures = [new Error('disconnected')];
    const recorder = recorderFor(api);
    recorder.event(pod, 'Normal', 'Pulled', 'image present');
    await recorder.flush();
    expect(api.events).toHaveLength(0);
    recorder.event(pod, 'Normal', 'Pulled', 'image present');
    await recorder.flush();
    expect(api.events.map((event) => event.count)).toEqual([2]);
  });

  it('gives up after the last try, and says so', async () => {
    const api = new EventsApi();
    const warnings: string[] = [];
    const recorder = recorderFor(api, { maxTries: 2, log: { warn: (_, message) => warnings.push(message) } });
    api.failures = [new Error('disconnected'), new Error('disconnected')];
    recorder.event(pod, 'Normal', 'Pulled', 'image present');
    await recorder.flush();
    expect(warnings).toEqual([]);
    await recorder.flush();
    expect(warnings).toEqual(['an event could not be written']);
    await recorder.flush();
    expect(api.batches).toEqual([]);
  });

  it('drops what the API refuses, and keeps the rest of the batch', async () => {
    const api = new EventsApi();
    const warnings: string[] = [];
    const recorder = recorderFor(api, { log: { warn: (_, message) => warnings.push(message) } });
    api.failures = [undefined, new StatusError('Invalid', 'bad')];
    recorder.event(pod, 'Normal', 'Pulled', 'one');
    recorder.event(pod, 'Normal', 'Pulled', 'two');
    await recorder.flush();
    expect(api.events.map((event) => event.message)).toEqual(['two']);
    expect(warnings).toEqual(['an event could not be written']);
  });

  it('is silent about a namespace that is going away', async () => {
    const api = new EventsApi();
    const warnings: string[] = [];
    const recorder = recorderFor(api, { log: { warn: (_, message) => warnings.push(message) } });
    api.failures = [
      undefined,
      new StatusError('Forbidden', 'terminating', { causes: [{ reason: 'NamespaceTerminating' }] }),
    ];
    recorder.event(pod, 'Normal', 'Pulled', 'one');
    await recorder.flush();
    expect(warnings).toEqual([]);
  });

  it('drops what comes on top of a full queue', async () => {
    const api = new EventsApi();
    const recorder = recorderFor(api, { maxPending: 2 });
    for (const message of ['one', 'two', 'three']) recorder.event(pod, 'Normal', 'Pulled', message);
    await recorder.flush();
    expect(api.events.map((event) => event.message)).toEqual(['one', 'two']);
  });

  it('splits what is waiting into batches', async () => {
    const api = new EventsApi();
    const recorder = recorderFor(api, { batchSize: 2 });
    for (const message of ['one', 'two', 'three']) recorder.event(pod, 'Normal', 'Pulled', message);
    await recorder.flush();
    expect(api.batches).toEqual([2, 1]);
  });

  describe('with an API that takes its time', () => {
    const api = new EventsApi();
    let recorder: BatchingEventRecorder;

    beforeEach(() => {
      vi.useFakeTimers();
      api.batches.length = 0;
      let now = 0;
      const slow = {
        batch: (requests: readonly ApiRequest[]) => {
          now += 100;
          return api.batch(requests);
        },
      };
      const options = { batchSize: 2, collectMs: 1, elapsed: () => now };
      recorder = new BatchingEventRecorder({ api: slow, source: { component: 'x' }, ...options });
      for (const message of ['one', 'two', 'three']) recorder.event(pod, 'Normal', 'Pulled', message);
    });
    afterEach(() => {
      vi.useRealTimers();
    });

    it('rests three times as long as that takes, between batches and before the next event', async () => {
      await vi.advanceTimersByTimeAsync(300);
      expect(api.batches).toEqual([2]);
      await vi.advanceTimersByTimeAsync(1);
      expect(api.batches).toEqual([2, 1]);
      recorder.event(pod, 'Normal', 'Pulled', 'four');
      await vi.advanceTimersByTimeAsync(299);
      expect(api.batches).toEqual([2, 1]);
      await vi.advanceTimersByTimeAsync(1);
      expect(api.batches).toEqual([2, 1, 1]);
    });

    it('rests no more when it stops', async () => {
      await vi.advanceTimersByTimeAsync(1);
      await recorder.stop();
      expect(api.batches).toEqual([2, 1]);
    });
  });

  it('sends by itself, and sends the rest when it stops', async () => {
    const api = new EventsApi();
    const recorder = recorderFor(api, { collectMs: 60_000 });
    recorder.event(pod, 'Normal', 'Killing', 'one');
    await recorder.stop();
    recorder.event(pod, 'Normal', 'Killing', 'two');
    await recorder.stop();
    expect(api.events.map((event) => event.message)).toEqual(['one']);
  });

  it('retries by itself after a failure', async () => {
    const api = new EventsApi();
    let written = () => {};
    const seen = new Promise<void>((resolve) => {
      written = resolve;
    });
    const failing = {
      calls: 0,
      async batch(requests: readonly ApiRequest[]) {
        if (failing.calls++ === 0) throw new Error('disconnected');
        const answer = await api.batch(requests);
        written();
        return answer;
      },
    };
    const recorder = new BatchingEventRecorder({ api: failing, source: { component: 'x' }, collectMs: 1, retryMs: 1 });
    recorder.event(pod, 'Normal', 'Killing', 'one');
    const keepAlive = setInterval(() => {}, 1000);
    await seen;
    clearInterval(keepAlive);
    expect(api.events).toHaveLength(1);
  });
});
