import type { ApiRequest } from '@kubus/shared/bus';
import type { ControllerDriver } from '@kubus/testkit';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { controllerOf } from '../common/owners.ts';
import { isPodReady } from '../common/pod-state.ts';
import { deployments, newDeployment, templateOf, World } from '../common/testing/world.ts';
import type { ReplicaSet } from '../common/types.ts';
import { sizeOf, totalSize } from './sizes.ts';
import { desiredReplicas, maxSurge, maxUnavailable } from './strategy.ts';
import { sameTemplate } from './template.ts';

/** What can happen next. `pod` picks one of those there are. */
type Happening =
  | { what: 'deployment' | 'replicaset' | 'terminate' | 'arrive' }
  | { what: 'ready' | 'unready' | 'fail' | 'delete'; pod: number }
  | { what: 'image'; image: string }
  | { what: 'scale'; replicas: number }
  | { what: 'pause'; paused: boolean }
  | { what: 'advance'; seconds: number }
  /** The process dies at its next write but `after`: before or after it takes effect, or the write takes effect late. */
  | { what: 'crash'; after: number; write: 'lost' | 'done' | 'late' };

const controllers = fc.constantFrom<Happening>({ what: 'deployment' }, { what: 'replicaset' });
const pod = (what: 'ready' | 'unready' | 'fail' | 'delete') => fc.nat(20).map((pod): Happening => ({ what, pod }));
const image = fc.constantFrom('web:1', 'web:2', 'web:3').map((image): Happening => ({ what: 'image', image }));

const peaceful = fc.oneof(
  { weight: 6, arbitrary: controllers },
  { weight: 6, arbitrary: pod('ready') },
  { weight: 1, arbitrary: fc.constant<Happening>({ what: 'terminate' }) },
  { weight: 1, arbitrary: image },
);

const wild = fc.oneof(
  { weight: 10, arbitrary: peaceful },
  { weight: 1, arbitrary: fc.constant<Happening>({ what: 'arrive' }) },
  { weight: 1, arbitrary: pod('unready') },
  { weight: 1, arbitrary: pod('fail') },
  { weight: 1, arbitrary: pod('delete') },
  { weight: 1, arbitrary: fc.nat(8).map((replicas): Happening => ({ what: 'scale', replicas })) },
  { weight: 1, arbitrary: fc.boolean().map((paused): Happening => ({ what: 'pause', paused })) },
  { weight: 1, arbitrary: fc.nat(700).map((seconds): Happening => ({ what: 'advance', seconds })) },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constant('crash' as const),
      after: fc.nat(4),
      write: fc.constantFrom('lost' as const, 'done' as const, 'late' as const),
    }),
  },
);

const strategy = fc.record({
  type: fc.constant('RollingUpdate'),
  rollingUpdate: fc.record({ maxSurge: fc.nat(3), maxUnavailable: fc.nat(3) }),
});

class Simulation {
  readonly world = new World();
  /** What was not to happen and did; collected, because a controller survives an assertion that fails under its hands. */
  readonly violations: string[] = [];
  #deployment!: ControllerDriver;
  #replicaSet!: ControllerDriver;
  #undoCrash = () => {};
  #working = false;
  /** A write of a dead process takes effect just now. */
  arriving = false;
  readonly #late: ApiRequest[] = [];

  constructor(deployment = newDeployment()) {
    this.world.cluster.seed(deployments, deployment);
    this.#restart();
  }

  async happen(happening: Happening): Promise<void> {
    const { world } = this;
    switch (happening.what) {
      case 'deployment':
        return this.#step(this.#deployment);
      case 'replicaset':
        return this.#step(this.#replicaSet);
      case 'terminate':
        world.terminate();
        return;
      case 'arrive':
        return this.#arrive();
      case 'advance':
        return world.cluster.clock.advance(happening.seconds * 1000);
      case 'image':
        return world.edit((d) => Object.assign(d.spec, { template: templateOf(happening.image) }));
      case 'scale':
        return world.edit((d) => Object.assign(d.spec, { replicas: happening.replicas }));
      case 'pause':
        return world.edit((d) => Object.assign(d.spec, { paused: happening.paused }));
      case 'crash':
        return this.#crash(happening);
      default:
        return this.#onPod(happening);
    }
  }

  async #step(driver: ControllerDriver): Promise<void> {
    const failures = driver.failures.length;
    this.#working = true;
    await driver.step();
    this.#working = false;
    if (driver.failures.length === failures) return;
    this.#undoCrash();
    this.#restart();
  }

  async #onPod({ what, pod: index }: Extract<Happening, { pod: number }>): Promise<void> {
    const active = this.world.activePods().filter((pod) => what !== 'ready' || !isPodReady(pod));
    const pod = active[index % Math.max(1, active.length)];
    if (pod === undefined) return;
    const { name } = pod.metadata;
    if (what === 'fail') this.world.setPhase(pod, 'Failed');
    else if (what === 'delete')
      await this.world.cluster.request({
        group: '',
        version: 'v1',
        resource: 'pods',
        verb: 'delete',
        namespace: 'shop',
        name,
      });
    else this.world.setReady(pod, what === 'ready');
  }

  /** Both controllers live in the process that dies. What it had sent in one message shares one fate. */
  #crash({ after, write }: Extract<Happening, { what: 'crash' }>): void {
    this.#undoCrash();
    let left = after;
    this.#undoCrash = this.world.cluster.intercept((request) => {
      if (!this.#working || this.arriving || request.verb === 'get' || left-- > 0) return undefined;
      if (write === 'late') this.#late.push(request);
      if (write === 'done') void this.#arrive([request]);
      return new Error('the process died');
    });
  }

  /** Writes of the dead take effect, where they still fit. */
  async #arrive(requests: ApiRequest[] = this.#late.splice(0)): Promise<void> {
    this.arriving = true;
    const arrived = requests.map((request) => this.world.cluster.request(request).catch(() => undefined));
    this.arriving = false;
    await Promise.all(arrived);
  }

  #restart(): void {
    this.#deployment = this.world.start('deployment');
    this.#replicaSet = this.world.start('replicaset');
  }

  /** No more faults; what was under way arrives; agents do their work; the user wants it to run. */
  async finish(): Promise<void> {
    this.#undoCrash();
    await this.#arrive();
    this.#restart();
    await this.world.edit((d) => Object.assign(d.spec, { paused: false }));
    for (let i = 0; i < 3; i++) {
      this.world.cluster.clock.advance(1000);
      await this.world.converge();
    }
  }
}

/** Says of every write to the sizes of ReplicaSets that went too far. What the dead had sent was right when they sent it. */
function watchOvershoot(simulation: Simulation): void {
  const { world, violations } = simulation;
  let before = totalSize(world.replicaSets());
  world.cluster.get<ReplicaSet>({ group: 'apps', resource: 'replicasets' }).onChange(() => {
    const total = totalSize(world.replicaSets());
    const allowed = desiredReplicas(world.deployment()) + maxSurge(world.deployment());
    if (total > Math.max(before, allowed) && !simulation.arriving) {
      violations.push(`${total} pods asked for, ${allowed} allowed`);
    }
    before = total;
  });
}

/** Says of every pod that was made above what its ReplicaSet asked for. */
function watchSurplusPods(simulation: Simulation): void {
  const { world, violations } = simulation;
  const peak = new Peak();
  world.cluster.get<ReplicaSet>({ group: 'apps', resource: 'replicasets' }).onChange(({ object }) => {
    peak.see(object.metadata.uid ?? '', sizeOf(object));
  });
  world.cluster.get({ group: '', resource: 'pods' }).onChange(({ type, object }) => {
    if (type !== 'added') return;
    const owner = controllerOf(object)?.uid ?? '';
    const replicaSet = world.replicaSets().find(({ metadata }) => metadata.uid === owner);
    const siblings = world.activePods().filter((pod) => controllerOf(pod)?.uid === owner);
    const current = replicaSet === undefined ? 0 : sizeOf(replicaSet);
    const wanted = simulation.arriving ? peak.of(owner) : current;
    if (siblings.length > wanted) violations.push(`${siblings.length} pods of ${wanted}`);
  });
}

/** The highest number seen under each name. */
class Peak {
  readonly #highest = new Map<string, number>();

  see(name: string, number: number): void {
    this.#highest.set(name, Math.max(this.of(name), number));
  }

  of(name: string): number {
    return this.#highest.get(name) ?? 0;
  }
}

/** Says when pods of two templates are there at once. */
function watchMixture({ world, violations }: Simulation): void {
  world.cluster.get({ group: '', resource: 'pods' }).onChange(({ type }) => {
    if (type !== 'added') return;
    const pods = world.pods().filter(({ status }) => status?.phase !== 'Failed');
    const owners = new Set(pods.map((pod) => controllerOf(pod)?.uid));
    if (owners.size > 1) violations.push(`pods of ${owners.size} ReplicaSets`);
  });
}

function expectComplete({ world, violations }: Simulation): void {
  expect(violations).toEqual([]);
  const deployment = world.deployment();
  const current = world.replicaSets().find((rs) => sameTemplate(rs.spec.template, deployment.spec.template));
  for (const rs of world.replicaSets()) expect(sizeOf(rs)).toBe(rs === current ? desiredReplicas(deployment) : 0);
  expect(world.activePods().filter(isPodReady)).toHaveLength(desiredReplicas(deployment));
  expect(world.activePods()).toHaveLength(desiredReplicas(deployment));
  const { replicas = 0, updatedReplicas = 0, availableReplicas = 0, observedGeneration } = deployment.status ?? {};
  expect([replicas, updatedReplicas, availableReplicas]).toEqual(Array(3).fill(desiredReplicas(deployment)));
  expect(observedGeneration).toBe(deployment.metadata.generation);
  expect(deployment.metadata.annotations?.['deployment.kubernetes.io/revision']).toBe(
    current?.metadata.annotations?.['deployment.kubernetes.io/revision'],
  );
}

it('whatever the order of events, a rollout keeps to its surge and its minimum of ready pods', async () => {
  const scenario = fc.record({
    replicas: fc.integer({ min: 1, max: 6 }),
    strategy,
    happenings: fc.array(peaceful, { maxLength: 80 }),
  });
  await fc.assert(
    fc.asyncProperty(scenario, async ({ replicas, strategy, happenings }) => {
      const simulation = new Simulation(newDeployment({ replicas, strategy }));
      await simulation.world.converge();
      watchOvershoot(simulation);
      const deployment = simulation.world.deployment();
      const minimum = desiredReplicas(deployment) - maxUnavailable(deployment);
      for (const happening of happenings) {
        await simulation.happen(happening);
        expect(simulation.world.activePods().filter(isPodReady).length).toBeGreaterThanOrEqual(minimum);
      }
      await simulation.finish();
      expectComplete(simulation);
    }),
    { numRuns: 150 },
  );
});

it('whatever fails, dies or is changed on the way, the rollout ends complete and nothing is made twice', async () => {
  const scenario = fc.record({ strategy, happenings: fc.array(wild, { maxLength: 80 }) });
  await fc.assert(
    fc.asyncProperty(scenario, async ({ strategy, happenings }) => {
      const simulation = new Simulation(newDeployment({ strategy }));
      watchSurplusPods(simulation);
      watchOvershoot(simulation);
      for (const happening of happenings) await simulation.happen(happening);
      await simulation.finish();
      expectComplete(simulation);
    }),
    { numRuns: 150 },
  );
});

it('Recreate never has pods of two templates at once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(wild, { maxLength: 80 }), async (happenings) => {
      const simulation = new Simulation(newDeployment({ strategy: { type: 'Recreate' } }));
      watchMixture(simulation);
      watchSurplusPods(simulation);
      for (const happening of happenings) await simulation.happen(happening);
      await simulation.finish();
      expectComplete(simulation);
    }),
    { numRuns: 150 },
  );
});
