import type { ApiRequest } from '@kubus/shared/bus';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isPodReady, isPodTerminal } from '../common/pod-state.ts';
import { statefulSets, templateOf, World } from '../common/testing/world.ts';
import type { Pod, StatefulSet } from '../common/types.ts';
import { isInRange, ordinalOf, revisionOf } from './identity.ts';

type Act =
  | { type: 'scale'; replicas: number }
  | { type: 'image'; tag: number }
  | { type: 'partition'; partition: number }
  | { type: 'ready' | 'unready' | 'fail' | 'delete'; index: number }
  | { type: 'terminate' | 'step' | 'crash' | 'deliver' };

const index = fc.nat(9);
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 8, arbitrary: fc.constant<Act>({ type: 'step' }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('ready' as const), index }) },
  { weight: 3, arbitrary: fc.constant<Act>({ type: 'terminate' }) },
  fc.record({ type: fc.constantFrom('unready' as const, 'fail' as const, 'delete' as const), index }),
  fc.record({ type: fc.constant('scale' as const), replicas: fc.nat(5) }),
  fc.record({ type: fc.constant('image' as const), tag: fc.nat(2) }),
  fc.record({ type: fc.constant('partition' as const), partition: fc.nat(3) }),
  fc.constantFrom<Act>({ type: 'crash' }, { type: 'deliver' }),
);

const start = (podManagementPolicy: string): StatefulSet => ({
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'db', namespace: 'shop' },
  spec: {
    replicas: 3,
    selector: { matchLabels: { app: 'web' } },
    podManagementPolicy,
    updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
    template: templateOf('db:0'),
  },
});

/** A set in a world where processes die with creates under way, which are delivered later. */
class Story {
  readonly world = new World();
  readonly broken: string[] = [];
  #driver = this.world.start('statefulset');
  #late: ApiRequest[] = [];
  #dying = false;
  #byHand = true;

  constructor(policy: string) {
    const ordered = policy === 'OrderedReady';
    this.world.cluster.seed(statefulSets, start(policy));
    this.#driver = this.world.start('statefulset');
    this.world.cluster.intercept((request) => {
      if (this.#byHand || request.resource !== 'pods') return undefined;
      if (this.#dying && request.verb === 'create') {
        this.#late.push(request);
        return new Error('timeout');
      }
      if (ordered) this.#judge(request);
      return undefined;
    });
    this.#byHand = false;
  }

  get set(): StatefulSet {
    return this.world.cluster.get<StatefulSet>(statefulSets).get('shop', 'db') as StatefulSet;
  }

  wanted(): Pod[] {
    return this.world.pods().filter((pod) => isInRange(this.set, ordinalOf(this.set, pod) ?? -1));
  }

  /** In order: a pod is made only when all before it are well, and none that may run is taken while another of the set is not. */
  #judge({ verb, name, body }: ApiRequest): void {
    const wanted = this.wanted();
    const well = (pod: Pod) => isPodReady(pod) && !isPodTerminal(pod) && pod.metadata.deletionTimestamp === undefined;
    if (verb === 'create') {
      const ordinal = ordinalOf(this.set, body as Pod) ?? -1;
      const before = wanted.filter((pod) => (ordinalOf(this.set, pod) ?? -1) < ordinal);
      if (before.length !== ordinal || !before.every(well)) this.broken.push(`made ${ordinal} too early`);
    }
    const taken = wanted.find((pod) => pod.metadata.name === name);
    if (verb !== 'delete' || taken === undefined || isPodTerminal(taken)) return;
    const all = wanted.length === this.set.spec.replicas;
    if (!all || !wanted.every((pod) => pod === taken || well(pod))) this.broken.push(`took ${name} too early`);
  }

  async act(act: Act): Promise<void> {
    const { world } = this;
    const pods = world.pods();
    const pod = 'index' in act && pods.length > 0 ? pods[act.index % pods.length] : undefined;
    const edit = (change: (set: StatefulSet) => void) =>
      this.#hands(() => world.editObject(statefulSets, 'db', change));
    if (act.type === 'step') await this.#driver.step();
    if (act.type === 'terminate') world.terminate();
    if (act.type === 'crash') await this.#crash();
    if (act.type === 'deliver') await this.deliver();
    if (act.type === 'scale') await edit(({ spec }) => Object.assign(spec, { replicas: act.replicas }));
    if (act.type === 'image') await edit(({ spec }) => Object.assign(spec, { template: templateOf(`db:${act.tag}`) }));
    if (act.type === 'partition')
      await edit(({ spec }) =>
        Object.assign(spec, { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: act.partition } } }),
      );
    if (pod !== undefined && !isPodTerminal(pod)) await this.#befall(pod, act.type);
  }

  async #befall(pod: Pod, what: Act['type']): Promise<void> {
    if (what === 'ready') this.world.setReady(pod);
    if (what === 'unready') this.world.setReady(pod, false);
    if (what === 'fail') this.world.setPhase(pod, 'Failed');
    if (what !== 'delete') return;
    const target = { group: '', version: 'v1', resource: 'pods', namespace: 'shop', name: pod.metadata.name };
    await this.#hands(() => this.world.cluster.request({ ...target, verb: 'delete' }));
  }

  async #hands(work: () => Promise<unknown>): Promise<void> {
    this.#byHand = true;
    await work();
    this.#byHand = false;
  }

  async #crash(): Promise<void> {
    this.#dying = true;
    await this.#driver.step();
    this.#dying = false;
    this.#driver = this.world.start('statefulset');
  }

  async deliver(): Promise<void> {
    const late = this.#late.splice(0);
    await this.#hands(async () => {
      for (const request of late) await this.world.cluster.request(request).catch(() => undefined);
    });
  }
}

it.each([
  'OrderedReady',
  'Parallel',
])('whatever happens, a set that is %s keeps its order and ends as it is to be', async (policy) => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 60 }), async (acts) => {
      const story = new Story(policy);
      for (const one of acts) await story.act(one);
      await story.deliver();
      await story.act({ type: 'partition', partition: 0 });
      await story.world.converge();
      const { spec, status } = story.set;
      expect(story.broken).toEqual([]);
      expect(story.wanted()).toHaveLength(spec.replicas ?? 0);
      expect(story.world.pods()).toHaveLength(spec.replicas ?? 0);
      expect(story.world.pods().every((pod) => revisionOf(pod) === status?.updateRevision)).toBe(true);
      expect(status?.currentRevision).toBe(status?.updateRevision);
    }),
    { numRuns: 150 },
  );
});
