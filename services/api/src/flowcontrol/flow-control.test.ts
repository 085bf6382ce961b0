import type { FlowSchema, PriorityLevelConfiguration } from '@kubus/shared/schema';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bootstrapFlowSchemas, bootstrapPriorityLevels } from './bootstrap.ts';
import type { FlowSubject } from './classify.ts';
import { FlowControl, type FlowControlOptions, type Seat } from './flow-control.ts';
import { hand } from './queues.ts';

const never = new AbortController().signal;

function named<T extends FlowSchema | PriorityLevelConfiguration>(objects: T[]): T[] {
  return objects.map((object) => ({ ...object, metadata: { ...object.metadata, uid: `uid-${object.metadata.name}` } }));
}

const view = <T>(values: readonly T[]) => ({ values: () => values, revision: 1 });

function control({ levels = bootstrapPriorityLevels(), ...options }: Partial<Options> = {}): FlowControl {
  return new FlowControl({ schemas: view(named(bootstrapFlowSchemas())), levels: view(named(levels)), ...options });
}

interface Options extends Pick<FlowControlOptions, 'seats' | 'sizeOf'> {
  levels: PriorityLevelConfiguration[];
}

function withoutLending(): PriorityLevelConfiguration[] {
  return bootstrapPriorityLevels().map((one) =>
    one.spec?.limited === undefined
      ? one
      : { ...one, spec: { ...one.spec, limited: { ...one.spec.limited, lendablePercent: 0 } } },
  );
}

function asked(
  username: string,
  groups: string[],
  verb = 'list',
  resource = 'pods',
  namespace = 'default',
): FlowSubject {
  const all = [...groups, 'system:authenticated'];
  return {
    user: { username, groups: all },
    verb,
    path: '',
    resource: { group: resource === 'leases' ? 'coordination.k8s.io' : '', resource, subresource: '', namespace },
  };
}

const schemaOf = async (flow: FlowControl, subject: FlowSubject) => (await flow.enter(subject, 1000, never)).flowSchema;

describe('a request', () => {
  it('belongs to the first flow schema that matches, by precedence', async () => {
    const flow = control();
    expect(await schemaOf(flow, asked('root', ['system:masters']))).toBe('uid-exempt');
    expect(await schemaOf(flow, asked('system:node:a', ['system:nodes'], 'update', 'leases', 'kube-node-lease'))).toBe(
      'uid-system-node-high',
    );
    expect(await schemaOf(flow, asked('system:node:a', ['system:nodes']))).toBe('uid-system-nodes');
    const simulated = 'system:kubus:simulated-nodes';
    expect(await schemaOf(flow, asked(simulated, [], 'update', 'leases', 'kube-node-lease'))).toBe(
      'uid-system-node-high',
    );
    expect(await schemaOf(flow, asked(simulated, [], 'update', 'pods'))).toBe('uid-system-nodes');
    expect(await schemaOf(flow, asked('system:serviceaccount:kube-system:x', ['system:serviceaccounts']))).toBe(
      'uid-kube-system-service-accounts',
    );
    expect(await schemaOf(flow, asked('system:serviceaccount:default:x', ['system:serviceaccounts']))).toBe(
      'uid-service-accounts',
    );
    expect(await schemaOf(flow, asked('jane', []))).toBe('uid-global-default');
    const probe = { user: { username: 'x', groups: ['system:unauthenticated'] }, verb: 'get', path: '/healthz' };
    expect(await schemaOf(flow, probe)).toBe('uid-probes');
  });

  it('is let in as long as its level has seats or others can lend some, then waits, then is turned away', async () => {
    const level = (name: string, lendablePercent: number): PriorityLevelConfiguration => ({
      apiVersion: 'flowcontrol.apiserver.k8s.io/v1',
      kind: 'PriorityLevelConfiguration',
      metadata: { name },
      spec: {
        type: 'Limited',
        limited: {
          nominalConcurrencyShares: 1,
          lendablePercent,
          limitResponse: { type: 'Queue', queuing: { queues: 1, handSize: 1, queueLengthLimit: 2 } },
        },
      },
    });
    const flow = control({ seats: 4, levels: [level('global-default', 0), level('workload-low', 50)] });
    const jane = asked('jane', []);
    const seats = [1, 2, 3].map(() => flow.enter(jane, 60_000, never));
    // Two of its own and one that the other level does not need.
    for (const seat of seats) expect(seat).not.toBeInstanceOf(Promise);
    const waiting = [1, 2].map(() => flow.enter(jane, 60_000, never));
    for (const seat of waiting) expect(seat).toBeInstanceOf(Promise);
    await expect(flow.enter(jane, 60_000, never)).rejects.toMatchObject({
      code: 429,
      details: { retryAfterSeconds: 1 },
    });
    (seats[0] as Seat).leave();
    await waiting[0];
    (seats[0] as Seat).leave();
    const [state] = flow.levels();
    expect([state?.executing, state?.waiting, state?.rejected]).toEqual([3, 1, 1]);
  });

  it('that is exempt never waits', () => {
    const flow = control({ seats: 1 });
    for (let i = 0; i < 100; i++)
      expect(flow.enter(asked('root', ['system:masters']), 1, never)).not.toBeInstanceOf(Promise);
  });

  it('gives up its place when its client goes away or its patience ends', async () => {
    const flow = control({ seats: 7, levels: withoutLending() });
    const jane = asked('jane', []);
    const first = flow.enter(jane, 60_000, never) as Seat;
    const leaving = new AbortController();
    const gone = flow.enter(jane, 60_000, leaving.signal) as Promise<Seat>;
    const impatient = flow.enter(jane, 5, never) as Promise<Seat>;
    leaving.abort(new Error('gone'));
    await expect(gone).rejects.toThrow('gone');
    await expect(impatient).rejects.toMatchObject({ code: 429 });
    const next = flow.enter(jane, 60_000, never);
    first.leave();
    expect((await next).priorityLevel).toBe('uid-global-default');
  });
});

describe('a list', () => {
  const query = (text: string) => ({ query: new URLSearchParams(text) });
  const taken = (flow: FlowControl) => [...flow.levels()].find(({ name }) => name === 'global-default')?.seatsTaken;
  const pods = { objects: 400, averageBytes: 2_000 };

  it.each([
    ['list', '', 8],
    ['list', 'limit=75', 2],
    ['list', 'limit=1000', 8],
    ['list', 'fieldSelector=metadata.name%3Dx', 1],
    ['list', 'fieldSelector=spec.nodeName%3Dx', 8],
    ['watch', '', 1],
    ['watch', 'sendInitialEvents=true', 8],
    ['get', '', 1],
    ['deletecollection', '', 1],
  ])('takes seats by the bytes that it is about: %s?%s %i', (verb, text, seats) => {
    const flow = control({ sizeOf: () => pods });
    const seat = flow.enter({ ...asked('jane', [], verb), ...query(text) }, 1000, never) as Seat;
    expect(taken(flow)).toBe(seats);
    seat.leave();
    expect(taken(flow)).toBe(0);
  });

  it('takes ten at most, and one where it is not known how much there is', () => {
    const sizes = new Map([['pods', { objects: 1_000_000, averageBytes: 2_000 }]]);
    const flow = control({ sizeOf: ({ resource }) => sizes.get(resource) });
    void flow.enter(asked('jane', []), 1000, never);
    expect(taken(flow)).toBe(10);
    void flow.enter(asked('jane', [], 'list', 'services'), 1000, never);
    expect(taken(flow)).toBe(11);
  });

  it('that is wider than its level waits until nobody else is there, and nobody goes before it', async () => {
    const flow = control({ seats: 15, levels: withoutLending(), sizeOf: () => pods });
    const first = flow.enter(asked('jane', [], 'get'), 60_000, never) as Seat;
    const order: string[] = [];
    const enter = (verb: string) =>
      Promise.resolve(flow.enter(asked('jane', [], verb), 60_000, never)).then((seat) => {
        order.push(verb);
        return seat;
      });
    const wide = enter('list');
    const narrow = enter('get');
    first.leave();
    expect(taken(flow)).toBe(8);
    (await wide).leave();
    await narrow;
    expect(order).toEqual(['list', 'get']);
  });
});

describe('fairness', () => {
  it('lets who asks for little in while another floods the level', async () => {
    const flow = control({ seats: 12, levels: withoutLending() });
    const order: string[] = [];
    const enter = (name: string): void => {
      void Promise.resolve(flow.enter(asked(name, []), 60_000, never)).then(
        (seat) => {
          order.push(name);
          setImmediate(() => seat.leave());
        },
        () => order.push(`${name} refused`),
      );
    };
    for (let i = 0; i < 200; i++) enter('flood');
    enter('modest');
    while (!order.includes('modest')) await new Promise(setImmediate);
    expect(order.indexOf('modest')).toBeLessThan(40);
  });

  it('deals each flow a hand of different queues', () => {
    fc.assert(
      fc.property(
        fc.string(),
        fc.integer({ min: 1, max: 512 }),
        fc.integer({ min: 1, max: 12 }),
        (flow, queues, size) => {
          const cards = hand(flow, queues, size);
          expect(new Set(cards).size).toBe(Math.min(size, queues));
          expect(cards.every((card) => card >= 0 && card < queues)).toBe(true);
          expect(hand(flow, queues, size)).toEqual(cards);
        },
      ),
    );
  });
});
