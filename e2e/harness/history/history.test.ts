import { describe, expect, it } from 'vitest';
import {
  acknowledgedWritesWereSeen,
  type Change,
  deltasLeadTo,
  type Entry,
  jobIsComplete,
  jobsCountOnce,
  type Listing,
  merge,
  neverBelow,
  noAcknowledgedWriteLost,
  nothingIsAllocatedTwice,
  nothingIsOrphaned,
  podsRunOnce,
  type Recorded,
  type Recording,
  readersAgree,
  staysInNamespace,
  type Write,
  watchIsListAndDeltas,
} from './index.ts';

const object = (name: string, revision: number, more: Partial<Recorded> & { uid?: string } = {}): Recorded => {
  const { uid = name, metadata, ...rest } = more;
  return {
    apiVersion: 'v1',
    kind: 'Thing',
    metadata: { name, namespace: 'x', uid, resourceVersion: `${revision}`, ...metadata },
    ...rest,
  };
};
const change = (type: Change['type'], revision: number, it: Recorded, resource = 'things'): Change => ({
  kind: 'change',
  resource,
  revision,
  type,
  object: it,
});
const list = (revision: number, objects: Recorded[], resource = 'things'): Listing => ({
  kind: 'list',
  resource,
  revision,
  objects,
});
const recording = (entries: Entry[], reader = 'api', resource = 'things'): Recording => ({ reader, resource, entries });

const a1 = object('a', 1);
const a2 = object('a', 2);
const b3 = object('b', 3);

describe('what a reader saw', () => {
  const good = [list(1, [a1]), change('MODIFIED', 2, a2), change('ADDED', 3, b3), change('DELETED', 4, object('a', 4))];

  it('is a list and the deltas after it, and leads to what is stored', () => {
    expect(watchIsListAndDeltas(recording(good))).toEqual([]);
    expect(deltasLeadTo(recording(good), [b3])).toEqual([]);
  });

  it.each([
    ['lost its beginning', [list(1, []), change('MODIFIED', 2, a2)], /not there/],
    ['lost a deletion', [list(1, [a1]), change('ADDED', 2, a2)], /which is there/],
    ['has another uid', [list(1, [a1]), change('MODIFIED', 2, object('a', 2, { uid: 'z' }))], /another uid/],
    ['has a change twice', [list(1, [a1]), change('MODIFIED', 2, a2), change('MODIFIED', 2, a2)], /twice/],
    ['is out of order', [list(1, [a1]), change('ADDED', 3, b3), change('MODIFIED', 2, a2)], /after revision 3/],
    ['went back in time', [list(1, [a1]), change('ADDED', 3, b3), list(2, [a2])], /after revision 3/],
  ])('is not when it %s', (_, entries, message) => {
    expect(watchIsListAndDeltas(recording(entries)).join()).toMatch(message);
  });

  it('does not lead to what is stored when the last change was left out', () => {
    expect(deltasLeadTo(recording(good.slice(0, 3)), [b3])).toHaveLength(1);
    expect(deltasLeadTo(recording(good), [])).toHaveLength(1);
  });

  it('is the same for every reader', () => {
    expect(readersAgree([recording(good), recording(good, 'api-2')])).toEqual([]);
    // Who lists anew has missed nothing.
    expect(readersAgree([recording(good), recording([list(1, [a1]), list(4, [b3])], 'api-2')])).toEqual([]);
  });

  it('is not the same when a revision is something else for one of them, or is left out', () => {
    const other = [list(1, [a1]), change('MODIFIED', 2, object('a', 2, { uid: 'z' }))];
    expect(readersAgree([recording(good), recording(other, 'api-2')]).join()).toMatch(/revision 2 is/);
    const without = good.filter(({ revision }) => revision !== 3);
    expect(readersAgree([recording(good), recording(without, 'api-2')]).join()).toMatch(/never saw revision 3/);
  });

  it('is of the namespace that was asked for', () => {
    const mine = { ...recording(good), namespace: 'x' };
    expect(staysInNamespace(mine)).toEqual([]);
    expect(staysInNamespace({ ...mine, namespace: 'y' })).not.toEqual([]);
  });

  it('is merged to one history, in which a list stands after the changes that it holds', () => {
    const merged = merge([recording(good), recording([list(2, [a2]), ...good.slice(2)], 'api-2')]);
    expect(merged.map(({ kind, revision }) => `${kind} ${revision}`)).toEqual([
      ...['list 1', 'change 2', 'list 2', 'change 3', 'change 4'],
    ]);
  });
});

describe('writes', () => {
  const contentOf = ({ data }: Recorded) => data?.['n'];
  const write = (value: string | undefined, outcome: Write['outcome'], revision?: number): Write => ({
    key: 'x/a',
    value,
    outcome,
    ...(revision === undefined ? {} : { revision }),
  });
  const stored = (n: string) => [object('a', 9, { data: { n } })];

  it('are kept when the last acknowledged value is stored, or a later one that nobody knows of', () => {
    const writes = [write('1', 'acknowledged'), write('2', 'refused'), write('3', 'unknown')];
    expect(noAcknowledgedWriteLost(writes, stored('1'), contentOf)).toEqual([]);
    expect(noAcknowledgedWriteLost(writes, stored('3'), contentOf)).toEqual([]);
    expect(noAcknowledgedWriteLost([write('1', 'unknown')], [], contentOf)).toEqual([]);
    expect(noAcknowledgedWriteLost([write(undefined, 'acknowledged')], [], contentOf)).toEqual([]);
  });

  it('are lost when an older or a refused value is stored, or none, or a deleted one', () => {
    const writes = [write('1', 'acknowledged'), write('2', 'acknowledged'), write('3', 'refused')];
    for (const n of ['1', '3']) expect(noAcknowledgedWriteLost(writes, stored(n), contentOf)).toHaveLength(1);
    expect(noAcknowledgedWriteLost(writes, [], contentOf)).toHaveLength(1);
    expect(noAcknowledgedWriteLost([write(undefined, 'acknowledged')], stored('1'), contentOf)).toHaveLength(1);
  });

  it('that create may be held up until their object has been deleted', () => {
    const created = { ...write('1', 'unknown'), creates: true };
    const after = [write('2', 'acknowledged'), write(undefined, 'acknowledged')];
    expect(noAcknowledgedWriteLost([created, ...after], stored('1'), contentOf)).toEqual([]);
    expect(noAcknowledgedWriteLost([created, after[0] as Write], stored('1'), contentOf)).toHaveLength(1);
    expect(noAcknowledgedWriteLost([write('1', 'unknown'), ...after], stored('1'), contentOf)).toHaveLength(1);
  });

  it('are seen by readers as the change of their revision, or covered by a list', () => {
    const seen = (history: Entry[]) =>
      acknowledgedWritesWereSeen([write('1', 'acknowledged', 5)], history, 'things', contentOf);
    expect(seen([list(1, []), change('ADDED', 5, object('a', 5, { data: { n: '1' } }))])).toEqual([]);
    expect(seen([list(1, []), list(6, stored('1'))])).toEqual([]);
    expect(seen([list(1, []), change('ADDED', 6, b3)])).toHaveLength(1);
    expect(seen([list(1, []), change('ADDED', 5, object('a', 5, { data: { n: '2' } }))])).toHaveLength(1);
    expect(seen([list(1, []), change('ADDED', 5, b3)])).toHaveLength(1);
  });
});

describe('pods', () => {
  const pod = (name: string, revision: number, more: Partial<Recorded> & { uid?: string } = {}) =>
    object(name, revision, { spec: { nodeName: 'n1' }, status: { phase: 'Running' }, ...more });
  const podList = (revision: number, pods: Recorded[]) => list(revision, pods, 'pods');
  const podChange = (type: Change['type'], revision: number, it: Recorded) => change(type, revision, it, 'pods');

  it('run once', () => {
    const replaced = pod('db-0', 4, { uid: 'second', spec: { nodeName: 'n2' } });
    const history = [
      podList(1, [pod('db-0', 1)]),
      podChange('DELETED', 3, pod('db-0', 3)),
      podChange('ADDED', 4, replaced),
    ];
    expect(podsRunOnce(history)).toEqual([]);
  });

  it.each([
    ['moves', podChange('MODIFIED', 2, pod('db-0', 2, { spec: { nodeName: 'n2' } })), /was bound/],
    ['becomes another', podChange('MODIFIED', 2, pod('db-0', 2, { uid: 'second' })), /two uids/],
  ])('do not when one %s', (_, entry, message) => {
    expect(podsRunOnce([podList(1, [pod('db-0', 1)]), entry]).join()).toMatch(message);
  });

  it('do not when one comes back from its end, or from its deletion', () => {
    const over = pod('job', 1, { status: { phase: 'Succeeded' } });
    expect(podsRunOnce([podList(1, [over]), podChange('MODIFIED', 2, pod('job', 2))]).join()).toMatch(/had ended/);
    const again = [podList(1, [over]), podChange('DELETED', 2, over), podChange('ADDED', 3, over)];
    expect(podsRunOnce(again).join()).toMatch(/was deleted/);
  });

  const ready = (name: string, revision: number, deletionTimestamp?: string) =>
    object(name, revision, {
      metadata: {
        name,
        namespace: 'x',
        uid: name,
        labels: { app: 'web' },
        ...(deletionTimestamp === undefined ? {} : { deletionTimestamp }),
      },
      status: { conditions: [{ type: 'Ready', status: 'True' }] },
    });
  const floor = { namespace: 'x', app: 'web', minimum: 2 };

  it('are not taken below their floor', () => {
    const history = [
      podList(1, [ready('a', 1), ready('b', 1), ready('c', 1)]),
      podChange('MODIFIED', 2, ready('a', 2, 'now')),
    ];
    expect(neverBelow(history, floor)).toEqual([]);
    expect(
      neverBelow([...history, podChange('ADDED', 3, ready('d', 3)), podChange('DELETED', 4, ready('b', 4))], floor),
    ).toEqual([]);
    expect(neverBelow([...history, podChange('DELETED', 3, ready('b', 3))], floor)).toHaveLength(1);
  });

  const unready = (name: string, revision: number) => ({ ...ready(name, revision), status: {} });

  it('that fail by themselves do not count as taken, and excuse one that is taken, whichever', () => {
    const history = [podList(1, [ready('a', 1), ready('b', 1)]), podChange('MODIFIED', 2, unready('a', 2))];
    expect(neverBelow(history, floor)).toEqual([]);
    const taken = [...history, podChange('DELETED', 3, ready('b', 3))];
    expect(neverBelow(taken, floor)).toEqual([]);
    // c became ready when there were too few, so that it may have been taken for one that is not.
    const more = [podChange('ADDED', 4, ready('c', 4)), podChange('ADDED', 5, ready('d', 5))];
    const gone = (...names: string[]) => names.map((name, i) => podChange('DELETED', 6 + i, ready(name, 6 + i)));
    expect(neverBelow([...taken, ...more, ...gone('a', 'c')], floor)).toEqual([]);
    expect(neverBelow([...taken, ...more, ...gone('a', 'c', 'd')], floor)).toHaveLength(1);
  });

  it('that became ready anew while nobody looked excuse one that is taken', () => {
    const since = (name: string, revision: number, lastTransitionTime: string) => ({
      ...ready(name, revision),
      status: { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime }] },
    });
    const before = [since('a', 1, 'then'), since('b', 1, 'then')];
    const taken = podChange('DELETED', 9, ready('b', 9));
    expect(neverBelow([podList(1, before), podList(5, before), taken], floor)).toHaveLength(1);
    expect(
      neverBelow([podList(1, before), podList(5, [since('a', 5, 'now'), before[1] as Recorded]), taken], floor),
    ).toEqual([]);
  });

  it('are orphans when their owner is gone or is another of its name', () => {
    const owner = { apiVersion: 'v1', kind: 'Thing', name: 'set', uid: 'set' };
    const owned = object('a', 1, { metadata: { name: 'a', namespace: 'x', uid: 'a', ownerReferences: [owner] } });
    expect(nothingIsOrphaned([owned, object('set', 1)])).toEqual([]);
    expect(nothingIsOrphaned([owned, object('set', 1, { uid: 'new' })])).toHaveLength(1);
  });
});

describe('addresses and ports', () => {
  const service = (name: string, revision: number, clusterIP: string, nodePort: number) =>
    object(name, revision, { spec: { clusterIPs: [clusterIP], ports: [{ nodePort, protocol: 'TCP' }] } });
  const first = change('ADDED', 1, service('a', 1, '10.0.0.1', 30_001), 'services');

  it('are held by one service at a time', () => {
    const gone = change('DELETED', 2, service('a', 2, '10.0.0.1', 30_001), 'services');
    const next = change('ADDED', 3, service('b', 3, '10.0.0.1', 30_001), 'services');
    expect(nothingIsAllocatedTwice([first, gone, next])).toEqual([]);
    expect(nothingIsAllocatedTwice([first, next])).toHaveLength(2);
    expect(
      nothingIsAllocatedTwice([first, change('ADDED', 2, service('c', 2, '10.0.0.2', 30_001), 'services')]),
    ).toHaveLength(1);
  });

  it('None is no address', () => {
    const headless = (name: string, revision: number) =>
      change('ADDED', revision, object(name, revision, { spec: { clusterIPs: ['None'] } }), 'services');
    expect(nothingIsAllocatedTwice([headless('a', 1), headless('b', 2)])).toEqual([]);
  });
});

describe('jobs', () => {
  const job = (revision: number, status: Record<string, unknown>, spec: Record<string, unknown> = {}) =>
    object('job', revision, { spec: { completions: 2, completionMode: 'Indexed', ...spec }, status });
  const history = (...statuses: Record<string, unknown>[]) =>
    statuses.map((status, i) => change(i === 0 ? 'ADDED' : 'MODIFIED', i + 1, job(i + 1, status), 'jobs'));

  it('count upwards, to their completions', () => {
    expect(jobsCountOnce(history({}, { succeeded: 1 }, { succeeded: 2, failed: 1 }))).toEqual([]);
    expect(jobsCountOnce(history({}, { succeeded: 1 }, { succeeded: 0 }))).toHaveLength(1);
    expect(jobsCountOnce(history({}, { failed: 1 }, {}))).toHaveLength(1);
    expect(jobsCountOnce(history({}, { succeeded: 3 }))).toHaveLength(1);
  });

  const done = { succeeded: 2, completedIndexes: '0,1' };
  const worker = (index: number, more: Partial<Recorded['metadata']> = {}) =>
    object(`job-${index}`, 1, {
      metadata: {
        name: `job-${index}`,
        namespace: 'x',
        uid: `job-${index}`,
        annotations: { 'batch.kubernetes.io/job-completion-index': `${index}` },
        ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: 'job', uid: 'job' }],
        ...more,
      },
      status: { phase: 'Succeeded' },
    });

  it('are complete when each index has succeeded and is counted', () => {
    expect(jobIsComplete(job(9, done), [worker(0), worker(1)])).toEqual([]);
  });

  it.each([
    ['one is counted twice', job(9, { ...done, succeeded: 3 }), [worker(0), worker(1)]],
    ['an index is missing', job(9, done), [worker(0)]],
    ['an index is not told', job(9, { succeeded: 2, completedIndexes: '0' }), [worker(0), worker(1)]],
    ['one is still active', job(9, { ...done, active: 1 }), [worker(0), worker(1)]],
    [
      'one is not yet counted',
      job(9, { ...done, uncountedTerminatedPods: { succeeded: ['u'] } }),
      [worker(0), worker(1)],
    ],
    [
      'one is still tracked',
      job(9, done),
      [worker(0), worker(1, { finalizers: ['batch.kubernetes.io/job-tracking'] })],
    ],
  ])('are not when %s', (_, object, pods) => {
    expect(jobIsComplete(object, pods)).not.toEqual([]);
  });
});
