import { expect, it } from 'vitest';
import { openApiDocument } from './documents.ts';
import { type ForeignV2, MergedV2 } from './merge.ts';

const ref = (name: string) => ({ $ref: `#/definitions/${name}` });
const answering = (name: string) => ({
  get: { operationId: `get${name}`, responses: { 200: { description: 'OK', schema: ref(name) } } },
});
const own = {
  swagger: '2.0',
  info: { title: 'Kubernetes', version: 'v1.36.0' },
  paths: { '/api/v1/pods': answering('Pod') },
  definitions: {
    Pod: { type: 'object', properties: { metadata: ref('Meta') } },
    Meta: { type: 'object', properties: { time: ref('Time') } },
    Time: { type: 'string' },
  },
};
const merged = (...others: ForeignV2[]) => {
  const made = new MergedV2(openApiDocument(Buffer.from(JSON.stringify(own))), others);
  return { ...made, json: JSON.parse(made.v2Json().body.toString()), protobuf: made.v2Protobuf().body };
};
const other = (paths: object, definitions: object): ForeignV2 => ({
  path: '/apis/wardle.example.com/v1',
  document: { swagger: '2.0', paths, definitions },
});

it('has the paths of others and what they lead to, and nothing else of them', () => {
  const { json, protobuf } = merged(
    other(
      {
        '/apis/wardle.example.com/v1/flunders': answering('Flunder'),
        '/apis/wardle.example.com/v10/flunders': answering('Tenth'),
        '/api/v1/pods': answering('Evil'),
      },
      {
        Flunder: { type: 'object', properties: { metadata: ref('Meta'), self: ref('Flunder') } },
        Meta: own.definitions.Meta,
        Time: own.definitions.Time,
        Tenth: {},
        Evil: {},
      },
    ),
  );
  expect(json.paths).toEqual({ ...own.paths, '/apis/wardle.example.com/v1/flunders': answering('Flunder') });
  expect(json.definitions).toEqual({
    ...own.definitions,
    Flunder: { type: 'object', properties: { metadata: ref('Meta'), self: ref('Flunder') } },
  });
  expect(protobuf.includes('Flunder')).toBe(true);
  expect(protobuf.includes('Evil')).toBe(false);
});

it('gives another name to what differs, and to what refers to it', () => {
  const time = { type: 'integer' };
  const { json } = merged(
    other(
      { '/apis/wardle.example.com/v1/flunders': answering('Flunder') },
      { Flunder: { properties: { metadata: ref('Meta') } }, Meta: own.definitions.Meta, Time: time },
    ),
  );
  expect(json.definitions).toEqual({
    ...own.definitions,
    Flunder: { properties: { metadata: ref('Meta_v2') } },
    Meta_v2: { type: 'object', properties: { time: ref('Time_v2') } },
    Time_v2: time,
  });
});

it.each([
  [undefined],
  [7],
  [{ paths: [], definitions: 7 }],
  [{ paths: { '/apis/wardle.example.com/v1': null } }],
  [
    JSON.parse(
      '{"paths":{"__proto__":{},"/apis/wardle.example.com/v1/x":{"get":{"responses":{"200":{"schema":{"$ref":"#/definitions/__proto__"}}}}}},"definitions":{"__proto__":{"a":1}}}',
    ),
  ],
])('takes any document for what it is: %j', (document) => {
  const { json, protobuf } = merged({ path: '/apis/wardle.example.com/v1', document });
  expect(json.paths['/api/v1/pods']).toEqual(own.paths['/api/v1/pods']);
  expect(json.definitions).toMatchObject(own.definitions);
  expect(protobuf.length).toBeGreaterThan(0);
});
