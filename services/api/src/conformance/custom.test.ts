import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminClient, type Reply } from '../testing/admin-client.ts';
import { startApi, type TestApi } from '../testing/start-api.ts';

// What the conformance suite asks of CustomResourceDefinitions: operations, discovery, what is published of them, validation of fields.

let api: TestApi;
let admin: AdminClient;
beforeAll(async () => {
  api = await startApi();
  admin = await AdminClient.connect(api);
});
afterAll(async () => {
  admin?.close();
  await api?.stop();
});

const merge = 'application/merge-patch+json';
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

const send = (method: string, path: string, body?: object | string, type?: string): Promise<Reply> =>
  admin.send(method, path, typeof body === 'string' ? body : body === undefined ? '' : JSON.stringify(body), type);

async function ok(method: string, path: string, body?: object, type?: string): Promise<Reply['body']> {
  const reply = await send(method, path, body, type);
  expect(reply.code, `${method} ${path}: ${JSON.stringify(reply.body)}`).toBeLessThan(300);
  return reply.body;
}

const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
const embedded = { 'x-kubernetes-embedded-resource': true };
const strict = {
  type: 'object',
  properties: {
    spec: {
      type: 'object',
      description: 'What is wanted',
      required: ['size'],
      properties: {
        size: { type: 'integer', description: 'How large' },
        template: {
          type: 'object',
          ...embedded,
          'x-kubernetes-preserve-unknown-fields': true,
        },
      },
    },
  },
};

interface Version {
  name: string;
  served?: boolean;
  schema?: object;
}

function definition(group: string, plural: string, ...versions: Version[]) {
  const kind = plural.charAt(0).toUpperCase() + plural.slice(1, -1);
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}`, labels: { group } },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural, singular: plural.slice(0, -1), kind, listKind: `${kind}List` },
      versions: versions.map(({ name, served = true, schema = anything }, at) => ({
        name,
        served,
        storage: at === 0,
        schema: { openAPIV3Schema: schema },
      })),
    },
  };
}

async function define(object: ReturnType<typeof definition>): Promise<string> {
  await ok('POST', definitions, object);
  const path = `${definitions}/${object.metadata.name}`;
  await eventually(async () => {
    const { status } = await ok('GET', path);
    expect(status.conditions).toContainEqual(expect.objectContaining({ type: 'Established', status: 'True' }));
  });
  return path;
}

const objectsOf = (group: string, version: string, plural: string) =>
  `/apis/${group}/${version}/namespaces/default/${plural}`;

/** Kinds that OpenAPI v3 defines for a group version; none where it is not served. */
async function published(groupVersion: string): Promise<string[]> {
  const { code, body } = await send('GET', `/openapi/v3/apis/${groupVersion}`);
  if (code === 404) return [];
  const schemas = Object.values(body.components.schemas) as {
    'x-kubernetes-group-version-kind'?: { group: string; kind: string; version: string }[];
  }[];
  const [group, version] = groupVersion.split('/');
  return schemas
    .flatMap((schema) => schema['x-kubernetes-group-version-kind'] ?? [])
    .filter((one) => one.group === group && one.version === version && !/List$|^DeleteOptions$/.test(one.kind))
    .map(({ kind }) => kind)
    .sort();
}

/** The same of OpenAPI v2, over all groups. */
async function publishedInV2(group: string): Promise<string[]> {
  const { definitions: all } = await ok('GET', '/openapi/v2');
  return Object.keys(all)
    .filter((name) => name.startsWith(group.split('.').reverse().join('.')) && !/List$/.test(name))
    .sort();
}

describe('definitions', () => {
  it('are created, listed by label, watched and deleted as a collection', async () => {
    const group = 'list.example.com';
    const selected = `labelSelector=group%3D${group}`;
    const { resourceVersion } = (await ok('GET', `${definitions}?${selected}`)).metadata;
    for (let at = 0; at < 10; at += 1) await define(definition(group, `kind${at}s`, { name: 'v1' }));
    expect((await ok('GET', `${definitions}?${selected}`)).items).toHaveLength(10);
    await ok('DELETE', `${definitions}/kind0s.${group}`);
    await ok('DELETE', `${definitions}?${selected}`);
    const watch = `${definitions}?watch=1&${selected}&resourceVersion=${resourceVersion}`;
    const events = await admin.watch(watch, (seen) => seen.filter(({ type }) => type === 'DELETED').length === 10);
    expect(events.filter(({ type }) => type === 'ADDED')).toHaveLength(10);
    expect((await ok('GET', `${definitions}?${selected}`)).items).toEqual([]);
  });

  it('have a status that is read, replaced and patched', async () => {
    const path = await define(definition('status.example.com', 'things', { name: 'v1' }));
    const read = await ok('GET', `${path}/status`);
    const condition = (type: string) => ({ type, status: 'True', reason: 'Test', message: 'set by a test' });
    const conditions = [...read.status.conditions, condition('Put')];
    const put = await ok('PUT', `${path}/status`, { ...read, status: { ...read.status, conditions } });
    expect(put.status.conditions).toContainEqual(expect.objectContaining(condition('Put')));
    const patch = { status: { conditions: [...put.status.conditions, condition('Patched')] } };
    const patched = await ok('PATCH', `${path}/status`, patch, merge);
    expect(patched.status.conditions).toContainEqual(expect.objectContaining(condition('Patched')));
    // Go's clients send what is not said as empty texts.
    const bare = { type: '', status: '', lastTransitionTime: null, message: 'updated' };
    const current = await ok('GET', `${path}/status`);
    current.status.conditions.push(bare);
    const updated = await ok('PUT', `${path}/status`, current);
    expect(updated.status.conditions.at(-1)).toMatchObject({ type: '', status: '', message: 'updated' });
    const add = [{ op: 'add', path: '/status/conditions', value: [{ message: 'patched' }] }];
    const { status } = await ok('PATCH', `${path}/status`, add, 'application/json-patch+json');
    expect(status.conditions).toMatchObject([{ message: 'patched' }]);
  });

  it('give defaults to what is asked for, and to what was stored before they did', async () => {
    const text = { type: 'string' };
    const schema = { type: 'object', properties: { a: text, b: text } };
    const path = await define(definition('default.example.com', 'things', { name: 'v1', schema }));
    const things = objectsOf('default.example.com', 'v1', 'things');
    const create = (name: string) =>
      ok('POST', things, { apiVersion: 'default.example.com/v1', kind: 'Thing', metadata: { name } });
    const at = (field: string) => `/spec/versions/0/schema/openAPIV3Schema/properties/${field}/default`;
    const change = (...operations: object[]) => ok('PATCH', path, operations, 'application/json-patch+json');
    expect(await create('one')).not.toHaveProperty('a');
    await change({ op: 'add', path: at('a'), value: 'A' });
    await eventually(async () => expect((await ok('GET', `${things}/one`)).a).toBe('A'));
    const two = await create('two');
    expect([two.a, two.b]).toEqual(['A', undefined]);
    // What was stored with its default keeps it; what only showed it does not.
    await change({ op: 'remove', path: at('a') }, { op: 'add', path: at('b'), value: 'B' });
    await eventually(async () => expect((await ok('GET', `${things}/one`)).b).toBe('B'));
    expect(await ok('GET', `${things}/one`)).not.toHaveProperty('a');
    const { items } = await ok('GET', things);
    expect(items.map(({ a, b }: { a?: string; b: string }) => [a, b])).toEqual([
      [undefined, 'B'],
      ['A', 'B'],
    ]);
  });

  it('have their objects watched, each by its name', async () => {
    const cluster = definition('watch.example.com', 'things', { name: 'v1' });
    cluster.spec.scope = 'Cluster';
    await define(cluster);
    const things = '/apis/watch.example.com/v1/things';
    const { resourceVersion } = (await ok('GET', things)).metadata;
    const names = ['a', 'b'];
    for (const name of names)
      await ok('POST', things, { apiVersion: 'watch.example.com/v1', kind: 'Thing', metadata: { name } });
    const dummy = [{ op: 'add', path: '/dummy', value: 'test' }];
    for (const name of names) await ok('PATCH', `${things}/${name}`, dummy, 'application/json-patch+json');
    for (const name of names) await ok('DELETE', `${things}/${name}`);
    const seen = async (selector: string, count: number) => {
      const watch = `${things}?watch=1&resourceVersion=${resourceVersion}${selector}`;
      const events = await admin.watch(watch, (all) => all.length === count);
      return events.map(({ type, object }) => `${type} ${object.metadata.name} ${object.dummy ?? ''}`.trim());
    };
    const ofEach = names.map((name) => [`ADDED ${name}`, `MODIFIED ${name} test`, `DELETED ${name} test`]);
    for (const [i, name] of names.entries())
      expect(await seen(`&fieldSelector=metadata.name%3D${name}`, 3)).toEqual(ofEach[i]);
    expect((await seen('', 6)).toSorted()).toEqual(ofEach.flat().toSorted());
  });

  it('are told of in aggregated discovery, raw too', async () => {
    await define(definition('found.example.com', 'things', { name: 'v1' }));
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList';
    await eventually(async () => {
      const { body } = await admin.send('GET', '/apis', '', undefined, { accept });
      expect(body.kind).toBe('APIGroupDiscoveryList');
      const group = body.items.find(
        ({ metadata }: { metadata: { name: string } }) => metadata.name === 'found.example.com',
      );
      expect(group.versions[0].resources[0]).toMatchObject({ resource: 'things', responseKind: { kind: 'Thing' } });
    });
  });
});

describe('what is published', () => {
  it('are definitions of different groups, of one group with two versions, and of two kinds in one', async () => {
    await define(
      definition('a.pub.example.com', 'apples', { name: 'v1', schema: strict }, { name: 'v2', schema: strict }),
    );
    await define(definition('b.pub.example.com', 'apples', { name: 'v1', schema: strict }));
    await define(definition('b.pub.example.com', 'pears', { name: 'v1', schema: strict }));
    await eventually(async () => {
      expect(await published('a.pub.example.com/v1')).toEqual(['Apple']);
      expect(await published('a.pub.example.com/v2')).toEqual(['Apple']);
      expect(await published('b.pub.example.com/v1')).toEqual(['Apple', 'Pear']);
      expect(await publishedInV2('b.pub.example.com')).toEqual([
        'com.example.pub.b.v1.Apple',
        'com.example.pub.b.v1.Pear',
      ]);
    });
    const { components } = await ok('GET', '/openapi/v3/apis/b.pub.example.com/v1');
    const { definitions: all } = await ok('GET', '/openapi/v2');
    for (const schemas of [components.schemas, all])
      expect(schemas['com.example.pub.b.v1.Pear'].properties).toMatchObject({
        ...{ apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: expect.any(Object) },
        spec: { description: 'What is wanted', required: ['size'], properties: { size: { type: 'integer' } } },
      });
  });

  it('follows versions that are renamed, or served no more', async () => {
    const first = definition(
      'move.example.com',
      'things',
      { name: 'v1', schema: strict },
      { name: 'v2', schema: strict },
    );
    const path = await define(first);
    await eventually(async () => expect(await published('move.example.com/v2')).toEqual(['Thing']));
    const change = async (at: string, change: (version: { name: string; served: boolean }) => void) => {
      const current = await ok('GET', path);
      change(current.spec.versions.find(({ name }: Version) => name === at));
      await ok('PUT', path, current);
    };
    await change('v2', (version) => (version.name = 'v3'));
    await eventually(async () => {
      expect([await published('move.example.com/v2'), await published('move.example.com/v3')]).toEqual([[], ['Thing']]);
    });
    await change('v3', (version) => (version.served = false));
    await eventually(async () => {
      expect([await published('move.example.com/v1'), await published('move.example.com/v3')]).toEqual([['Thing'], []]);
    });
    expect(await publishedInV2('move.example.com')).toEqual(['com.example.move.v1.Thing']);
  });
});

describe('fields', () => {
  const made = (group: string, more: object = {}) => ({
    apiVersion: `${group}/v1`,
    kind: 'Thing',
    metadata: { name: 'one' },
    ...more,
  });
  const create = (group: string, body: object | string) =>
    send('POST', `${objectsOf(group, 'v1', 'things')}?dryRun=All&fieldValidation=Strict`, body);
  const apply = (group: string, body: object | string) =>
    send(
      'PATCH',
      `${objectsOf(group, 'v1', 'things')}/one?dryRun=All&fieldValidation=Strict&fieldManager=t`,
      body,
      'application/apply-patch+yaml',
    );
  beforeAll(async () => {
    await define(definition('loose.example.com', 'things', { name: 'v1' }));
    await define(definition('strict.example.com', 'things', { name: 'v1', schema: strict }));
  });

  it('of custom resources are taken as they come where no schema says otherwise', async () => {
    const body = made('loose.example.com', { spec: { anything: { at: 'all' } } });
    expect((await create('loose.example.com', body)).code).toBe(201);
    expect((await apply('loose.example.com', body)).code).toBe(201);
  });

  it('of custom resources are what the schema says, and nothing beside', async () => {
    const valid = made('strict.example.com', { spec: { size: 1 } });
    expect((await create('strict.example.com', valid)).code).toBe(201);
    expect((await apply('strict.example.com', valid)).code).toBe(201);
    const extra = made('strict.example.com', { spec: { size: 1, extra: 2 } });
    for (const answer of [await create('strict.example.com', extra), await apply('strict.example.com', extra)]) {
      expect(answer.code).toBe(400);
      expect(answer.body.message).toMatch(/unknown field "spec.extra"|spec.extra: field not declared in schema/);
    }
  });

  it('of metadata are known ones, at the root and in what is embedded', async () => {
    const metadata = { name: 'one', unknownMeta: 'x' };
    const embedded = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'x', unknownSubMeta: 'x' } };
    const body = made('strict.example.com', { metadata, spec: { size: 1, template: embedded } });
    const { code, body: status } = await create('strict.example.com', body);
    expect(code).toBe(400);
    expect(status.message).toContain('unknown field "metadata.unknownMeta"');
    expect(status.message).toContain('unknown field "spec.template.metadata.unknownSubMeta"');
    const applied = await apply('strict.example.com', body);
    expect(applied.code).toBe(400);
    for (const path of ['.metadata.unknownMeta', '.spec.template.metadata.unknownSubMeta'])
      expect(applied.body.message).toContain(`${path}: field not declared in schema`);
  });

  it('of the metadata of what is embedded are known ones also where unknown fields are kept around it', async () => {
    const text = { type: 'string' };
    const object = (properties: object) => ({ type: 'object', properties });
    const template = { ...object({ metadata: object({ name: text }), spec: { type: 'object' } }), ...embedded };
    const spec = { ...object({ template, foo: text }), 'x-kubernetes-preserve-unknown-fields': true };
    await define(definition('embedded.example.com', 'things', { name: 'v1', schema: object({ spec }) }));
    // apiversion, as the suite writes it, is a field that the schema does not have either.
    const inner = {
      apiversion: 'foo/v1',
      kind: 'Sub',
      metadata: { unknownSubMeta: 'x', name: 'sub', namespace: 'default' },
    };
    const metadata = { name: 'one', unknownMeta: 'x', finalizers: ['example.com/test'] };
    const { code, body } = await apply(
      'embedded.example.com',
      made('embedded.example.com', { metadata, spec: { template: inner, foo: 'a', bar: 1 } }),
    );
    expect(code).toBe(400);
    for (const path of ['.metadata.unknownMeta', '.spec.template.metadata.unknownSubMeta'])
      expect(body.message).toContain(`${path}: field not declared in schema`);
  });

  it('are said once, also where unknown ones are kept', async () => {
    const text = '{"apiVersion":"loose.example.com/v1","kind":"Thing","metadata":{"name":"one"},"spec":{"a":1,"a":2}}';
    const { code, body } = await create('loose.example.com', text);
    expect([code, body.message]).toEqual([400, expect.stringContaining('duplicate field "spec.a"')]);
    const yaml = '\napiVersion: loose.example.com/v1\nkind: Thing\nmetadata:\n  name: one\nspec:\n  a: 1\n  a: 2';
    const applied = await apply('loose.example.com', yaml);
    expect([applied.code, applied.body.message]).toEqual([
      400,
      expect.stringContaining('line 8: key "a" already set in map'),
    ]);
  });

  it('of built-in kinds are known and said once, in metadata as in the rest', async () => {
    const text =
      '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"d","unknownMeta":1},"spec":{"unknown1":1,"replicas":1,"replicas":2,"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"x","unknownNested":true,"imagePullPolicy":"Always","imagePullPolicy":"Never"}]}}}}';
    const { code, body } = await send(
      'POST',
      '/apis/apps/v1/namespaces/default/deployments?dryRun=All&fieldValidation=Strict',
      text,
    );
    expect(code).toBe(400);
    expect(body.message).toContain(
      `strict decoding error: ${[
        'unknown field "metadata.unknownMeta"',
        'unknown field "spec.unknown1"',
        'duplicate field "spec.replicas"',
        'unknown field "spec.template.spec.containers[0].unknownNested"',
        'duplicate field "spec.template.spec.containers[0].imagePullPolicy"',
      ].join(', ')}`,
    );
  });
});
