import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ask, ask2, openWatch } from './testing/client.ts';
import { startFront, type TestFront } from './testing/start-front.ts';

let front: TestFront;
beforeAll(async () => {
  front = await startFront({ limits: { readonly: 2, mutating: 1, longRunning: 3 } });
});
afterAll(() => front.stop());
beforeEach(() => {
  front.pipeline.before = () => undefined;
  front.pipeline.warnings = [];
  front.pipeline.text = undefined;
  front.pipeline.requests.length = 0;
  front.pipeline.objects.clear();
});

const maps = '/api/v1/namespaces/default/configmaps';
const map = (name: string, data: Record<string, string> = {}) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
  data,
});
const post = (body: string | Buffer, headers: Record<string, string> = {}) => ({ method: 'POST', body, headers });

describe.each([
  ['HTTP/1.1', ask],
  ['HTTP/2', ask2],
] as const)('over %s', (_name, send) => {
  it('takes a body without a content type for JSON and answers what the pipeline answers', async () => {
    const reply = await send(front, `${maps}?fieldManager=me`, post(JSON.stringify(map('a'))));
    expect(reply).toMatchObject({ code: 201, json: { kind: 'ConfigMap', metadata: { name: 'a' } } });
    expect(reply.headers['content-type']).toBe('application/json');
    expect(front.pipeline.requests[0]?.request).toMatchObject({
      verb: 'create',
      resource: 'configmaps',
      namespace: 'default',
      query: { fieldManager: 'me' },
      contentType: 'application/json',
      body: map('a'),
    });
  });

  it('answers a Status for what is not there', async () => {
    const reply = await send(front, `${maps}/none`);
    expect(reply).toMatchObject({ code: 404, json: { kind: 'Status', reason: 'NotFound', code: 404 } });
  });

  it('sends the text of a list piece by piece as it is made, whole to those who take gzip', async () => {
    const items = Array.from({ length: 3_000 }, (_, i) => JSON.stringify(map(`m-${i}`, { text: 'ü'.repeat(200) })));
    const whole = `{"kind":"ConfigMapList","apiVersion":"v1","metadata":{},"items":[${items.join(',')}]}`;
    front.pipeline.text = function* () {
      yield whole.slice(0, 70);
      for (let at = 70; at < whole.length; at += 1000) yield Buffer.from(whole.slice(at, at + 1000));
    };
    const plain = await send(front, maps);
    expect([plain.code, plain.headers['content-length'], plain.headers['content-type']]).toEqual([
      200,
      undefined,
      'application/json',
    ]);
    expect(plain.text).toBe(`${whole}\n`);
    const packed = await send(front, maps, { headers: { 'accept-encoding': 'gzip' } });
    expect(gunzipSync(packed.raw).toString()).toBe(`${whole}\n`);
    front.pipeline.text = () => ['{"kind":"ConfigMapList",', Buffer.from('"items":[]}')];
    const small = await send(front, maps);
    expect([small.headers['content-length'], small.text]).toEqual(['36', '{"kind":"ConfigMapList","items":[]}\n']);
    const yaml = await send(front, maps, { headers: { accept: 'application/yaml' } });
    expect(yaml.text).toContain('kind: ConfigMapList\n');
  });

  it('compresses large answers for those who take gzip, and no others', async () => {
    front.pipeline.put(map('big', { text: 'x'.repeat(200_000) }));
    const plain = await send(front, maps);
    expect(plain.headers['content-encoding']).toBeUndefined();
    const packed = await send(front, maps, { headers: { 'accept-encoding': 'gzip' } });
    expect(packed.headers['content-encoding']).toBe('gzip');
    expect(gunzipSync(packed.raw).toString()).toBe(plain.text);
    const refused = await send(front, maps, { headers: { 'accept-encoding': 'gzip;q=0' } });
    expect(refused.headers['content-encoding']).toBeUndefined();
  });

  it('turns away a body over 3 MiB, announced or not', async () => {
    const body = Buffer.alloc(3 * 1024 * 1024 + 1, 32);
    const announced = await send(front, maps, post(body, { 'content-length': String(body.length) })).catch(String);
    if (typeof announced !== 'string')
      expect(announced).toMatchObject({ code: 413, json: { reason: 'RequestEntityTooLarge' } });
    expect(front.pipeline.requests).toHaveLength(0);
  });

  it('knows a client by its certificate', async () => {
    const tls = await front.certificates.client('jane', ['dev', 'ops']);
    await send(front, maps, { tls });
    expect(front.pipeline.requests[0]?.context.user).toEqual({ username: 'jane', groups: ['dev', 'ops'] });
  });

  it('passes on whom a client wants to impersonate, with every group', async () => {
    const headers = {
      'impersonate-user': 'bob',
      'impersonate-group': ['a,b', 'c'],
      'impersonate-uid': 'u1',
      'impersonate-extra-acme.com%2fteam': 'red',
    };
    await send(front, maps, { headers });
    expect(front.pipeline.requests[0]?.context.user).toEqual({
      username: 'bob',
      uid: 'u1',
      groups: ['a,b', 'c'],
      extra: new Map([['acme.com/team', ['red']]]),
    });
  });

  it('answers HEAD without a body', async () => {
    const reply = await send(front, '/version', { method: 'HEAD' });
    expect(reply).toMatchObject({ code: 200, text: '' });
  });

  it('does not take HEAD for resources, and says so to those alone who may read them', async () => {
    front.pipeline.put(map('a'));
    for (const path of [maps, `${maps}/a`]) {
      const reply = await send(front, path, { method: 'HEAD' });
      expect([reply.code, reply.text]).toEqual([405, '']);
    }
    expect((await send(front, '/api/v1/forbidden', { method: 'HEAD' })).code).toBe(403);
    expect(front.pipeline.requests).toHaveLength(0);
  });

  it('speaks of warnings in headers that hold one line each', async () => {
    front.pipeline.warnings = ['a "quoted"\nline', 'zwei – drei'];
    const reply = await send(front, maps);
    const header = Buffer.from(String(reply.headers.warning), 'latin1').toString('utf8');
    expect(header).toBe('299 - "a \\"quoted\\" line", 299 - "zwei – drei"');
  });

  it('tells nothing of the inside when something breaks there', async () => {
    front.pipeline.before = () => {
      throw new Error('secret detail');
    };
    const reply = await send(front, maps);
    expect(reply).toMatchObject({ code: 500, json: { kind: 'Status', reason: 'InternalError' } });
    expect(reply.text).not.toMatch(/secret|at .*\.ts/);
  });
});

describe('who may ask', () => {
  it.each([
    ['nobody', {}],
    ['a bad token', { authorization: 'Bearer bad' }],
    ['another scheme', { authorization: 'Basic YTpi' }],
    ['an empty token', { authorization: 'Bearer ' }],
  ])('refuses %s with 401', async (_who, headers) => {
    const reply = await ask(front, maps, { anonymous: true, headers });
    expect(reply).toMatchObject({ code: 401, json: { reason: 'Unauthorized' } });
    expect(front.pipeline.requests).toHaveLength(0);
  });

  it('ignores a certificate of another CA', async () => {
    const other = await startFront();
    const tls = await other.certificates.client('kubernetes-admin', ['system:masters']);
    expect((await ask(front, maps, { tls })).code).toBe(401);
    await other.stop();
  });

  it.each(['/livez', '/readyz', '/healthz', '/version'])('lets anybody ask for %s', async (path) => {
    expect((await ask(front, path, { anonymous: true })).code).toBe(200);
  });

  it('asks an administrator who impersonates nobody in particular for no more than he has said', async () => {
    const headers = { 'impersonate-user': 'system:anonymous' };
    expect((await ask(front, maps, { headers })).code).toBe(200);
    expect((await ask(front, maps, { anonymous: true, headers })).code).toBe(401);
  });

  it('does not take a path for a public one by its beginning', async () => {
    for (const path of ['/version/x', '/livezz', '/metrics', '/api']) {
      expect((await ask(front, path, { anonymous: true })).code).toBe(401);
    }
  });

  it('asks for leave before a path is served', async () => {
    expect(await ask(front, '/forbidden')).toMatchObject({ code: 403, json: { reason: 'Forbidden' } });
  });

  it('refuses groups to impersonate without a user', async () => {
    expect((await ask(front, maps, { headers: { 'impersonate-group': 'system:masters' } })).code).toBe(400);
  });
});

describe('bodies that are not in order', () => {
  const yaml = { 'content-type': 'application/yaml' };

  it.each([
    ['broken JSON', '{"a":', {}, 400, 'BadRequest'],
    ['broken UTF-8', Buffer.from([0x22, 0xff, 0x22]), {}, 400, 'BadRequest'],
    ['an unknown media type', '{}', { 'content-type': 'text/plain' }, 415, 'UnsupportedMediaType'],
    ['a compressed body', '{}', { 'content-encoding': 'gzip' }, 415, 'UnsupportedMediaType'],
    ['deep nesting', '['.repeat(100_000) + ']'.repeat(100_000), {}, 400, 'BadRequest'],
    ['nesting just too deep', `${'{"a":'.repeat(257)}1${'}'.repeat(257)}`, {}, 400, 'BadRequest'],
    ['broken YAML', 'a: [', yaml, 400, 'BadRequest'],
    ['YAML nested just too deep', `a: ${'{a: '.repeat(256)}1${'}'.repeat(256)}`, yaml, 400, 'BadRequest'],
    ['YAML that nests without end', '['.repeat(600_000), yaml, 400, 'BadRequest'],
  ])('refuses %s', async (_what, body, headers, code, reason) => {
    const reply = await ask(front, maps, post(body, headers as Record<string, string>));
    expect(reply).toMatchObject({ code, json: { reason } });
  });

  it('refuses a YAML bomb', async () => {
    const levels = Array.from({ length: 9 }, (_, i) => `l${i + 1}: &l${i + 1} [${Array(9).fill(`*l${i}`)}]`);
    const body = `l0: &l0 [${Array(9).fill('x')}]\n${levels.join('\n')}`;
    expect((await ask(front, maps, post(body, yaml))).code).toBe(400);
  });

  it('reports duplicate keys beside the value', async () => {
    await ask(front, maps, post('{"metadata":{"name":"a","name":"b"},"x":[{"y":1,"\\u0079":2}]}'));
    expect(front.pipeline.requests[0]?.request).toMatchObject({
      body: { metadata: { name: 'b' } },
      strictErrors: ['duplicate field "metadata.name"', 'duplicate field "x[0].y"'],
    });
  });

  it('takes __proto__ for data', async () => {
    await ask(front, `${maps}?__proto__=x`, post('{"metadata":{"name":"a","labels":{"__proto__":"p"}}}'));
    const { body, query } = front.pipeline.requests[0]?.request ?? {};
    expect(JSON.stringify(body)).toContain('"__proto__":"p"');
    expect(Object.keys(query ?? {})).toEqual(['__proto__']);
  });

  it('wants to be told what a patch is', async () => {
    expect((await ask(front, `${maps}/a`, { method: 'PATCH', body: '{}' })).code).toBe(415);
  });

  const unrecognized =
    "the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error:";
  it.each([
    ['nope', `${unrecognized} invalid character 'o' in literal null (expecting 'u') (6e6f7065)`],
    ['{"metadata":', `${unrecognized} unexpected end of JSON input ({"metadata":)`],
    [
      `{"data":${'x'.repeat(40)}`,
      `${unrecognized} invalid character 'x' looking for beginning of value ({"data":${'x'.repeat(22)} ...)`,
    ],
    [' '.repeat(31), `${unrecognized} unexpected end of JSON input (${'20'.repeat(30)} ...)`],
  ])('says of %j what it is not, and where', async (body, message) => {
    expect(await ask(front, maps, post(body))).toMatchObject({ code: 400, json: { reason: 'BadRequest', message } });
  });

  it('says of a body that is not YAML that it is none', async () => {
    const { json } = await ask(front, maps, post('a: [', yaml));
    expect(json.message).toMatch(
      /^the object provided is unrecognized \(must be of type ConfigMap\): yaml: .* \(613a205b\)$/s,
    );
  });

  it.each([
    ['json-patch+json', '', 'error decoding patch: unexpected end of JSON input'],
    ['merge-patch+json', '', 'error decoding patch: unexpected end of JSON input'],
    ['strategic-merge-patch+json', '', 'unexpected end of JSON input'],
    [
      'merge-patch+json',
      '{a}',
      "error decoding patch: invalid character 'a' looking for beginning of object key string",
    ],
    ['strategic-merge-patch+json', '{a}', "invalid character 'a' looking for beginning of object key string"],
    ['apply-patch+yaml', '{"a":', 'error decoding YAML: error converting YAML to JSON: yaml: '],
  ])('says of %s %j what it is not, and where', async (type, body, message) => {
    const headers = { 'content-type': `application/${type}` };
    const { code, json } = await ask(front, `${maps}/a`, { method: 'PATCH', body, headers });
    expect({ code, message: json.message }).toEqual({
      code: 400,
      message: expect.stringMatching(`^${message.replace(/[{}]/g, '.')}`),
    });
  });

  it('takes YAML in braces, and an empty patch to apply', async () => {
    const headers = { 'content-type': 'application/apply-patch+yaml' };
    for (const body of ['{metadata: {name: a}}', '']) await ask(front, `${maps}/a`, { method: 'PATCH', body, headers });
    expect(front.pipeline.requests.map(({ request }) => request)).toMatchObject([
      { contentType: headers['content-type'], body: { metadata: { name: 'a' } } },
      { contentType: headers['content-type'], body: null },
    ]);
  });
});

describe('representations', () => {
  const accept = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';

  it('makes a Table of a list', async () => {
    front.pipeline.put(map('a'));
    const { json } = await ask(front, maps, { headers: { accept } });
    expect(json).toMatchObject({
      kind: 'Table',
      apiVersion: 'meta.k8s.io/v1',
      metadata: { resourceVersion: expect.any(String) },
    });
    expect(json.columnDefinitions[0]).toMatchObject({ name: 'Name', type: 'string', format: 'name', priority: 0 });
    expect(json.rows[0]).toMatchObject({
      cells: ['a', ...json.rows[0].cells.slice(1)],
      object: { kind: 'PartialObjectMetadata' },
    });
  });

  it.each([
    ['None', undefined],
    ['Object', 'ConfigMap'],
  ])('puts into a row what includeObject=%s says', async (include, kind) => {
    front.pipeline.put(map('a'));
    const { json } = await ask(front, `${maps}/a?includeObject=${include}`, { headers: { accept } });
    expect(json.rows[0].object?.kind).toBe(kind);
  });

  it('leaves a failure as it is', async () => {
    expect((await ask(front, `${maps}/none`, { headers: { accept } })).json.kind).toBe('Status');
  });

  it('reduces objects and lists to their metadata', async () => {
    front.pipeline.put(map('a', { k: 'v' }));
    const partial = 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io';
    const one = await ask(front, `${maps}/a`, { headers: { accept: partial } });
    expect(one.json).toEqual({
      kind: 'PartialObjectMetadata',
      apiVersion: 'meta.k8s.io/v1',
      metadata: expect.objectContaining({ name: 'a' }),
    });
    const list = await ask(front, maps, { headers: { accept: partial.replace('Metadata;', 'MetadataList;') } });
    expect(list.json).toMatchObject({ kind: 'PartialObjectMetadataList', items: [{ metadata: { name: 'a' } }] });
    expect((await ask(front, maps, { headers: { accept: partial } })).code).toBe(406);
  });

  it('answers in YAML', async () => {
    front.pipeline.put(map('a'));
    const reply = await ask(front, `${maps}/a`, { headers: { accept: 'application/yaml' } });
    expect(reply.text).toContain('kind: ConfigMap\n');
  });

  it('refuses forms that it cannot give', async () => {
    const reply = await ask(front, maps, { headers: { accept: 'application/cbor' } });
    expect(reply).toMatchObject({ code: 406, json: { reason: 'NotAcceptable' } });
  });
});

describe('limits', () => {
  it('turns away what exceeds the requests in flight, with Retry-After, and takes the next when there is room', async () => {
    const gate = Promise.withResolvers<void>();
    front.pipeline.before = () => gate.promise;
    const held = [ask(front, maps), ask(front, maps)];
    while (front.pipeline.requests.length < 2) await new Promise(setImmediate);
    const refused = await ask(front, maps);
    expect(refused).toMatchObject({ code: 429, json: { reason: 'TooManyRequests' } });
    expect(refused.headers['retry-after']).toBe('1');
    expect((await ask(front, '/livez')).code).toBe(200);
    gate.resolve();
    await Promise.all(held);
    expect((await ask(front, maps)).code).toBe(200);
  });

  it('has one of its own for watches, and leaves room for requests beside them', async () => {
    const watches = await Promise.all([1, 2, 3].map(() => openWatch(front, `${maps}?watch=true`)));
    expect(watches.map(({ code }) => code)).toEqual([200, 200, 200]);
    expect(await ask(front, `${maps}?watch=true`)).toMatchObject({ code: 429 });
    expect((await ask(front, maps)).code).toBe(200);
    for (const watch of watches) watch.close();
    await expect
      .poll(async () => {
        const again = await openWatch(front, `${maps}?watch=true`);
        again.close();
        return again.code;
      })
      .toBe(200);
  });

  it('ends a request at its time limit with a Timeout', async () => {
    front.pipeline.before = () => new Promise(() => undefined);
    const reply = await ask(front, `${maps}?timeout=20ms`);
    expect(reply).toMatchObject({ code: 504, json: { reason: 'Timeout' } });
    expect(front.pipeline.requests[0]?.context.signal.aborted).toBe(true);
  });

  it('refuses a timeout that is no duration', async () => {
    expect((await ask(front, `${maps}?timeout=soon`)).code).toBe(400);
  });
});

it('answers a Status to any bytes on any path, and stays alive', async () => {
  const paths = fc.oneof(
    fc.webPath(),
    fc
      .constantFrom('/api/v1', '/apis/apps/v1', '/openapi', '/livez', '/metrics')
      .chain((root) => fc.stringMatching(/^[!-~]{0,40}$/).map((rest) => `${root}/${rest}`)),
  );
  const methods = fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE');
  await fc.assert(
    fc.asyncProperty(methods, paths, fc.uint8Array({ maxLength: 40 }), async (method, path, body) => {
      const reply = await ask(front, path.startsWith('/') ? path : `/${path}`, { method, body: Buffer.from(body) });
      expect(reply.code).not.toBe(500);
      if (reply.code >= 400 && reply.headers['content-type'] === 'application/json')
        expect(reply.json.kind).toBe('Status');
    }),
    { numRuns: 150 },
  );
  expect((await ask(front, '/livez')).text).toBe('ok');
});
