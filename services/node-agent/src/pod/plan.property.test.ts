import type { Pod } from '@kubus/shared/schema';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildPod, container } from '../../test/rig.ts';
import type { ContainerRecord } from '../runtime/contract.ts';
import { imageVolumeKey } from './image-volumes.ts';
import { newMemory, type PodMemory } from './memory.ts';
import { noteVanished, observe } from './observe.ts';
import { imageKey, plan, type Step } from './plan.ts';
import { podPhase } from './status.ts';
import { formatTime } from './times.ts';
import { volumesWish } from './volumes-wish.ts';

type Fault =
  | { fault: 'container ends'; which: number; code: number }
  | { fault: 'record vanishes'; which: number }
  | { fault: 'everything ends' }
  | { fault: 'start is refused'; which: number }
  | { fault: 'probe fails'; which: number }
  | { fault: 'agent forgets' }
  | { fault: 'time passes'; seconds: number };

const faults: fc.Arbitrary<Fault> = fc.oneof(
  fc.record({ fault: fc.constant('container ends' as const), which: fc.nat(20), code: fc.constantFrom(0, 1, 137) }),
  fc.record({ fault: fc.constant('record vanishes' as const), which: fc.nat(20) }),
  fc.record({ fault: fc.constant('everything ends' as const) }),
  fc.record({ fault: fc.constant('start is refused' as const), which: fc.nat(5) }),
  fc.record({ fault: fc.constant('probe fails' as const), which: fc.nat(20) }),
  fc.record({ fault: fc.constant('agent forgets' as const) }),
  fc.record({ fault: fc.constant('time passes' as const), seconds: fc.nat(700) }),
);

const policies = ['Always', 'OnFailure', 'Never'] as const;
const pods = fc
  .record({
    policy: fc.constantFrom(...policies),
    inits: fc.nat(2),
    sidecar: fc.boolean(),
    regular: fc.integer({ min: 1, max: 3 }),
    hooks: fc.boolean(),
    image: fc.boolean(),
  })
  .map(({ policy, inits, sidecar, regular, hooks, image }) =>
    buildPod('p', {
      restartPolicy: policy,
      ...(image ? { volumes: [{ name: 'files', image: { reference: 'files:1' } }] } : {}),
      initContainers: [
        ...Array.from({ length: inits }, (_, i) => container(`init-${i}`, 'x')),
        ...(sidecar ? [container('sidecar', 'x', { restartPolicy: 'Always' })] : []),
      ],
      containers: Array.from({ length: regular }, (_, i) =>
        container(`main-${i}`, 'x', {
          ...(hooks ? { lifecycle: { postStart: { sleep: { seconds: 1 } } } } : {}),
          ...(image ? { volumeMounts: [{ name: 'files', mountPath: '/files' }] } : {}),
        }),
      ),
    }),
  );

/** A runtime that does at once what a step asks, and an agent over it; breaks off at the first thing that must never happen. */
class World {
  readonly pod: Pod;
  records: ContainerRecord[] = [];
  memory: PodMemory = newMemory();
  /** What the checkpoint keeps. */
  attempts = new Map<string, number>();
  now = 1_000_000_000_000;
  deleted = false;
  readonly #made = new Set<string>();
  /** Last exit code of each container that ended and is still there. */
  readonly #ended = new Map<string, number>();

  constructor(pod: Pod) {
    this.pod = pod;
  }

  round(): number {
    const { pod, memory, now } = this;
    noteVanished(this.records, memory, now);
    const observed = observe(pod, this.records, memory);
    const known = pod.status?.phase;
    const phase = podPhase(pod, observed);
    if (known === 'Succeeded' || known === 'Failed') expect(phase).toBe(known);
    pod.status = { ...pod.status, phase };
    const { steps } = plan({ pod, observed, memory, now, gone: false });
    for (const step of steps) this.#carryOut(step);
    return steps.length;
  }

  /** Until there is nothing left to do; the time passes while the plan waits. */
  settle(): void {
    for (let i = 0; i < 200; i++) {
      if (this.round() > 0) continue;
      const before = this.now;
      this.now += 700_000;
      if (this.round() === 0) return;
      expect(before).toBeLessThan(this.now);
    }
    throw new Error('the plan does not come to rest');
  }

  apply(fault: Fault): void {
    const running = this.records.filter((r) => r.state === 'running');
    if (fault.fault === 'container ends') {
      const victim = running[fault.which % Math.max(1, running.length)];
      if (victim !== undefined) this.#end(victim, fault.code);
    } else if (fault.fault === 'record vanishes') this.#vanish(fault.which);
    else if (fault.fault === 'probe fails') {
      const sick = running[fault.which % Math.max(1, running.length)];
      if (sick !== undefined) this.memory.health.set(sick.id, { started: true, ready: false, failed: 'liveness' });
    } else if (fault.fault === 'start is refused') this.#refuse(fault.which);
    else if (fault.fault === 'everything ends') for (const record of running) this.#end(record, 137);
    else if (fault.fault === 'agent forgets') this.memory = newMemory(this.attempts, this.memory.postStarted);
    else this.now += fault.seconds * 1000;
  }

  running(): string[] {
    return this.records
      .filter((r) => r.state === 'running' && r.container !== '')
      .map((r) => r.container)
      .sort();
  }

  #end(record: ContainerRecord, code: number): void {
    Object.assign(record, { state: 'exited', exitCode: code, finishedAt: formatTime(this.now) });
    // What its probe or hook had given up has not succeeded, whatever it ended with.
    const { health, postStartFailed } = this.memory;
    const unhealthy = health.get(record.id)?.failed !== undefined || postStartFailed.has(record.id);
    this.#ended.set(record.container, unhealthy && code === 0 ? 137 : code);
  }

  #vanish(which: number): void {
    for (const { container: name } of this.records.splice(which % Math.max(1, this.records.length), 1))
      this.#ended.delete(name);
  }

  #refuse(which: number): void {
    const { initContainers = [], containers } = this.pod.spec ?? { containers: [] };
    const all = ['', ...initContainers.map((c) => c.name), ...containers.map((c) => c.name)];
    this.memory.retryAt.set(all[which % all.length] ?? '', this.now + 60_000);
  }

  #carryOut(step: Step): void {
    switch (step.step) {
      case 'run-sandbox':
        expect(this.running()).toEqual([]);
        this.#add('', step.attempt, step.attempt);
        return;
      case 'pull-image':
        this.memory.images.add(imageKey(step.container, step.image));
        return;
      case 'fill-image-volume':
        this.memory.images.add(imageVolumeKey(step.volume));
        return;
      case 'set-up-volumes':
        this.memory.volumes.wish = volumesWish(this.pod);
        return;
      case 'run-container':
        this.#mayStart(step.container);
        this.memory.images.delete(imageKey(step.container, 'busybox'));
        this.#add(step.container, step.attempt, step.sandboxAttempt);
        return;
      case 'run-post-start':
        expect(this.memory.postStarted.get(step.container), 'its hook has ended').not.toBe(step.attempt);
        this.memory.postStarted.set(step.container, step.attempt);
        return;
      case 'note-back-off':
        this.memory.backOffNoted.set(step.container, { endedAt: step.endedAt, until: step.until });
        return;
      case 'stop-container':
        for (const record of this.records) if (record.id === step.id) this.#end(record, 143);
        return;
      case 'remove-container':
        this.records = this.records.filter((r) => r.id !== step.id);
        return;
      case 'report-deleted':
        expect(this.records).toEqual([]);
        this.deleted = true;
        this.memory.reportedDeleted = true;
        return;
      case 'resize-container':
      case 'start-container':
        throw new Error('nothing is made here without being started');
    }
  }

  #add(name: string, attempt: number, sandboxAttempt: number): void {
    const id = `${name}/${attempt}`;
    expect(this.#made, `two containers for ${id}`).not.toContain(id);
    this.#made.add(id);
    this.memory.attempts.set(name, attempt);
    this.attempts.set(name, attempt);
    this.records.push({
      ...{ id, podUid: 'uid-p', podName: 'p', podNamespace: 'default', container: name, attempt, sandboxAttempt },
      ...{ state: 'running', image: 'busybox', imageId: 'x', ips: [], startedAt: formatTime(this.now) },
    });
  }

  #mayStart(name: string): void {
    const { initContainers = [], restartPolicy } = this.pod.spec ?? {};
    expect(this.running()).not.toContain(name);
    if (restartPolicy === 'Never' && name !== 'sidecar') expect(this.attempts.has(name), 'ran before').toBe(false);
    if (!name.startsWith('main-')) return;
    if (this.pod.spec?.volumes !== undefined) {
      expect(this.memory.volumes.wish, 'its volumes are there').toBeDefined();
      expect(this.memory.images, 'its image volume has its files').toContain(imageVolumeKey('files'));
    }
    if (restartPolicy === 'OnFailure') expect(this.#ended.get(name), 'has succeeded').not.toBe(0);
    for (const init of initContainers.filter((c) => c.restartPolicy === undefined)) {
      const last = this.records.filter((r) => r.container === init.name).at(-1);
      if (last !== undefined) expect([last.state, last.exitCode]).toEqual(['exited', 0]);
    }
  }
}

/** Lets init containers succeed, as long as any runs. */
function finishInits(world: World): void {
  for (let i = 0; i < 50; i++) {
    world.settle();
    const init = world.records.find((r) => r.container.startsWith('init-') && r.state === 'running');
    if (init === undefined) return;
    Object.assign(init, { state: 'exited', exitCode: 0, finishedAt: formatTime(world.now) });
  }
}

const runs = (pod: Pod, sequence: readonly Fault[]) => {
  const world = new World(pod);
  for (const fault of sequence) {
    world.round();
    world.apply(fault);
  }
  finishInits(world);
  return world;
};

const thorough = { numRuns: 1_000 };

describe('the plan of a pod, through any sequence of faults', () => {
  it('makes no attempt twice, starts nothing before the init containers are done, restarts nothing that must not be', () => {
    fc.assert(
      fc.property(
        pods,
        fc.array(faults, { maxLength: 30 }),
        (pod, sequence) => void runs(structuredClone(pod), sequence),
      ),
      thorough,
    );
  });

  it('ends with every container running when they are to run always', () => {
    const always = pods.filter((pod) => pod.spec?.restartPolicy === 'Always');
    fc.assert(
      fc.property(always, fc.array(faults, { maxLength: 30 }), (pod, sequence) => {
        const world = runs(structuredClone(pod), sequence);
        const names = [
          ...(pod.spec?.initContainers ?? []).filter((c) => c.restartPolicy === 'Always'),
          ...(pod.spec?.containers ?? []),
        ];
        expect(world.running()).toEqual(names.map((c) => c.name).sort());
        expect(world.records.filter((r) => r.container === '' && r.state === 'running')).toHaveLength(1);
      }),
      thorough,
    );
  });

  it('leaves nothing of a deleted pod, and then says so', () => {
    fc.assert(
      fc.property(pods, fc.array(faults, { maxLength: 30 }), (pod, sequence) => {
        const world = runs(structuredClone(pod), sequence);
        world.pod.metadata.deletionTimestamp = formatTime(world.now);
        world.settle();
        expect(world.records).toEqual([]);
        expect(world.deleted).toBe(true);
      }),
      thorough,
    );
  });
});
