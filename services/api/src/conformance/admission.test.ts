import { eventually } from '@kubus/testkit';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { patchAnswer, WebhookServer } from '../admission/testing/webhook-server.ts';
import { AdminClient, type Reply } from '../testing/admin-client.ts';
import { startApi, type TestApi } from '../testing/start-api.ts';

// What the conformance suite asks of webhooks and policies over HTTP, beside what the tests of admission show.

let api: TestApi;
let admin: AdminClient;
let server: WebhookServer;
beforeAll(async () => {
  [api, server] = await Promise.all([startApi(), WebhookServer.start('hook.default.svc')]);
  admin = await AdminClient.connect(api);
  await define();
});
afterEach(async () => {
  for (const plural of [mutating, validating]) await send('DELETE', plural);
  await eventually(async () => expect((await tryMap('unhindered')).body.data).toEqual({ own: 'yes' }));
  server.answers.clear();
});
afterAll(async () => {
  admin?.close();
  await api?.stop();
  await server?.stop();
});

const group = '/apis/admissionregistration.k8s.io/v1';
const mutating = `${group}/mutatingwebhookconfigurations`;
const validating = `${group}/validatingwebhookconfigurations`;
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const things = '/apis/hook.example.com/v1/namespaces/default/things';
const merge = 'application/merge-patch+json';

const send = (method: string, path: string, body?: object, type?: string): Promise<Reply> =>
  admin.send(method, path, body === undefined ? '' : JSON.stringify(body), type);

async function ok(method: string, path: string, body?: object, type?: string): Promise<Reply['body']> {
  const reply = await send(method, path, body, type);
  expect(reply.code, `${method} ${path}: ${JSON.stringify(reply.body)}`).toBeLessThan(300);
  return reply.body;
}

const tryMap = (name: string): Promise<Reply> =>
  send('POST', '/api/v1/namespaces/default/configmaps?dryRun=All', { metadata: { name }, data: { own: 'yes' } });

const maps = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] };
const ofThings = { ...maps, apiGroups: ['hook.example.com'], operations: ['*'], resources: ['things'] };

function configuration(name: string, path: string, rule: object = maps, more: object = {}) {
  const webhook = {
    name: `${path.slice(1)}.example.com`,
    clientConfig: server.at(path),
    rules: [rule],
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
    ...more,
  };
  return { metadata: { name, labels: { of: 'test' } }, webhooks: [webhook] };
}

const schema = {
  type: 'object',
  properties: {
    data: {
      type: 'object',
      properties: { own: { type: 'string' }, first: { type: 'string' }, second: { type: 'string' } },
    },
  },
};

async function define(): Promise<void> {
  const version = (name: string, storage: boolean) => ({
    name,
    served: true,
    storage,
    schema: { openAPIV3Schema: schema },
  });
  await ok('POST', definitions, {
    metadata: { name: 'things.hook.example.com' },
    spec: {
      group: 'hook.example.com',
      scope: 'Namespaced',
      names: { plural: 'things', kind: 'Thing' },
      versions: [version('v1', true), version('v2', false)],
    },
  });
  await eventually(async () => expect((await send('GET', things)).code).toBe(200));
}

const thing = (name: string) => ({
  apiVersion: 'hook.example.com/v1',
  kind: 'Thing',
  metadata: { name },
  data: { own: 'yes' },
});

describe('webhook configurations', () => {
  it.each([
    [mutating, 'mutate' as const],
    [validating, 'deny' as const],
  ])('%s: ten of them are listed by label, and what they do ends with the collection', async (path, does) => {
    server.answers.set('/listed', () =>
      does === 'mutate' ? patchAnswer({ op: 'add', path: '/data/first', value: 'yes' }) : { allowed: false },
    );
    for (let at = 0; at < 10; at += 1) await ok('POST', path, configuration(`listed-${at}`, '/listed'));
    expect((await ok('GET', `${path}?labelSelector=of%3Dtest`)).items).toHaveLength(10);
    await eventually(async () => {
      const { code, body } = await tryMap('held');
      expect(does === 'mutate' ? body.data : code).toEqual(does === 'mutate' ? { own: 'yes', first: 'yes' } : 400);
    });
    await ok('DELETE', `${path}?labelSelector=of%3Dtest`);
    await eventually(async () => expect((await tryMap('free')).body.data).toEqual({ own: 'yes' }));
  });

  it.each([
    [mutating, 'mutate' as const],
    [validating, 'deny' as const],
  ])('%s: change what they are asked about when they are updated, and back when they are patched', async (path, does) => {
    server.answers.set('/changed', () =>
      does === 'mutate' ? patchAnswer({ op: 'add', path: '/data/first', value: 'yes' }) : { allowed: false },
    );
    const acts = async () => expect((await tryMap('acts')).body.data).not.toEqual({ own: 'yes' });
    const rests = async () => expect((await tryMap('rests')).body.data).toEqual({ own: 'yes' });
    const made = await ok('POST', path, configuration('changed', '/changed'));
    await eventually(acts);
    made.webhooks[0].rules[0].operations = ['UPDATE'];
    await ok('PUT', `${path}/changed`, made);
    await eventually(rests);
    const back = [{ op: 'replace', path: '/webhooks/0/rules/0/operations', value: ['CREATE'] }];
    await ok('PATCH', `${path}/changed`, back, 'application/json-patch+json');
    await eventually(acts);
  });

  it.each([mutating, validating])('%s: have conditions that compile, when made and when changed', async (path) => {
    const conditions = (expression: string) => ({ matchConditions: [{ name: 'one', expression }] });
    const good = configuration('conditional', '/never', maps, conditions("object.metadata.name != 'skip-me'"));
    const made = await ok('POST', path, good);
    expect(made.webhooks[0].matchConditions).toHaveLength(1);
    made.webhooks[0].matchConditions[0].expression = "object.metadata.name == 'me'";
    await ok('PUT', `${path}/conditional`, made);
    const bad = configuration('bad', '/never', maps, conditions('... [} bad expression'));
    const { code, body } = await send('POST', path, bad);
    expect([code, body.message]).toEqual([422, expect.stringContaining('compilation failed')]);
    expect(body.details.causes[0].field).toBe('webhooks[0].matchConditions[0].expression');
    const text = (await send('POST', path, configuration('bad', '/never', maps, conditions('"text"')))).body;
    expect(text.message).toContain('must evaluate to bool');
  });
});

describe('webhooks of custom resources', () => {
  it('deny that they are created, changed and deleted', async () => {
    await ok('POST', things, thing('there'));
    server.answers.set('/deny', () => ({ allowed: false, status: { message: 'not here' } }));
    await ok('POST', validating, configuration('deny', '/deny', ofThings));
    await eventually(async () => expect((await send('POST', things, thing('new'))).code).toBe(400));
    expect((await send('PATCH', `${things}/there`, { data: { own: 'no' } }, merge)).body.message).toContain('not here');
    expect((await send('DELETE', `${things}/there`)).code).toBe(400);
    await ok('DELETE', `${validating}/deny`);
    await eventually(async () => ok('DELETE', `${things}/there`));
  });

  it('change them one after the other, and what the schema does not know is pruned', async () => {
    server.answers.set('/first', () =>
      patchAnswer({ op: 'add', path: '/data/first', value: 'yes' }, { op: 'add', path: '/data/unknown', value: 'yes' }),
    );
    server.answers.set('/second', ({ object }) =>
      patchAnswer({ op: 'add', path: '/data/second', value: object.data.first ?? 'no' }),
    );
    await ok('POST', mutating, configuration('a-first', '/first', ofThings));
    await ok('POST', mutating, configuration('b-second', '/second', ofThings));
    await eventually(async () => {
      const { data } = await ok('POST', `${things}?dryRun=All`, thing('changed'));
      expect(data).toEqual({ own: 'yes', first: 'yes', second: 'yes' });
    });
  });

  it('change them also when another version is stored by now', async () => {
    await ok('POST', things, thing('moved'));
    server.answers.set('/first', () => patchAnswer({ op: 'add', path: '/data/first', value: 'yes' }));
    await ok('POST', mutating, configuration('moving', '/first', { ...ofThings, apiVersions: ['*'] }));
    const path = `${definitions}/things.hook.example.com`;
    const stored = (v1: boolean) => [
      { op: 'replace', path: '/spec/versions/0/storage', value: v1 },
      { op: 'replace', path: '/spec/versions/1/storage', value: !v1 },
    ];
    await ok('PATCH', path, stored(false), 'application/json-patch+json');
    await eventually(async () => {
      const { data } = await ok('PATCH', `${things}/moved`, { metadata: { labels: { at: `${Date.now()}` } } }, merge);
      expect(data).toEqual({ own: 'yes', first: 'yes' });
    });
    expect((await ok('GET', `${things.replace('/v1/', '/v2/')}/moved`)).data.first).toBe('yes');
  });

  it('deny definitions themselves', async () => {
    server.answers.set('/deny', () => ({ allowed: false, status: { message: 'the crd contains unwanted label' } }));
    const rule = {
      ...maps,
      apiGroups: ['apiextensions.k8s.io'],
      apiVersions: ['*'],
      resources: ['customresourcedefinitions'],
    };
    await ok('POST', validating, configuration('no-definitions', '/deny', rule));
    const definition = {
      metadata: { name: 'others.hook.example.com' },
      spec: {
        group: 'hook.example.com',
        scope: 'Namespaced',
        names: { plural: 'others', kind: 'Other' },
        versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }],
      },
    };
    await eventually(async () => {
      const { code, body } = await send('POST', `${definitions}?dryRun=All`, definition);
      expect([code, body.message]).toEqual([400, expect.stringContaining('the crd contains unwanted label')]);
    });
  });
});

describe('expressions of policies', () => {
  const rule = { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['deployments'] };
  const policy = (spec: object) => ({
    metadata: { name: 'checked' },
    spec: { matchConstraints: { resourceRules: [rule] }, ...spec },
  });
  const good = { expression: 'object.spec.replicas <= 5' };
  const apply = (expression: string) => ({
    reinvocationPolicy: 'Never',
    mutations: [{ patchType: 'ApplyConfiguration', applyConfiguration: { expression } }],
  });

  it.each([
    [
      'validations[0].expression',
      'validatingadmissionpolicies',
      { validations: [{ expression: 'object.x ==' }] },
      'compilation failed',
    ],
    [
      'validations[0].expression',
      'validatingadmissionpolicies',
      { validations: [{ expression: '1' }] },
      'must evaluate to bool',
    ],
    [
      'validations[0].messageExpression',
      'validatingadmissionpolicies',
      { validations: [{ ...good, messageExpression: '1' }] },
      'must evaluate to string',
    ],
    [
      'validations[0].expression',
      'validatingadmissionpolicies',
      { validations: [{ expression: 'variables.none == 1' }] },
      "undefined field 'none'",
    ],
    [
      'validations[0].expression',
      'validatingadmissionpolicies',
      { validations: [{ expression: 'params.x == 1' }] },
      'undeclared reference',
    ],
    [
      'variables[0].expression',
      'validatingadmissionpolicies',
      { variables: [{ name: 'v', expression: ')' }], validations: [good] },
      'compilation failed',
    ],
    [
      'matchConditions[0].expression',
      'validatingadmissionpolicies',
      { matchConditions: [{ name: 'c', expression: ')' }], validations: [good] },
      'compilation failed',
    ],
    [
      'auditAnnotations[0].valueExpression',
      'validatingadmissionpolicies',
      { auditAnnotations: [{ key: 'k', valueExpression: '1' }] },
      'must evaluate to',
    ],
    ['mutations[0].applyConfiguration.expression', 'mutatingadmissionpolicies', apply('Object{'), 'compilation failed'],
    [
      'mutations[0].applyConfiguration.expression',
      'mutatingadmissionpolicies',
      apply('"text"'),
      'must evaluate to Object',
    ],
  ])('spec.%s of %s have to compile: %j', async (at, plural, spec, why) => {
    const { code, body } = await send('POST', `${group}/${plural}?dryRun=All`, policy(spec));
    expect([code, body.reason]).toEqual([422, 'Invalid']);
    expect(body.details.causes).toContainEqual(
      expect.objectContaining({ field: `spec.${at}`, message: expect.stringContaining(why) }),
    );
  });

  it('that do compile are taken', async () => {
    await ok('POST', `${group}/validatingadmissionpolicies?dryRun=All`, policy({ validations: [good] }));
    const labels = 'Object{metadata: Object.metadata{labels: {"a": "b"}}}';
    await ok('POST', `${group}/mutatingadmissionpolicies?dryRun=All`, policy(apply(labels)));
  });
});
