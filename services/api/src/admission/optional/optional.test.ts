import type { Status } from '@kubus/shared/errors';
import type { Pod, Toleration } from '@kubus/shared/schema';
import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admin, core, podBody, startCluster, type TestCluster, user } from '../../pipeline/testing/cluster.ts';
import type { AdmissionRequest } from '../contract.ts';
import { Notes } from '../notes.ts';
import { ImagePolicyWebhook } from './image-policy-webhook.ts';
import { madeOptional } from './index.ts';
import { covers, mergeTolerations } from './pod-toleration-restriction.ts';

const toleration = (key: string, more: Partial<Toleration> = {}): Toleration => ({ key, operator: 'Exists', ...more });
const minute = 60_000;

const parts = {
  authorizer: { authorize: () => ({ allowed: true, reason: '' }) },
  resourceOf: () => undefined,
  namespaceNamed: () => {
    throw new Error('none');
  },
  createNamespace: () => Promise.reject(new Error('none')),
  configurations: {},
};

let cluster: TestCluster;
/** What the server of images says, and what it was asked. */
let said: () => object;
const reviews: { spec: { containers: { image: string }[]; namespace: string; annotations?: object } }[] = [];

beforeAll(async () => {
  cluster = await startCluster({
    enabledPlugins: [
      'AlwaysAdmit',
      'NamespaceAutoProvision',
      'NamespaceExists',
      'LimitPodHardAntiAffinityTopology',
      'ImagePolicyWebhook',
      'PodNodeSelector',
      'PodTolerationRestriction',
      'EventRateLimit',
      'ExtendedResourceToleration',
    ],
    pluginConfigurations: {
      EventRateLimit: [
        { type: 'User', qps: 1e-9, burst: 2, cacheSize: 10 },
        { type: 'Namespace', qps: 1e-9, burst: 100, cacheSize: 10 },
      ],
      PodNodeSelector: {
        default: new Map([['pool', 'any']]),
        allowed: new Map([['plain', new Map([['pool', 'any']])]]),
      },
      PodTolerationRestriction: { default: [], whitelist: [] },
      ImagePolicyWebhook: {
        ask: async (review) => {
          reviews.push(review as (typeof reviews)[number]);
          return said();
        },
        allowMs: minute,
        denyMs: minute,
        retryBackoffMs: 1,
        defaultAllow: false,
      },
    },
  });
  said = () => ({ status: { allowed: true } });
  await namespace('plain', {});
  await namespace('gpu', {
    'scheduler.alpha.kubernetes.io/node-selector': 'pool=gpu,disk=ssd',
    'scheduler.alpha.kubernetes.io/defaultTolerations': JSON.stringify([toleration('gpu')]),
    'scheduler.alpha.kubernetes.io/tolerationsWhitelist': JSON.stringify([
      toleration('gpu'),
      toleration('node.kubernetes.io/not-ready'),
      toleration('node.kubernetes.io/unreachable'),
      toleration('node.kubernetes.io/memory-pressure', { effect: 'NoSchedule' }),
    ]),
  });
}, 60_000);
afterAll(() => cluster?.stop());

async function namespace(name: string, annotations: object): Promise<void> {
  const client = cluster.as(admin);
  await client.ok({ ...core, resource: 'namespaces', verb: 'create', body: { metadata: { name, annotations } } });
  const account = { ...core, resource: 'serviceaccounts', namespace: name } as const;
  await client.ok({ ...account, verb: 'create', body: { metadata: { name: 'default' } } });
}

const send = (namespace: string, spec: Record<string, unknown> = {}, annotations: object = {}) => {
  const body = { ...podBody('x', spec), metadata: { name: 'x', annotations } };
  const query = { dryRun: 'All' };
  return cluster.as(admin).send({ ...core, resource: 'pods', namespace, verb: 'create', body, query });
};
const made = async (...given: Parameters<typeof send>) => {
  const { code, body } = await send(...given);
  expect([code, code === 201 ? '' : (body as Status).message]).toEqual([201, '']);
  return (body as Pod).spec;
};
const refused = async (...given: Parameters<typeof send>) => {
  const { code, body } = await send(...given);
  expect(code).toBe(403);
  return (body as Status).message;
};

describe('NamespaceAutoProvision', () => {
  const maps = { ...core, resource: 'configmaps', verb: 'create' } as const;
  const namespaces = { ...core, resource: 'namespaces', verb: 'get' } as const;
  const body = { metadata: { generateName: 'm-' } };

  it('makes the namespace in which something is created, once, whoever creates there', async () => {
    const [client, namespace] = [cluster.as(admin), 'new'];
    const made = await Promise.all([1, 2, 3].map(() => client.ok({ ...maps, namespace, body })));
    expect(made).toHaveLength(3);
    expect(await client.ok({ ...namespaces, name: 'new' })).toMatchObject({ status: { phase: 'Active' } });
  });

  it('makes none for a dry run, and none where its name is no name', async () => {
    const client = cluster.as(admin);
    const dry = await client.refused({ ...maps, namespace: 'dry', body, query: { dryRun: 'All' } });
    expect([dry.code, dry.message]).toEqual([404, 'namespaces "dry" not found']);
    const { code, message } = await client.refused({ ...maps, namespace: 'no_name', body });
    expect(code).toBe(403);
    expect(message).toContain('configmaps "m-" is forbidden: Namespace "no_name" is invalid: metadata.name');
  });
});

describe('NamespaceExists', () => {
  it('has nothing written, nor deleted, in a namespace that is not there', async () => {
    const [client, namespace] = [cluster.as(admin), 'vanishes'];
    const maps = { ...core, resource: 'configmaps', namespace } as const;
    const body = { metadata: { name: 'stays' } };
    await client.ok({ ...maps, verb: 'create', body });
    const key = { group: '', resource: 'namespaces', namespace: '', name: namespace };
    expect(await cluster.store.commit([{ type: 'delete', key }])).toMatchObject([{ ok: true }]);
    await eventually(async () => {
      const updated = await client.send({ ...maps, verb: 'update', name: 'stays', body });
      expect([updated.code, (updated.body as Status).message]).toEqual([404, 'namespaces "vanishes" not found']);
    });
    expect(await client.refused({ ...maps, verb: 'delete', name: 'stays' })).toMatchObject({
      code: 404,
      details: { kind: 'namespaces', name: 'vanishes' },
    });
    expect(await client.ok({ ...maps, verb: 'get', name: 'stays' })).toMatchObject(body);
  });
});

describe('AlwaysAdmit and AlwaysDeny', () => {
  it('have no objection to anything, and one to everything, after all others', async () => {
    const { first, last } = madeOptional(['AlwaysDeny', 'AlwaysAdmit'], parts);
    expect([first, last]).toMatchObject([[{ name: 'AlwaysAdmit' }], [{ name: 'AlwaysDeny' }]]);
    const resource = { group: '', resource: 'pods' };
    const request = { resource, operation: 'DELETE', subresource: '', name: 'x' } as AdmissionRequest;
    const [kind, ...how] = [resource, '', 'CONNECT'] as const;
    expect([first[0]?.concerns(kind, ...how), last[0]?.concerns(kind, ...how)]).toEqual([false, true]);
    const denied = 'pods "x" is forbidden: admission control is denying all modifications';
    expect(() => last[0]?.admit?.(request)).toThrow(denied);
    expect(() => last[0]?.validate?.(request)).toThrow(denied);
  });
});

describe('LimitPodHardAntiAffinityTopology', () => {
  const apart = (topologyKey: string) => ({
    affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey }] } },
  });

  it('lets no pod keep others out of more than its node', async () => {
    await made('plain', apart('kubernetes.io/hostname'));
    expect(await refused('plain', apart('topology.kubernetes.io/zone'))).toBe(
      'pods "x" is forbidden: affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey topology.kubernetes.io/zone but only key kubernetes.io/hostname is allowed',
    );
  });
});

describe('PodNodeSelector', () => {
  it('sends pods where their namespace wants them, or the configuration where that says nothing', async () => {
    expect((await made('gpu', { nodeSelector: { own: 'x' } }))?.nodeSelector).toEqual({
      pool: 'gpu',
      disk: 'ssd',
      own: 'x',
    });
    expect((await made('plain'))?.nodeSelector).toEqual({ pool: 'any' });
  });

  it('refuses pods that want to go elsewhere', async () => {
    expect(await refused('gpu', { nodeSelector: { pool: 'cpu' } })).toBe(
      'pods "x" is forbidden: pod node label selector conflicts with its namespace node label selector',
    );
    expect(await refused('plain', { nodeSelector: { own: 'x' } })).toBe(
      'pods "x" is forbidden: pod node label selector labels conflict with its namespace whitelist',
    );
  });
});

describe('PodTolerationRestriction', () => {
  it('gives pods what their namespace has them bear, and lets them bear nothing that is not on its list', async () => {
    expect((await made('gpu'))?.tolerations).toContainEqual(toleration('gpu'));
    expect((await made('plain', { tolerations: [toleration('any')] }))?.tolerations).toContainEqual(toleration('any'));
    expect(await refused('gpu', { tolerations: [toleration('other')] })).toBe(
      'pods "x" is forbidden: pod tolerations (possibly merged with namespace default tolerations) conflict with its namespace whitelist',
    );
  });

  it('has pods that ask for something bear nodes that are short of memory', async () => {
    const containers = [{ name: 'main', image: 'x:1', resources: { requests: { cpu: '1m' } } }];
    const pressure = toleration('node.kubernetes.io/memory-pressure', { effect: 'NoSchedule' });
    expect((await made('gpu', { containers }))?.tolerations).toContainEqual(pressure);
    expect((await made('gpu'))?.tolerations).not.toContainEqual(pressure);
  });

  const equal = (value: string): Toleration => ({ key: 'a', operator: 'Equal', value });
  const gone = (seconds?: number): Toleration =>
    toleration('a', { effect: 'NoExecute', ...(seconds === undefined ? {} : { tolerationSeconds: seconds }) });

  it.each<[string, Toleration, Toleration, boolean]>([
    ['everything includes anything', { operator: 'Exists' }, equal('x'), true],
    ['a key includes its values', toleration('a'), equal('x'), true],
    ['a value does not include its key', equal('x'), toleration('a'), false],
    ['a value does not include another', equal('x'), equal('y'), false],
    ['any effect includes one', toleration('a'), gone(), true],
    ['one effect does not include any', gone(), toleration('a'), false],
    ['a longer time includes a shorter one', gone(9), gone(5), true],
    ['a shorter time does not include a longer one', gone(5), gone(9), false],
    ['a time does not include for ever', gone(5), gone(), false],
  ])('%s', (_, wide, narrow, included) => expect(covers(wide, narrow)).toBe(included));

  it('keeps of tolerations that include each other the wider one, and of equal ones the first', () => {
    const merged = mergeTolerations([equal('x'), toleration('b'), toleration('a'), toleration('b')]);
    expect(merged).toEqual([toleration('b'), toleration('a')]);
  });
});

describe('ExtendedResourceToleration', () => {
  it('has pods bear the taint of the devices that they ask for', async () => {
    const limits = { 'example.com/gpu': '1', cpu: '1' };
    const spec = await made('plain', { containers: [{ name: 'main', image: 'x:1', resources: { limits } }] });
    expect(spec?.tolerations?.map(({ key }) => key)).toContain('example.com/gpu');
    expect(spec?.tolerations?.map(({ key }) => key)).not.toContain('cpu');
  });
});

describe('ImagePolicyWebhook', () => {
  const image = (name: string) => ({ containers: [{ name: 'main', image: name }] });

  it('asks about the images of a pod, once as long as the answer is good', async () => {
    reviews.length = 0;
    const annotations = { 'team.image-policy.k8s.io/ticket': '1', other: 'x' };
    await made('plain', image('good:1'), annotations);
    await made('plain', image('good:1'), annotations);
    expect(reviews).toMatchObject([
      {
        apiVersion: 'imagepolicy.k8s.io/v1alpha1',
        kind: 'ImageReview',
        spec: {
          containers: [{ image: 'good:1' }],
          namespace: 'plain',
          annotations: { 'team.image-policy.k8s.io/ticket': '1' },
        },
      },
    ]);
    expect(reviews[0]?.spec.annotations).not.toHaveProperty('other');
  });

  it('refuses what the server refuses, and everything while it does not answer', async () => {
    said = () => ({ status: { allowed: false, reason: 'unsigned' } });
    expect(await refused('plain', image('bad:1'))).toBe(
      'pods "x" is forbidden: image policy webhook backend denied one or more images: unsigned',
    );
    reviews.length = 0;
    said = () => {
      throw new Error('no answer');
    };
    expect(await refused('plain', image('new:1'))).toBe('pods "x" is forbidden: no answer');
    expect(reviews).toHaveLength(5);
    said = () => ({ status: { allowed: true } });
    await made('plain', image('new:1'));
  });

  it('lets everything pass meanwhile where it is told to, and says so in the audit log', async () => {
    const ask = () => Promise.reject(new Error('no answer'));
    const open = new ImagePolicyWebhook({ ask, allowMs: 0, denyMs: 0, retryBackoffMs: 1, defaultAllow: true });
    const notes = new Notes();
    const request: Partial<AdmissionRequest> = { object: podBody('x'), namespace: 'plain', notes };
    await open.validate(request as AdmissionRequest);
    expect(notes.annotations).toEqual(new Map([['imagepolicywebhook.image-policy.k8s.io/failed-open', 'true']]));
  });
});

describe('EventRateLimit', () => {
  const event = (name: string, namespace = 'plain') => ({
    ...core,
    resource: 'events',
    namespace,
    verb: 'create' as const,
    body: { metadata: { name, namespace }, involvedObject: { kind: 'Pod', name: 'p', namespace }, reason: 'R' },
  });

  it('counts the events of each user, and of dry runs none', async () => {
    const mia = user('mia', 'system:masters');
    await cluster.as(mia).ok(event('a'));
    await cluster.as(mia).ok({ ...event('dry'), query: { dryRun: 'All' } });
    await cluster.as(mia).ok(event('b', 'gpu'));
    const { code, message, details } = await cluster.as(mia).refused(event('c'));
    expect([code, message]).toEqual([429, 'limit reached on type User for key mia']);
    expect(details?.retryAfterSeconds).toBe(1);
    await cluster.as(user('leo', 'system:masters')).ok(event('d'));
  });
});

it('a plugin that cannot do without a configuration says so at the start', () => {
  for (const name of ['EventRateLimit', 'ImagePolicyWebhook'] as const)
    expect(() => madeOptional([name], parts)).toThrow(`the admission plugin ${name} needs a configuration`);
  expect(
    madeOptional(['EventRateLimit', 'AlwaysPullImages'], { ...parts, configurations: { EventRateLimit: [] } }),
  ).toMatchObject({ first: [], usual: [{ name: 'AlwaysPullImages' }, { name: 'EventRateLimit' }], last: [] });
});
