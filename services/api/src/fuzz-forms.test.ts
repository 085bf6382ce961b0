import { encodeProtobuf } from '@kubus/shared/schema';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { rows } from './conformance/kinds.ts';
import { AdminClient } from './testing/admin-client.ts';
import { expectAnswer, nasty, value } from './testing/fuzz.ts';
import { startApi, type TestApi } from './testing/start-api.ts';

// Bad input in other forms than plain JSON objects: bytes, patches of every kind, selectors, tokens, expressions and schemas.

let api: TestApi;
let client: AdminClient;
beforeAll(async () => {
  api = await startApi();
  client = await AdminClient.connect(api);
  await client.send('POST', '/api/v1/namespaces', JSON.stringify({ metadata: { name: 'tried' } }));
  await client.send(
    'POST',
    '/api/v1/namespaces/tried/serviceaccounts',
    JSON.stringify({ metadata: { name: 'default' } }),
  );
});
afterAll(async () => {
  client?.close();
  await api?.stop();
});

const pathOf = ({ version, plural, namespaced }: (typeof rows)[number]): string =>
  namespaced ? `/${version}/namespaces/tried/${plural}` : `/${version}/${plural}`;

const protobuf = 'application/vnd.kubernetes.protobuf';

describe('protobuf', () => {
  const bodies = rows.map((row) => {
    const apiVersion = row.version.replace(/^apis?\//, '');
    const object = { apiVersion, kind: row.kind, metadata: { name: row.name?.(1) ?? 'fuzz-1' }, ...row.body(1) };
    return { path: pathOf(row), bytes: encodeProtobuf(object as never) };
  });

  it('bodies with bytes changed, taken out, put in or cut off are judged', async () => {
    const edit = fc.record({
      at: fc.nat({ max: 1000 }),
      how: fc.constantFrom('set', 'cut', 'drop', 'add', 'flip'),
      byte: fc.integer({ min: 0, max: 255 }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...bodies),
        fc.array(edit, { minLength: 1, maxLength: 4 }),
        async ({ path, bytes }, edits) => {
          const body = edits.reduce(edited, bytes);
          expectAnswer(
            await client.send('POST', `${path}?dryRun=All`, body, protobuf),
            `${path} ${body.toString('base64')}`,
          );
        },
      ),
      { numRuns: 1500 },
    );
  });

  it('bodies of any bytes behind the magic number are judged', async () => {
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 64 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...bodies), bytes, async ({ path }, any) => {
        const body = Buffer.concat([Buffer.from('k8s\0'), any]);
        expectAnswer(
          await client.send('POST', `${path}?dryRun=All`, body, protobuf),
          `${path} ${body.toString('base64')}`,
        );
      }),
      { numRuns: 500 },
    );
  });
});

function edited(bytes: Buffer, { at, how, byte }: { at: number; how: string; byte: number }): Buffer {
  const place = bytes.length === 0 ? 0 : at % bytes.length;
  const before = bytes.subarray(0, place);
  if (how === 'cut') return before;
  if (how === 'drop') return Buffer.concat([before, bytes.subarray(place + 1)]);
  const put = how === 'flip' ? (bytes[place] ?? 0) ^ (1 << (byte % 8)) : byte;
  return Buffer.concat([before, Buffer.from([put]), bytes.subarray(how === 'add' ? place : place + 1)]);
}

describe('patches', () => {
  const patchable = rows.filter(({ kind }) => kind !== 'Event');
  beforeAll(async () => {
    for (const row of patchable) {
      const metadata = { name: row.name?.(1) ?? 'fuzz' };
      const body = JSON.stringify({
        apiVersion: row.version.replace(/^apis?\//, ''),
        kind: row.kind,
        metadata,
        ...row.body(1),
      });
      expect((await client.send('POST', pathOf(row), body)).code, body).toBe(201);
    }
  });

  it('of every type are judged, for every kind', async () => {
    const types = fc.constantFrom('merge-patch+json', 'strategic-merge-patch+json', 'apply-patch+yaml');
    const directive = fc.constantFrom(
      '$patch',
      '$retainKeys',
      '$setElementOrder/containers',
      '$deleteFromPrimitiveList/finalizers',
      'status',
      'spec',
      'metadata',
    );
    const patch = fc.oneof(
      value,
      fc.dictionary(directive, value, { maxKeys: 3 }),
      fc.record({ spec: fc.dictionary(directive, value, { maxKeys: 2 }), metadata: value }, { requiredKeys: [] }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...patchable),
        types,
        fc.constantFrom('', '/status'),
        patch,
        async (row, type, subresource, body) => {
          const name = row.name?.(1) ?? 'fuzz';
          const full = type === 'apply-patch+yaml' && typeof body === 'object' && body !== null && !Array.isArray(body);
          const sent = full ? { ...body, apiVersion: row.version.replace(/^apis?\//, ''), kind: row.kind } : body;
          const text = JSON.stringify(sent) ?? 'null';
          const path = `${pathOf(row)}/${name}${subresource}?dryRun=All&fieldManager=fuzz&force=true`;
          expectAnswer(await client.send('PATCH', path, text, `application/${type}`), `${path} ${type} ${text}`);
        },
      ),
      { numRuns: 3000 },
    );
  });
});

describe('queries', () => {
  const word = fc.oneof(
    nasty,
    fc.constantFrom('a', 'app', 'a.b/c', 'in', 'notin', '!', '(', ')', ',', '=', '==', '!=', '>', '<', ' '),
  );

  it('selectors of any words are judged, for lists, watches and collections', async () => {
    const selector = fc.array(word, { maxLength: 8 }).map((words) => words.join(''));
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...rows),
        selector,
        fc.constantFrom('labelSelector', 'fieldSelector'),
        fc.constantFrom('GET', 'DELETE', 'WATCH'),
        async (row, text, parameter, method) => {
          const query = new URLSearchParams({ [parameter]: text, dryRun: 'All' });
          if (method === 'WATCH') {
            query.set('watch', 'true');
            query.set('resourceVersion', 'x');
          }
          const path = `${pathOf(row)}?${query}`;
          expectAnswer(await client.send(method === 'WATCH' ? 'GET' : method, path), `${method} ${path}`);
        },
      ),
      { numRuns: 1500 },
    );
  });

  it('tokens to continue with, of any making, are judged', async () => {
    const fields = fc.tuple(
      fc.constantFrom(1, 2, 'x'),
      fc.constantFrom('configmaps', 'secrets', ''),
      fc.constantFrom('tried', '', 'other'),
      fc.oneof(fc.integer(), fc.double(), fc.constantFrom(-1, 0, 2 ** 53)),
      fc.oneof(nasty, fc.constantFrom('tried/a', 'tried\0a')),
    );
    const token = fc.oneof(
      fields.map((all) => Buffer.from(JSON.stringify(all)).toString('base64url')),
      value.map((any) => Buffer.from(JSON.stringify(any) ?? '').toString('base64url')),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(token, fc.constantFrom('0', '1', '500'), async (text, limit) => {
        const path = `/api/v1/namespaces/tried/configmaps?${new URLSearchParams({ continue: text, limit })}`;
        expectAnswer(await client.send('GET', path), path);
      }),
      { numRuns: 500 },
    );
  });
});

describe('expressions', () => {
  const atoms = fc.constantFrom(
    'object',
    'self',
    'oldObject',
    'request',
    'params',
    'variables',
    'x',
    '1',
    '1u',
    '1.5',
    '"a"',
    "b'x'",
    'true',
    'null',
    '[]',
    '{}',
    '[1, 2]',
    '{"a": 1}',
    '-9223372036854775808',
    '1e400',
    'Object{}',
    'type',
    'duration("1h")',
    'timestamp("x")',
    '"\\u0000"',
    '__proto__',
  );
  const members = fc.constantFrom(
    '.spec',
    '.metadata.name',
    '.constructor',
    '.__proto__',
    '[0]',
    '["a"]',
    '.size()',
    '.all(x, x)',
    '.map(x, x.y)',
    '.matches("(a+)+$")',
    '.?a',
    '.exists(i, v, v)',
    '.split("")',
    '.join()',
    '.find(".*")',
    '.isSorted()',
    '.hasValue()',
  );
  const { expression } = fc.letrec<{ expression: string }>((tie) => ({
    expression: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      atoms,
      fc.tuple(tie('expression'), members).map(([a, b]) => a + b),
      fc
        .tuple(
          tie('expression'),
          fc.constantFrom('+', '-', '*', '/', '%', '&&', '||', '==', '<', 'in', '?:'),
          tie('expression'),
        )
        .map(([a, op, b]) => (op === '?:' ? `${a} ? ${b} : ${a}` : `(${a} ${op} ${b})`)),
      fc
        .tuple(
          fc.constantFrom('has', 'size', 'type', 'int', 'string', 'dyn', 'quantity', 'url', '!', '-', 'cel.bind'),
          tie('expression'),
        )
        .map(([f, a]) => `${f}(${a})`),
      fc.string({ maxLength: 12 }),
    ),
  }));

  it('of policies are judged', async () => {
    const path = '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies?dryRun=All';
    const rule = { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['deployments'] };
    await fc.assert(
      fc.asyncProperty(expression, expression, async (one, two) => {
        const spec = {
          matchConstraints: { resourceRules: [rule] },
          variables: [{ name: 'v', expression: one }],
          validations: [{ expression: two, messageExpression: one }],
        };
        const body = JSON.stringify({ metadata: { name: 'fuzz' }, spec });
        expectAnswer(await client.send('POST', path, body), body);
      }),
      { numRuns: 1000 },
    );
  });

  it('that are evaluated, whatever they come to, end in a judgement', async () => {
    const { compile, types } = await import('@kubus/shared/cel');
    const object = { metadata: { name: 'a' }, spec: { a: [1, 'b', null], b: { c: 1.5 } } };
    fc.assert(
      fc.property(expression, (source) => {
        const compiled = compile(source, {
          variables: new Map([
            ['object', types.dyn],
            ['self', types.dyn],
          ]),
        });
        if ('error' in compiled) return;
        try {
          compiled.program.evaluate(() => ({ json: object }), { remaining: 100_000 });
        } catch (error) {
          expect((error as Error).constructor.name, `${source}: ${error}`).toMatch(/^(CelError|BudgetExceeded)$/);
        }
      }),
      { numRuns: 3000 },
    );
  });

  const words = fc.constantFrom(
    'type',
    'properties',
    'items',
    'additionalProperties',
    'allOf',
    'oneOf',
    'not',
    'enum',
    'default',
    'pattern',
    'format',
    'nullable',
    'required',
    'minimum',
    'maxLength',
    'x-kubernetes-validations',
    'x-kubernetes-list-type',
    'x-kubernetes-list-map-keys',
    'x-kubernetes-preserve-unknown-fields',
    'x-kubernetes-int-or-string',
    'x-kubernetes-embedded-resource',
    '$ref',
    '__proto__',
    'a',
    'metadata',
    'spec',
  );
  const values = fc.oneof(
    value,
    fc.constantFrom(
      'object',
      'array',
      'string',
      'integer',
      'number',
      'boolean',
      true,
      'map',
      'set',
      'date-time',
      '(a+)+$',
      '[',
      -1,
      1e308,
    ),
  );
  const { schema } = fc.letrec((tie) => ({
    schema: fc.oneof(
      { depthSize: 'small' },
      values,
      fc.dictionary(words, tie('schema'), { maxKeys: 4 }),
      fc
        .tuple(
          fc.dictionary(words, tie('schema'), { maxKeys: 3 }),
          fc.constantFrom('object', 'array', 'string', 'integer'),
        )
        .map(([all, type]) => ({ ...all, type })),
      fc.array(tie('schema'), { maxLength: 3 }),
      fc.record({ type: fc.constant('object'), properties: fc.dictionary(words, tie('schema'), { maxKeys: 3 }) }),
      expression.map((rule) => ({
        type: 'object',
        properties: { a: { type: 'string', 'x-kubernetes-validations': [{ rule }] } },
      })),
    ),
  }));

  it('schemas of definitions, with their rules and defaults, are judged', async () => {
    const names = { plural: 'fuzzes', singular: 'fuzz', kind: 'Fuzz', listKind: 'FuzzList' };
    await fc.assert(
      fc.asyncProperty(schema, async (openAPIV3Schema) => {
        const versions = [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } }];
        const body = JSON.stringify({
          metadata: { name: 'fuzzes.example.com' },
          spec: { group: 'example.com', scope: 'Namespaced', names, versions },
        });
        const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions?dryRun=All';
        expectAnswer(await client.send('POST', path, body), body);
      }),
      { numRuns: 1500 },
    );
  });
});
