import { beforeEach, describe, expect, it } from 'vitest';
import { ContainerView, type Seen } from './container-view.ts';
import { label } from './labels.ts';

const seen = (id: string, podUid: string, state: Seen['state'] = 'running'): Seen => ({
  ...{ id, state, image: 'i', imageId: '', ips: [] },
  labels: { [label.podUid]: podUid },
});

describe('a view of the containers', () => {
  let now: number;
  let asked: (string | undefined)[];
  let engine: Seen[];
  /** Answers wait for it. */
  let gate: Promise<void>;
  let view: ContainerView;
  const ids = async (podUid: string) => (await view.ofPod(podUid)).map(({ id }) => id);

  beforeEach(() => {
    now = 1_000;
    asked = [];
    engine = [seen('a', 'pod-1'), seen('b', 'pod-2')];
    gate = Promise.resolve();
    view = new ContainerView(
      async (podUid) => {
        asked.push(podUid);
        const answer = engine.map((container) => ({ ...container }));
        await gate;
        return answer.filter(({ labels }) => podUid === undefined || labels[label.podUid] === podUid);
      },
      () => now,
    );
  });

  it('asks for each pod while nobody tells of changes', async () => {
    expect(await ids('pod-1')).toEqual(['a']);
    expect(await ids('pod-1')).toEqual(['a']);
    expect(asked).toEqual(['pod-1', 'pod-1']);
  });

  it('asks once for all pods while the events are followed, and again when the answer has grown old', async () => {
    view.follow(true);
    expect(await Promise.all([ids('pod-1'), ids('pod-2'), ids('pod-3')])).toEqual([['a'], ['b'], []]);
    expect(asked).toEqual([undefined]);
    now += 31_000;
    engine.push(seen('c', 'pod-3'));
    expect(await ids('pod-3')).toEqual(['c']);
    expect(asked).toHaveLength(2);
  });

  it('shows at once what the agent made, started and removed', async () => {
    view.follow(true);
    await ids('pod-1');
    view.put(seen('c', 'pod-1', 'created'));
    view.turned('c', 'running');
    view.remove('a');
    expect(await view.ofPod('pod-1')).toMatchObject([{ id: 'c', state: 'running' }]);
    expect(asked).toHaveLength(1);
  });

  it('believes no list that is older than what the agent did meanwhile', async () => {
    view.follow(true);
    engine.push(seen('c', 'pod-1', 'created'));
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    const listing = view.ofPod('pod-1');
    view.put(seen('c', 'pod-1', 'created'));
    view.turned('c', 'running');
    view.put(seen('d', 'pod-1'));
    view.remove('a');
    resolve();
    expect(await listing).toMatchObject([
      { id: 'c', state: 'running' },
      { id: 'd', state: 'running' },
    ]);
  });

  it('asks again after a loss of the events, also when a list from before it comes late', async () => {
    view.follow(true);
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    const late = view.ofPod('pod-1');
    view.follow(false);
    view.follow(true);
    engine = [];
    const next = view.ofPod('pod-1');
    resolve();
    await late;
    await next;
    expect(asked).toHaveLength(2);
    expect(await ids('pod-1')).toEqual([]);
  });

  it('believes no list that comes after the answer to a later one', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    // One of a pod, as an agent asks for that does not follow the events yet, and one of all.
    const late = [view.ofPod('pod-1'), view.all()];
    view.follow(true);
    engine = [];
    gate = Promise.resolve();
    expect(await ids('pod-1')).toEqual([]);
    resolve();
    await Promise.all(late);
    expect(await ids('pod-1')).toEqual([]);
  });

  it('waits for the later list where one has overtaken that which was asked for', async () => {
    view.follow(true);
    const first = view.ofPod('pod-1');
    const { promise, resolve } = Promise.withResolvers<void>();
    gate = promise;
    engine.push(seen('c', 'pod-1'));
    const all = view.all();
    resolve();
    expect((await first).map(({ id }) => id)).toEqual(['a', 'c']);
    await all;
  });

  it('asks again after a list that failed', async () => {
    view.follow(true);
    gate = Promise.reject(new Error('no engine'));
    await expect(view.ofPod('pod-1')).rejects.toThrow('no engine');
    gate = Promise.resolve();
    expect(await ids('pod-1')).toEqual(['a']);
  });
});
