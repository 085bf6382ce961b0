import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ApiProxy, type Cluster, create, startCluster, startProxy } from './harness/index.ts';

// The names are those of the conformance tests whose rules these restate. Nodes are simulated: it is the controllers that are judged.
let cluster: Cluster;
let proxy: ApiProxy;

beforeAll(async () => {
  const env = { KUBUS_SIM_START_DELAY: '10ms', KUBUS_SIM_STOP_DELAY: '10ms' };
  cluster = await startCluster({ args: ['--runtime', 'sim', '--nodes', '2'], env });
  proxy = await startProxy(cluster);
});
afterAll(async () => {
  proxy?.stop();
  await cluster?.destroy();
});

interface Thing {
  metadata: {
    name: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    generation?: number;
  };
  spec: Record<string, unknown>;
  status: Record<string, unknown> & { conditions?: { type: string; status: string; reason?: string }[] };
}
interface Kind {
  kind: string;
  apiVersion: string;
  resource: string;
  spec: Record<string, unknown>;
}

const merge = 'application/merge-patch+json';
const strategic = 'application/strategic-merge-patch+json';
const soon = <T>(check: () => Promise<T>) => eventually(check, 120_000, 100);
const k = (command: string) => cluster.kubectl(...command.split(' '));

const container = { name: 'main', image: 'app:1' };
const template = (name: string) => ({
  metadata: { labels: { app: name } },
  spec: { terminationGracePeriodSeconds: 1, containers: [container] },
});
const path = ({ apiVersion, resource }: Kind, name = '', part = '') => {
  const root = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
  return `${root}/namespaces/default/${resource}${name && `/${name}`}${part && `/${part}`}`;
};
const make = async (of: Kind, name: string, spec: object = {}, labels: Record<string, string> = {}) => {
  const selector = of.kind === 'ReplicationController' ? { app: name } : { matchLabels: { app: name } };
  const own = of.kind === 'Job' ? {} : { selector };
  const needsPods = of.kind !== 'PodDisruptionBudget' && of.kind !== 'CronJob';
  await create(cluster, [
    {
      apiVersion: of.apiVersion,
      kind: of.kind,
      metadata: { name, labels: { app: name, ...labels } },
      spec: { ...own, ...(needsPods && { template: template(name) }), ...of.spec, ...spec },
    },
  ]);
};
const get = (of: Kind, name: string, part = '') => proxy.ask<Thing>('GET', path(of, name, part));
const patch = (of: Kind, name: string, body: object, part = '', type = merge) =>
  proxy.ask<Thing>('PATCH', path(of, name, part), body, type);

const apps = 'apps/v1';
const deployment: Kind = { kind: 'Deployment', apiVersion: apps, resource: 'deployments', spec: { replicas: 1 } };
const replicaSet: Kind = { kind: 'ReplicaSet', apiVersion: apps, resource: 'replicasets', spec: { replicas: 1 } };
const statefulSet: Kind = {
  kind: 'StatefulSet',
  apiVersion: apps,
  resource: 'statefulsets',
  spec: { replicas: 1, serviceName: 'none' },
};
const daemonSet: Kind = { kind: 'DaemonSet', apiVersion: apps, resource: 'daemonsets', spec: {} };
const controller: Kind = {
  kind: 'ReplicationController',
  apiVersion: 'v1',
  resource: 'replicationcontrollers',
  spec: { replicas: 1 },
};
const never = { metadata: {}, spec: { restartPolicy: 'Never', containers: [container] } };
const job: Kind = { kind: 'Job', apiVersion: 'batch/v1', resource: 'jobs', spec: { suspend: true, template: never } };
const cronJob: Kind = {
  kind: 'CronJob',
  apiVersion: 'batch/v1',
  resource: 'cronjobs',
  spec: { schedule: '0 0 1 1 *', jobTemplate: { spec: { template: never } }, selector: undefined },
};
const budget: Kind = {
  kind: 'PodDisruptionBudget',
  apiVersion: 'policy/v1',
  resource: 'poddisruptionbudgets',
  spec: { minAvailable: 1 },
};

const nameOf = (of: Kind, title: string) => `${of.kind.toLowerCase()}-${title}`;
const condition = (status: string) => ({ type: 'StatusUpdate', status, reason: 'E2E', message: 'Set by a test' });

/** A status that others have set is read, replaced and patched, and its controller leaves it there. */
const statusCases: [group: string, title: string, of: Kind][] = [
  ['DaemonSet', 'verify changes to a daemon set status', daemonSet],
  ['Deployment', 'should validate Deployment Status endpoints', deployment],
  ['ReplicaSet', 'validate Replicaset Status endpoints', replicaSet],
  ['StatefulSet', 'validate Statefulset Status endpoints', statefulSet],
  ['Job', 'apply changes to a job status', job],
  ['DisruptionController', 'update/patch PodDisruptionBudget status', budget],
];

it.each(statusCases)('%s: %s', async (_, __, of) => {
  const name = nameOf(of, 'status');
  await make(of, name);
  const set = (seen: Thing) => seen.status.conditions?.find(({ type }) => type === 'StatusUpdate')?.status;
  await soon(async () => {
    const { metadata, status } = await get(of, name);
    if (of !== job) expect(status['observedGeneration']).toBe(metadata.generation);
  });
  await eventually(async () => {
    const seen = await get(of, name, 'status');
    const conditions = [...(seen.status.conditions ?? []), condition('True')];
    const put = await proxy.ask<Thing>('PUT', path(of, name, 'status'), {
      ...seen,
      status: { ...seen.status, conditions },
    });
    expect(set(put)).toBe('True');
  });
  const { conditions = [] } = (await get(of, name)).status;
  const changed = conditions.map((each) => (each.type === 'StatusUpdate' ? condition('False') : each));
  expect(set(await patch(of, name, { status: { conditions: changed } }, 'status'))).toBe('False');
  expect(set(await get(of, name))).toBe('False');
});

const scaleCases: [group: string, title: string, of: Kind][] = [
  ['Deployment', 'Deployment should have a working scale subresource', deployment],
  ['ReplicaSet', 'should have a working scale subresource', replicaSet],
  ['StatefulSet', 'should have a working scale subresource', statefulSet],
  ['ReplicationController', 'get and update a ReplicationController scale', controller],
];

it.each(scaleCases)('%s: %s', async (_, __, of) => {
  const name = nameOf(of, 'scale');
  await make(of, name);
  const replicas = async () => (await get(of, name)).spec['replicas'];
  const scale = await soon(async () => {
    const seen = await get(of, name, 'scale');
    expect(seen).toMatchObject({ spec: { replicas: 1 }, status: { replicas: 1 } });
    return seen;
  });
  // Without a revision it is set whatever has changed meanwhile.
  const metadata = { ...scale.metadata, resourceVersion: undefined };
  const put = await proxy.ask<Thing>('PUT', path(of, name, 'scale'), { ...scale, metadata, spec: { replicas: 2 } });
  expect(put.spec['replicas']).toBe(2);
  expect(await replicas()).toBe(2);
  await patch(of, name, { spec: { replicas: 3 } }, 'scale', strategic);
  expect(await replicas()).toBe(3);
  await soon(async () => expect((await get(of, name, 'scale')).status['replicas']).toBe(3));
});

const collectionCases: [group: string, title: string, of: Kind][] = [
  ['DaemonSet', 'list and delete a collection of DaemonSets', daemonSet],
  ['ReplicaSet', 'list and delete a collection of ReplicaSets', replicaSet],
  ['StatefulSet', 'list, patch and delete a collection of StatefulSets', statefulSet],
  ['DisruptionController', 'list and delete a collection of PodDisruptionBudgets', budget],
  ['Job', 'manage the lifecycle of a job', job],
  ['CronJob', 'support CronJob API operations', cronJob],
];

it.each(collectionCases)('%s: %s', async (_, __, of) => {
  const set = nameOf(of, 'set');
  const names = [`${set}-a`, `${set}-b`];
  for (const name of names) await make(of, name, {}, { set });
  const listed = async (where: string) => {
    const { items } = await proxy.ask<{ items: Thing[] }>('GET', `${where}?labelSelector=set%3D${set}`);
    return items.map(({ metadata }) => metadata.name).sort();
  };
  const everywhere = path(of).replace('/namespaces/default', '');
  expect(await listed(everywhere)).toEqual(names);
  const patched = await patch(of, names[0] as string, { metadata: { annotations: { patched: 'yes' } } });
  expect(patched.metadata.annotations).toMatchObject({ patched: 'yes' });
  await eventually(async () => {
    const seen = await get(of, names[1] as string);
    const labels = { ...seen.metadata.labels, updated: 'yes' };
    await proxy.ask('PUT', path(of, names[1] as string), { ...seen, metadata: { ...seen.metadata, labels } });
  });
  expect((await get(of, names[1] as string)).metadata.labels).toMatchObject({ updated: 'yes' });
  await proxy.ask('DELETE', `${path(of)}?labelSelector=set%3D${set}`);
  await soon(async () => expect(await listed(path(of))).toEqual([]));
});

it('DaemonSet: retry creating failed daemon pods', async () => {
  const name = nameOf(daemonSet, 'failed');
  await make(daemonSet, name);
  const daemons = () =>
    soon(async () => {
      const found = await proxy.ask<{ items: Thing[] }>(
        'GET',
        `/api/v1/namespaces/default/pods?labelSelector=app%3D${name}`,
      );
      expect(found.items.map(({ status }) => status['phase'])).toEqual(['Running', 'Running']);
      return found.items;
    });
  const [first] = await daemons();
  if (first === undefined) throw new Error('no pod');
  const failed = {
    ...first,
    metadata: { ...first.metadata, resourceVersion: undefined },
    status: { ...first.status, phase: 'Failed' },
  };
  await proxy.ask('PUT', `/api/v1/namespaces/default/pods/${first.metadata.name}/status`, failed);
  await soon(async () => {
    const names = (await daemons()).map(({ metadata }) => metadata.name);
    expect(names).not.toContain(first.metadata.name);
  });
  await soon(async () => expect((await get(daemonSet, name)).status['numberReady']).toBe(2));
});

describe('DisruptionController', () => {
  it('should create a PodDisruptionBudget', async () => {
    await make(budget, 'created');
    expect((await patch(budget, 'created', { spec: { minAvailable: '50%' } })).spec['minAvailable']).toBe('50%');
    await proxy.ask('DELETE', path(budget, 'created'));
    await expect(get(budget, 'created')).rejects.toThrow('404');
  });
});

describe('Deployment', () => {
  it('should run the lifecycle of a Deployment', async () => {
    await make(deployment, 'lived');
    await k('rollout status deployment/lived --timeout=120s');
    const containers = [{ name: 'main', image: 'app:2' }];
    await patch(deployment, 'lived', { spec: { replicas: 2, template: { spec: { containers } } } }, '', strategic);
    await k('rollout status deployment/lived --timeout=120s');
    await patch(deployment, 'lived', { status: { readyReplicas: 0, availableReplicas: 0 } }, 'status');
    await soon(async () => expect((await get(deployment, 'lived')).status['readyReplicas']).toBe(2));
    await proxy.ask('DELETE', path(deployment, 'lived'));
    await soon(async () => expect(await k('get rs,pods -l app=lived -o name')).toBe(''));
  });
});

describe('ReplicaSet', () => {
  it('Replace and Patch tests', async () => {
    await make(replicaSet, 'replaced');
    await patch(replicaSet, 'replaced', { spec: { replicas: 2 } }, '', strategic);
    await soon(async () => expect((await get(replicaSet, 'replaced')).status['readyReplicas']).toBe(2));
    await eventually(async () => {
      const seen = await get(replicaSet, 'replaced');
      await proxy.ask('PUT', path(replicaSet, 'replaced'), { ...seen, spec: { ...seen.spec, replicas: 3 } });
    });
    await soon(async () => expect((await get(replicaSet, 'replaced')).status['readyReplicas']).toBe(3));
  });
});

describe('ReplicationController', () => {
  const ownersOf = async (pod: string) =>
    (await k(`get pod ${pod} -o jsonpath={.metadata.ownerReferences[*].name}`)) || 'none';

  it('adopt matching pods on creation', async () => {
    const spec = { containers: [container] };
    await create(cluster, [
      { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'orphan', labels: { app: 'adopts' } }, spec },
    ]);
    await make(controller, 'adopts');
    await soon(async () => expect(await ownersOf('orphan')).toBe('adopts'));
  });

  it('release no longer matching pods', async () => {
    await k('label pod orphan app=free --overwrite');
    await soon(async () => expect(await ownersOf('orphan')).toBe('none'));
    await soon(async () => expect((await get(controller, 'adopts')).status['readyReplicas']).toBe(1));
  });

  it('surface a failure condition on a common issue like exceeded quota', async () => {
    await k('create namespace small');
    await k('create quota two --hard=pods=2 -n small');
    const spec = { replicas: 3, selector: { app: 'big' }, template: template('big') };
    await create(cluster, [
      { apiVersion: 'v1', kind: 'ReplicationController', metadata: { name: 'big', namespace: 'small' }, spec },
    ]);
    const failure = async () =>
      cluster.kubectl(
        ...[
          'get',
          'rc',
          'big',
          '-n',
          'small',
          '-o',
          'jsonpath={.status.conditions[?(@.type=="ReplicaFailure")].reason}',
        ],
      );
    await soon(async () => expect(await failure()).toBe('FailedCreate'));
    await k('scale rc big -n small --replicas=2');
    await soon(async () => expect(await failure()).toBe(''));
  });

  it('test the lifecycle of a ReplicationController', async () => {
    await make(controller, 'whole');
    await soon(async () => expect((await get(controller, 'whole')).status['availableReplicas']).toBe(1));
    const labels = { patched: 'yes' };
    const patched = await patch(controller, 'whole', { metadata: { labels } }, '', strategic);
    expect(patched.metadata.labels).toEqual({ app: 'whole', ...labels });
    const unready = { readyReplicas: 0, availableReplicas: 0 };
    const set = await patch(controller, 'whole', { status: unready }, 'status', strategic);
    expect(set.status['readyReplicas'] ?? 0).toBe(0);
    await soon(async () => expect((await get(controller, 'whole', 'status')).status['readyReplicas']).toBe(1));
    await patch(controller, 'whole', { spec: { replicas: 2 } }, 'scale', strategic);
    await soon(async () => expect((await get(controller, 'whole')).status['availableReplicas']).toBe(2));
    // Its controller may write in between.
    await eventually(async () => {
      const seen = await get(controller, 'whole');
      await proxy.ask('PUT', path(controller, 'whole', 'status'), { ...seen, status: { ...seen.status, ...unready } });
    });
    await soon(async () => expect((await get(controller, 'whole')).status['readyReplicas']).toBe(2));
    const { items } = await proxy.ask<{ items: Thing[] }>(
      'GET',
      '/api/v1/replicationcontrollers?labelSelector=app%3Dwhole',
    );
    expect(items.map(({ metadata }) => metadata.labels)).toEqual([{ app: 'whole', ...labels }]);
    await proxy.ask('DELETE', `${path(controller)}?labelSelector=patched%3Dyes&propagationPolicy=Background`);
    await soon(async () => expect(await k('get rc,pods -l app=whole -o name')).toBe(''));
  });
});

it('ControllerRevision: manage the lifecycle of a ControllerRevision', async () => {
  interface Revision {
    metadata: { name: string; labels: Record<string, string>; ownerReferences: object[] };
    data: object;
    revision: number;
  }
  const revisions: Kind = { kind: 'ControllerRevision', apiVersion: apps, resource: 'controllerrevisions', spec: {} };
  const name = nameOf(daemonSet, 'revisions');
  const items = (count: number) =>
    soon(async () => {
      const found = await proxy.ask<{ items: Revision[] }>('GET', `${path(revisions)}?labelSelector=app%3D${name}`);
      expect(found.items).toHaveLength(count);
      return found.items;
    });
  const labelled = (of: string, value: string) => ({ metadata: { labels: { [of]: value } } });
  await make(daemonSet, name);
  const [first] = await items(1);
  if (first === undefined) throw new Error('no revision');
  expect(first).toMatchObject({ revision: 1, metadata: { ownerReferences: [{ kind: 'DaemonSet', name }] } });
  const patched = await patch(revisions, first.metadata.name, labelled(first.metadata.name, 'patched'), '', strategic);
  expect(patched.metadata.labels?.[first.metadata.name]).toBe('patched');

  // Somebody adds one that is equal and newer: it takes the place of the first.
  const { ownerReferences } = first.metadata;
  const labels = { app: name, 'controller-revision-hash': 'other' };
  const metadata = { name: `${name}-other`, labels, ownerReferences };
  const { kind, apiVersion } = revisions;
  await proxy.ask('POST', path(revisions), { kind, apiVersion, metadata, data: first.data, revision: 2 });
  await items(2);
  await proxy.ask('DELETE', path(revisions, first.metadata.name));
  const [second] = await items(1);
  const updated = { ...second, metadata: { ...second?.metadata, labels: { ...labels, [metadata.name]: 'updated' } } };
  await proxy.ask('PUT', path(revisions, metadata.name), updated);

  await patch(daemonSet, name, { spec: { template: { spec: { terminationGracePeriodSeconds: 2 } } } }, '', strategic);
  await items(2);
  await proxy.ask('DELETE', `${path(revisions)}?labelSelector=${metadata.name}%3Dupdated`);
  expect((await items(1)).map(({ revision }) => revision)).toEqual([3]);
});
