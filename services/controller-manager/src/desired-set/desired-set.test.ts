import { invalid, StatusError } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import { ControllerDriver, MemoryCluster } from '@kubus/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ServedKind, ServedKinds } from '../common/served-kinds.ts';
import { createDesiredSetController } from './index.ts';
import { MemoryBuckets } from './testing/memory-buckets.ts';

const configMaps = { group: '', resource: 'configmaps' };
const secrets = { group: '', resource: 'secrets' };
const kind = (name: string, resource: string): ServedKind => ({
  ...{ group: '', version: 'v1', resource, kind: name, namespaced: true, verbs: new Set(['list']) },
  storage: { group: '', resource },
});
const served = [kind('ConfigMap', 'configmaps'), kind('Secret', 'secrets')];
const kinds: ServedKinds = { find: (gvk) => served.find((one) => one.kind === gvk.kind), stored: () => served };
const web = { namespace: 'shop', name: 'web' };

let cluster: MemoryCluster;
let buckets: MemoryBuckets;
let driver: ControllerDriver;

beforeEach(() => {
  cluster = new MemoryCluster();
  buckets = new MemoryBuckets();
  driver = new ControllerDriver(controller(), cluster);
});

function controller() {
  return createDesiredSetController({
    buckets,
    apiFor: () => cluster,
    kinds,
    informers: cluster,
    followed: [configMaps, secrets],
    clock: cluster.clock,
  });
}

const configMap = (name: string, value = '1') =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}}\ndata: {value: "${value}"}\n`;
const join = (...documents: string[]) => documents.join('---\n');
const there = () =>
  cluster
    .get(configMaps)
    .list('shop')
    .map(({ metadata }) => metadata.name)
    .sort();
const results = () => buckets.outcome(web)?.objects.map(({ name, result }) => `${name} ${result}`);
const dataOf = (name: string) => (cluster.get(configMaps).get('shop', name) as { data?: object } | undefined)?.data;

async function settle(): Promise<void> {
  driver.resync();
  await driver.settle();
}

async function publish(...documents: string[]): Promise<number> {
  const revision = buckets.put(web, join(...documents));
  await settle();
  return revision;
}

/** What the real API answers: the object is refused in a dry run too. */
function refuse(name: string, error: StatusError): () => void {
  return cluster.intercept((request) => (request.verb === 'patch' && request.name === name ? error : undefined));
}

describe('publishing', () => {
  it('applies the set and says so', async () => {
    const revision = await publish(configMap('a'), configMap('b'));
    expect(there()).toEqual(['a', 'b']);
    expect(buckets.outcome(web)).toMatchObject({
      phase: 'Applied',
      observedRevision: revision,
      appliedRevision: revision,
    });
    expect(results()).toEqual(['a created', 'b created']);
    const applied = cluster.requests.filter(({ verb, query }) => verb === 'patch' && query?.['dryRun'] === undefined);
    expect(applied[0]).toMatchObject({
      contentType: 'application/apply-patch+yaml',
      query: { fieldManager: 'kubus:shop.web' },
    });
    expect(applied[0]?.query).not.toHaveProperty('force');
  });

  it('changes what changed, prunes what left, leaves the rest', async () => {
    await publish(configMap('a'), configMap('b'), configMap('c'));
    await publish(configMap('a'), configMap('b', '2'));
    expect(there()).toEqual(['a', 'b']);
    expect(dataOf('b')).toEqual({ value: '2' });
    expect(results()).toEqual(['a unchanged', 'b configured', 'c pruned']);
  });

  it('deletes everything with the key', async () => {
    await publish(configMap('a'));
    buckets.delete(web);
    await settle();
    expect(there()).toEqual([]);
    expect(buckets.outcome(web)).toMatchObject({
      phase: 'Deleted',
      inventory: [],
      objects: [{ name: 'a', result: 'deleted' }],
    });
  });

  it('does nothing about a key that was lost and not deleted', async () => {
    await publish(configMap('a'));
    buckets.desired.clear();
    await settle();
    expect(there()).toEqual(['a']);
    expect(buckets.outcome(web)?.phase).toBe('Applied');
    expect(driver.failures).toEqual([]);
  });

  it('comes to rest: nothing is written when nothing is to be done', async () => {
    await publish(configMap('a'));
    const { length } = cluster.requests;
    const { writes } = buckets;
    await settle();
    await settle();
    expect(cluster.requests).toHaveLength(length);
    expect(buckets.writes).toBe(writes);
  });

  it('takes fields from others only where the object asks for it', async () => {
    await publish(configMap('a').replace('{name: a}', '{name: a, annotations: {kubus.io/force-conflicts: "true"}}'));
    expect(cluster.requests.at(-1)?.query).toMatchObject({ force: 'true' });
  });
});

describe('a set that is refused', () => {
  const bad = invalid({ group: '', kind: 'ConfigMap', name: 'b' }, [
    { type: 'FieldValueInvalid', field: 'data[x]', detail: 'Invalid value: "x": no' },
    { type: 'FieldValueTooLong', field: 'data', detail: 'Too long: may not be more than 1048576 bytes' },
  ]);

  it('changes nothing and is told every cause', async () => {
    await publish(configMap('a'));
    refuse('b', bad);
    refuse('d', new StatusError('Forbidden', 'configmaps "d" is forbidden'));
    const revision = await publish(configMap('a', '2'), configMap('b'), configMap('c'), configMap('d'));
    expect(there()).toEqual(['a']);
    expect(dataOf('a')).toEqual({ value: '1' });
    expect(buckets.outcome(web)).toMatchObject({ phase: 'Rejected', observedRevision: revision, appliedRevision: 1 });
    expect(buckets.outcome(web)?.errors?.map(({ object, reason, document }) => [document, object, reason])).toEqual([
      [2, 'ConfigMap/b', 'Invalid'],
      [4, 'ConfigMap/d', 'Forbidden'],
    ]);
    expect(buckets.outcome(web)?.errors?.[0]?.causes?.map(({ field }) => field)).toEqual(['data[x]', 'data']);
  });

  it('is told of causes in every document at once, of whatever sort they are', async () => {
    refuse('b', bad);
    await publish(configMap('a'), configMap('b'), 'a: [1\n', 'apiVersion: v1\nkind: Gadget\nmetadata: {name: g}\n');
    expect(buckets.outcome(web)?.errors?.map(({ document }) => document)).toEqual([2, 3, 4]);
    expect(there()).toEqual([]);
  });

  it('is looked at again, and applied when its reason has gone', async () => {
    const undo = refuse('a', new StatusError('NotFound', 'namespaces "shop" not found'));
    const revision = await publish(configMap('a'));
    expect(buckets.outcome(web)?.phase).toBe('Rejected');
    undo();
    await driver.advance(60_000);
    expect(buckets.outcome(web)).toMatchObject({ phase: 'Applied', observedRevision: revision });
  });

  it('does not let go of what a former revision made', async () => {
    await publish(configMap('a'));
    await publish('a: [1\nb');
    expect(buckets.outcome(web)?.phase).toBe('Rejected');
    buckets.delete(web);
    await settle();
    expect(there()).toEqual([]);
  });

  it('is not rejected for what may pass by itself', async () => {
    const undo = refuse('a', new StatusError('ServiceUnavailable', 'not now'));
    await publish(configMap('a'));
    expect(buckets.outcome(web)).toBeUndefined();
    expect(driver.failures).not.toEqual([]);
    undo();
    await driver.advance(1_000);
    expect(buckets.outcome(web)?.phase).toBe('Applied');
  });
});

describe('a crash', () => {
  it('between applying and the outcome leaves nothing that is not known', async () => {
    const write = buckets.writeStatus.bind(buckets);
    let left = 1;
    buckets.writeStatus = async (...args) => {
      if (left-- > 0) return write(...args);
      throw new Error('crashed');
    };
    await publish(configMap('a'), configMap('b'));
    expect(there()).toEqual(['a', 'b']);
    expect(buckets.outcome(web)).toMatchObject({ phase: 'Pending', observedRevision: 0 });
    buckets.writeStatus = write;
    await publish(configMap('b'));
    expect(there()).toEqual(['b']);
    expect(buckets.outcome(web)?.phase).toBe('Applied');
  });

  it('in which the outcomes are lost is made good by the marks on the objects', async () => {
    await publish(configMap('a'), configMap('b'));
    for (const name of ['a', 'b']) {
      const object = cluster.get(configMaps).get('shop', name) as KubeObject;
      const managedFields = [{ manager: 'kubus:shop.web', operation: 'Apply' as const }];
      cluster.seed(configMaps, { ...object, metadata: { ...object.metadata, managedFields } });
    }
    cluster.seed(configMaps, {
      ...{ apiVersion: 'v1', kind: 'ConfigMap' },
      metadata: { name: 'forged', namespace: 'shop', annotations: { 'kubus.io/desired-set': 'shop.web' } },
    });
    buckets.outcomes.clear();
    await publish(configMap('b'));
    expect(there()).toEqual(['b', 'forged']);
  });
});

describe('drift', () => {
  it('is put back: deleted objects and changed ones', async () => {
    await publish(configMap('a'), configMap('b'));
    cluster.remove(configMaps, 'shop', 'a');
    await driver.settle();
    expect(there()).toEqual(['a', 'b']);
    const changed = cluster.get(configMaps).get('shop', 'b') as KubeObject;
    await cluster.request({
      ...configMaps,
      version: 'v1',
      verb: 'update',
      namespace: 'shop',
      name: 'b',
      body: { ...changed, data: { value: 'x' } },
    });
    await driver.settle();
    expect(dataOf('b')).toEqual({ value: '1' });
    expect(results()).toEqual(['a unchanged', 'b configured']);
  });

  it('of which somebody else is the owner is reported, and does not keep the rest from being put back', async () => {
    await publish(configMap('a'), configMap('b'));
    const conflict = new StatusError(
      'Conflict',
      'Apply failed with 1 conflict: conflict with "kubectl-edit" using v1: .data.value',
      {
        causes: [
          { reason: 'FieldManagerConflict', field: '.data.value', message: 'conflict with "kubectl-edit" using v1' },
        ],
      },
    );
    refuse('a', conflict);
    for (const name of ['a', 'b']) cluster.remove(configMaps, 'shop', name);
    await driver.settle();
    expect(there()).toEqual(['b']);
    expect(buckets.outcome(web)).toMatchObject({
      phase: 'Failed',
      errors: [{ object: 'ConfigMap/a', reason: 'Conflict' }],
    });
  });

  it('waits for an object that is on its way out, then makes it anew', async () => {
    await publish(configMap('a'));
    const object = cluster.get(configMaps).get('shop', 'a') as KubeObject;
    cluster.seed(configMaps, {
      ...object,
      metadata: { ...object.metadata, finalizers: ['x/y'], deletionTimestamp: 'now' },
    });
    await driver.settle();
    expect(cluster.get(configMaps).get('shop', 'a')?.metadata.deletionTimestamp).toBe('now');
    // It is not said to be applied as long as it is not.
    await publish(configMap('a'), configMap('b'));
    expect(results()).not.toContain('b created');
    cluster.remove(configMaps, 'shop', 'a');
    await driver.settle();
    expect(cluster.get(configMaps).get('shop', 'a')?.metadata.deletionTimestamp).toBeUndefined();
  });
});

describe('removing', () => {
  it('spares an object that belongs to another set by now', async () => {
    await publish(configMap('a'));
    const object = cluster.get(configMaps).get('shop', 'a') as KubeObject;
    cluster.seed(configMaps, {
      ...object,
      metadata: { ...object.metadata, annotations: { 'kubus.io/desired-set': 'shop.other' } },
    });
    buckets.delete(web);
    await settle();
    expect(there()).toEqual(['a']);
    expect(buckets.outcome(web)).toMatchObject({ phase: 'Deleted', inventory: [] });
  });

  it('is tried again for what could not be deleted', async () => {
    await publish(configMap('a'));
    const undo = cluster.intercept(({ verb }) => (verb === 'delete' ? new StatusError('Forbidden', 'no') : undefined));
    buckets.delete(web);
    await settle();
    expect(buckets.outcome(web)).toMatchObject({ phase: 'Failed', inventory: [{ name: 'a' }] });
    undo();
    await driver.advance(60_000);
    expect(buckets.outcome(web)?.phase).toBe('Deleted');
    expect(there()).toEqual([]);
  });
});
