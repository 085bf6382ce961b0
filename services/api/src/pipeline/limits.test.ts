import type { LimitRange, Pod, PriorityClass } from '@kubus/shared/schema';
import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admin, type Client, core, podBody, startCluster, type TestCluster } from './testing/cluster.ts';

const pods = { ...core, resource: 'pods', namespace: 'default' } as const;
const ranges = { ...core, resource: 'limitranges', namespace: 'default' } as const;
const classes = { group: 'scheduling.k8s.io', version: 'v1', resource: 'priorityclasses' } as const;

let cluster: TestCluster;
let client: Client;

beforeAll(async () => {
  cluster = await startCluster({ takesPods: true });
  client = cluster.as(admin);
}, 60_000);
afterAll(() => cluster.stop());

const pod = (name: string, resources: object = {}) =>
  podBody(name, { containers: [{ name: 'main', image: 'x', resources }] });

const create = (body: object) => client.send({ ...pods, verb: 'create', body, query: { dryRun: 'All' } });

describe('limit ranges', () => {
  beforeAll(async () => {
    const limits = [
      {
        type: 'Container',
        max: { cpu: '2' },
        min: { cpu: '100m' },
        default: { cpu: '500m' },
        maxLimitRequestRatio: { cpu: '4' },
      },
      { type: 'Pod', max: { cpu: '3' } },
    ];
    await client.ok({ ...ranges, verb: 'create', body: { metadata: { name: 'l' }, spec: { limits } } });
    await eventually(async () => expect((await create(pod('heard', { limits: { cpu: '9' } }))).code).toBe(403));
  });
  afterAll(async () => {
    await client.ok({ ...ranges, verb: 'delete', name: 'l' });
  });

  it('complete themselves', async () => {
    const { spec } = await client.ok<LimitRange>({ ...ranges, verb: 'get', name: 'l' });
    expect(spec?.limits[0]).toMatchObject({ default: { cpu: '500m' }, defaultRequest: { cpu: '500m' } });
  });

  it('give containers what they do not say, and say so', async () => {
    const made = (await create(pod('silent'))).body as Pod;
    expect(made.spec?.containers[0]?.resources).toEqual({ requests: { cpu: '500m' }, limits: { cpu: '500m' } });
    expect(made.metadata.annotations).toEqual({
      'kubernetes.io/limit-ranger':
        'LimitRanger plugin set: cpu request for container main; cpu limit for container main',
    });
    expect(made.status?.qosClass).toBe('Burstable');
  });

  it.each([
    [
      { requests: { cpu: '50m' }, limits: { cpu: '200m' } },
      'minimum cpu usage per Container is 100m, but request is 50m',
    ],
    [{ limits: { cpu: '2500m' } }, 'maximum cpu usage per Container is 2, but limit is 2500m'],
    [
      { requests: { cpu: '200m' }, limits: { cpu: '1' } },
      'cpu max limit to request ratio per Container is 4, but provided ratio is 5.000000',
    ],
  ])('refuse %j', async (resources, why) => {
    expect((await create(pod('p', resources))).body).toMatchObject({
      reason: 'Forbidden',
      message: `pods "p" is forbidden: ${why}`,
    });
  });

  it('hold for containers together too', async () => {
    const resources = { limits: { cpu: '2' } };
    const containers = ['a', 'b'].map((name) => ({ name, image: 'x', resources }));
    expect((await create(podBody('p', { containers }))).body).toMatchObject({
      message: 'pods "p" is forbidden: maximum cpu usage per Pod is 3, but limit is 4',
    });
  });

  it('fill in what a container leaves open, and count for the next pod as they were changed or deleted', async () => {
    const resources = (cpu: string, memory: string) => ({ cpu, memory });
    const limit = {
      type: 'Container',
      min: resources('50m', '100Mi'),
      max: resources('500m', '500Mi'),
      default: resources('500m', '500Mi'),
      defaultRequest: resources('100m', '200Mi'),
    };
    const namespace = 'kube-system';
    const make = (of: object) =>
      client.send({ ...pods, namespace, verb: 'create', body: pod('p', of), query: { dryRun: 'All' } });
    const where = { ...ranges, namespace } as const;
    const of = (item: object) => ({ metadata: { name: 'limit-range' }, spec: { limits: [item] } });
    await client.ok({ ...where, verb: 'create', body: of(limit) });

    const tooLittle = expect.stringContaining('minimum cpu usage per Container is 50m, but request is 10m');
    const little = { requests: resources('10m', '50Mi') };
    await eventually(async () => expect((await make(little)).body).toMatchObject({ message: tooLittle }));
    const filled = async (given: object) => ((await make(given)).body as Pod).spec?.containers[0]?.resources;
    expect(await filled({})).toEqual({ requests: limit.defaultRequest, limits: limit.default });
    // A limit that stands alone is the request too, before the default is asked for.
    expect(await filled({ requests: { memory: '150Mi' }, limits: { cpu: '300m' } })).toEqual({
      requests: resources('300m', '150Mi'),
      limits: resources('300m', '500Mi'),
    });
    // The default limit is below what it asks for.
    const much = { requests: resources('600m', '600Mi') };
    const tooMuch = expect.stringContaining('must be less than or equal to cpu limit of 500m');
    expect((await make(much)).body).toMatchObject({ message: tooMuch });

    const lower = { ...limit, min: resources('9m', '49Mi') };
    await client.ok({ ...where, verb: 'update', name: 'limit-range', body: of(lower) });
    await eventually(async () => expect((await make(little)).code).toBe(201));
    expect((await make(much)).body).toMatchObject({ message: tooMuch });
    await client.ok({ ...where, verb: 'delete', name: 'limit-range' });
    await eventually(async () => expect((await make(much)).code).toBe(201));
  });

  it('are refused when they contradict themselves', async () => {
    const limits = [{ type: 'Container', max: { cpu: '1' }, min: { cpu: '2' } }];
    const refused = await client.refused({
      ...ranges,
      verb: 'create',
      body: { metadata: { name: 'x' }, spec: { limits } },
    });
    expect(refused.details?.causes?.[0]).toEqual({
      reason: 'FieldValueInvalid',
      field: 'spec.limits[0].min[cpu]',
      message: 'Invalid value: "2": min value 2 is greater than max value 1',
    });
  });
});

describe('priority classes', () => {
  const make = (name: string, more: object) =>
    ({ ...classes, verb: 'create', body: { metadata: { name }, ...more } }) as const;

  it('of the system are there', async () => {
    const { items } = await client.ok<PriorityClass & { items: PriorityClass[] }>({ ...classes, verb: 'list' });
    expect(items.map(({ metadata, value }) => [metadata.name, value])).toEqual([
      ['system-cluster-critical', 2_000_000_000],
      ['system-node-critical', 2_000_001_000],
    ]);
  });

  it('give pods their number, at once', async () => {
    await client.ok(make('high', { value: 1000, preemptionPolicy: 'Never' }));
    const made = (await create(podBody('p', { priorityClassName: 'high' }))).body as Pod;
    expect(made.spec).toMatchObject({ priority: 1000, preemptionPolicy: 'Never' });
    const other = await create(podBody('p', { priorityClassName: 'high', priority: 5 }));
    expect(other.body).toMatchObject({
      message:
        'pods "p" is forbidden: the integer value of priority (5) must not be provided in pod spec; priority admission controller computed 1000 from the given PriorityClass name',
    });
    expect((await create(podBody('p', { priorityClassName: 'none' }))).body).toMatchObject({
      message: 'pods "p" is forbidden: no PriorityClass with name none was found',
    });
  });

  it('may be everybody’s, one of them', async () => {
    await client.ok(make('standard', { value: 7, globalDefault: true }));
    await eventually(async () => {
      expect(((await create(podBody('p'))).body as Pod).spec).toMatchObject({
        priorityClassName: 'standard',
        priority: 7,
      });
    });
    expect((await client.refused(make('second', { value: 8, globalDefault: true }))).message).toBe(
      'priorityclasses.scheduling.k8s.io "second" is forbidden: PriorityClass standard is already marked as default. Only one default can exist',
    );
    await client.ok({ ...classes, verb: 'delete', name: 'standard' });
  });

  it('leave the system’s numbers and names alone, and keep their own', async () => {
    const refused = async (request: Parameters<Client['refused']>[0]) =>
      (await client.refused(request)).details?.causes?.map(({ field, message }) => `${field}: ${message}`);
    expect(await refused(make('huge', { value: 1_000_000_001 }))).toEqual([
      'value: Forbidden: maximum allowed value of a user defined priority is 1000000000',
    ]);
    expect(await refused(make('system-mine', { value: 1 }))).toEqual([
      "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-mine is not a known system priority class",
    ]);
    const body = { metadata: { name: 'high' }, value: 5, preemptionPolicy: 'Never' };
    expect(await refused({ ...classes, verb: 'update', name: 'high', body })).toEqual([
      'value: Forbidden: may not be changed in an update.',
    ]);
  });
});

describe('quotas', () => {
  it.each([
    [
      { hard: { nonsense: '1' } },
      ['spec.hard[nonsense]: Invalid value: "nonsense": must be a standard resource for quota'],
    ],
    [{ hard: { pods: '500m' } }, ['spec.hard[pods]: Invalid value: "500m": must be an integer']],
    [
      { hard: { 'requests.cpu': '1' }, scopes: ['BestEffort'] },
      ['spec.scopes: Invalid value: ["BestEffort"]: unsupported scope applied to resource'],
    ],
    [
      { hard: { pods: '1' }, scopes: ['Terminating', 'NotTerminating'] },
      ['spec.scopes: Invalid value: ["Terminating","NotTerminating"]: conflicting scopes'],
    ],
    [
      { hard: { pods: '1' }, scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In' }] } },
      [
        "spec.scopeSelector.matchExpressions.values: Required value: must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
      ],
    ],
  ])('are refused for %j', async (spec, expected) => {
    const quotas = { ...core, resource: 'resourcequotas', namespace: 'default' } as const;
    const refused = await client.refused({ ...quotas, verb: 'create', body: { metadata: { name: 'q' }, spec } });
    expect(refused.details?.causes?.map(({ field, message }) => `${field}: ${message}`)).toEqual(expected);
  });
});
