import { StatusError } from '@kubus/shared/errors';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isPodActive } from '../common/pod-state.ts';
import { JobWorld } from './testing/job-world.ts';
import { counted } from './track.ts';

class Died extends Error {}

/** What may happen between two looks of the controller; numbers choose a pod. */
const events = fc.oneof(
  fc.record({ type: fc.constant('succeed' as const), pod: fc.nat() }),
  fc.record({ type: fc.constant('fail' as const), pod: fc.nat() }),
  fc.record({ type: fc.constant('delete' as const), pod: fc.nat() }),
  fc.record({ type: fc.constant('purge' as const), pod: fc.nat() }),
  /** The controller is killed at the n-th request from now, before it took effect or after. */
  fc.record({ type: fc.constant('die' as const), at: fc.nat(6), lost: fc.boolean() }),
  fc.record({ type: fc.constant('conflict' as const), at: fc.nat(4) }),
  fc.record({ type: fc.constant('wait' as const) }),
);

type Happening = typeof events extends fc.Arbitrary<infer E> ? E : never;

/** Plays a Job to its end and keeps its own books: by uid, how each pod ended as far as the Job is concerned. */
class Play {
  readonly world = new JobWorld();
  readonly succeeded = new Set<string>();
  readonly failed = new Set<string>();
  #running = false;

  async happen(event: Happening): Promise<void> {
    const { world } = this;
    if (event.type === 'wait') world.cluster.clock.advance(600_000);
    if (event.type === 'die') this.#interrupt(event.at, new Died(), !event.lost);
    if (event.type === 'conflict') this.#interrupt(event.at, new StatusError('Conflict', 'changed'), false);
    if ('pod' in event) await this.#toPod(event);
  }

  /** Lets the controller run; when it dies, its successor starts with nothing but what is stored. */
  async run(): Promise<void> {
    const { world } = this;
    const before = world.driver.failures.length;
    this.#running = true;
    await world.driver.settle();
    this.#running = false;
    if (world.driver.failures.slice(before).some(({ error }) => error instanceof Died)) world.restart();
    const active = world.activePods();
    expect(active.length).toBeLessThanOrEqual(world.job().spec.parallelism ?? 1);
  }

  async #toPod(event: { type: string; pod: number }): Promise<void> {
    const { world } = this;
    const all = world.pods();
    if (event.type === 'purge') {
      const ended = all.filter((pod) => !isPodActive(pod));
      const pod = ended[event.pod % Math.max(1, ended.length)];
      if (pod !== undefined) await this.#delete(pod.metadata.name);
      return;
    }
    const active = world.activePods();
    const pod = active[event.pod % Math.max(1, active.length)];
    if (pod === undefined) return;
    const uid = pod.metadata.uid ?? '';
    if (event.type === 'succeed') this.succeeded.add(uid);
    else this.failed.add(uid);
    if (event.type === 'delete') await this.#delete(pod.metadata.name);
    else world.setPhase(pod, event.type === 'succeed' ? 'Succeeded' : 'Failed');
  }

  async #delete(name: string): Promise<void> {
    await this.world.cluster.request({
      group: '',
      version: 'v1',
      resource: 'pods',
      verb: 'delete',
      namespace: 'shop',
      name,
    });
  }

  /** At the n-th write from now an error; `after`: the write has taken effect all the same. */
  #interrupt(at: number, error: Error, after: boolean): void {
    const { cluster } = this.world;
    let left = at;
    const undo = cluster.intercept((request) => {
      if (!this.#running || left-- > 0) return undefined;
      undo();
      if (after) void cluster.request(request).catch(() => undefined);
      return error;
    });
  }
}

it('counts every pod exactly once, whatever dies when', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(events, { minLength: 5, maxLength: 40 }),
      fc.constantFrom('NonIndexed', 'Indexed'),
      async (happenings, completionMode) => {
        const play = new Play();
        play.world.create({ completions: 4, parallelism: 3, backoffLimit: 1000, completionMode });
        await play.run();
        for (const happening of happenings) {
          await play.happen(happening);
          await play.run();
        }
        for (let round = 0; round < 30 && play.world.condition('Complete') === undefined; round++) {
          play.world.cluster.clock.advance(600_000);
          await play.run();
          for (const _ of play.world.activePods()) await play.happen({ type: 'succeed', pod: 0 });
          await play.run();
        }
        const { succeeded = 0, failed = 0 } = play.world.status();
        expect(play.world.condition('Complete')?.status).toBe('True');
        expect({ succeeded, failed }).toEqual({ succeeded: play.succeeded.size, failed: play.failed.size });
        expect(play.world.tracked()).toEqual([]);
      },
    ),
    { numRuns: 60 },
  );
});

it('keeps the pods in the list, and out of the numbers, whose finalizer may still be there', () => {
  const uncountedTerminatedPods = { succeeded: ['a', 'b'], failed: ['c', 'd', 'e'] };
  const status = { succeeded: 2, uncountedTerminatedPods };
  expect(counted(status, new Set(['b', 'd', 'e']))).toEqual({
    succeeded: 3,
    failed: 1,
    uncountedTerminatedPods: { succeeded: ['b'], failed: ['d', 'e'] },
  });
});
