import { beforeAll, describe, expect, it } from 'vitest';
import { Reader } from '../protobuf/reader.ts';
import { builtinSchema } from '../schema-set.ts';
import type { OpenApiKind } from './contract.ts';
import { OpenApiDocuments } from './documents.ts';

const all = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];
const pod: OpenApiKind = {
  group: '',
  version: 'v1',
  kind: 'Pod',
  resource: 'pods',
  namespaced: true,
  verbs: all,
  type: builtinSchema.struct('io.k8s.api.core.v1.Pod'),
  subresources: [
    {
      name: 'status',
      gvk: { group: '', version: 'v1', kind: 'Pod' },
      type: builtinSchema.struct('io.k8s.api.core.v1.Pod'),
      verbs: ['get', 'patch', 'update'],
    },
  ],
};
const deployment: OpenApiKind = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  resource: 'deployments',
  namespaced: true,
  verbs: all,
  type: builtinSchema.struct('io.k8s.api.apps.v1.Deployment'),
  subresources: [
    {
      name: 'scale',
      gvk: { group: 'autoscaling', version: 'v1', kind: 'Scale' },
      type: builtinSchema.struct('io.k8s.api.autoscaling.v1.Scale'),
      verbs: ['get', 'patch', 'update'],
    },
  ],
};

const documents = new OpenApiDocuments([pod, deployment], 'v1.36.0');
const parse = (body: Buffer | undefined): object => JSON.parse(String(body)) as object;
const at = (document: object, ...keys: string[]): object =>
  keys.reduce((value, key) => (value as Record<string, object>)[key] ?? {}, document);

/** Every `$ref` in a document. */
function refsOf(value: unknown, found = new Set<string>()): Set<string> {
  if (typeof value !== 'object' || value === null) return found;
  for (const [key, child] of Object.entries(value)) {
    if (key === '$ref') found.add(String(child));
    else refsOf(child, found);
  }
  return found;
}

describe('the version 3 documents', () => {
  it('are listed with addresses that change with their content', () => {
    const index = parse(documents.v3Index().body);
    expect(Object.keys(at(index, 'paths'))).toEqual(['api/v1', 'apis/apps/v1']);
    expect(at(index, 'paths', 'apis/apps/v1')).toEqual({
      serverRelativeURL: `/openapi/v3/apis/apps/v1?hash=${documents.v3('apis/apps/v1')?.hash}`,
    });
    expect(documents.v3('apis/batch/v1')).toBeUndefined();
    const other = new OpenApiDocuments([pod], 'v1.36.0');
    expect(other.v3('api/v1')?.hash).toBe(documents.v3('api/v1')?.hash);
    expect(other.v3Index().hash).not.toBe(documents.v3Index().hash);
  });

  it('have a patch operation with fieldValidation, by which kubectl knows that the server validates', () => {
    const path = '/apis/apps/v1/namespaces/{namespace}/deployments/{name}';
    const patch = at(parse(documents.v3('apis/apps/v1')?.body), 'paths', path, 'patch');
    expect(patch).toMatchObject({
      operationId: 'patchAppsV1NamespacedDeployment',
      'x-kubernetes-group-version-kind': { group: 'apps', version: 'v1', kind: 'Deployment' },
      parameters: expect.arrayContaining([
        { name: 'fieldValidation', in: 'query', schema: { type: 'string', uniqueItems: true } },
        { name: 'dryRun', in: 'query', schema: { type: 'string', uniqueItems: true } },
      ]),
    });
  });

  it('tell how lists merge', () => {
    const schemas = at(parse(documents.v3('api/v1')?.body), 'components', 'schemas');
    expect(at(schemas, 'io.k8s.api.core.v1.PodSpec', 'properties', 'containers')).toEqual({
      type: 'array',
      items: { $ref: '#/components/schemas/io.k8s.api.core.v1.Container' },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      'x-kubernetes-patch-strategy': 'merge',
      'x-kubernetes-patch-merge-key': 'name',
    });
    expect(at(schemas, 'io.k8s.api.core.v1.Pod')).toMatchObject({
      properties: { spec: { allOf: [{ $ref: '#/components/schemas/io.k8s.api.core.v1.PodSpec' }], default: {} } },
      'x-kubernetes-group-version-kind': [{ group: '', kind: 'Pod', version: 'v1' }],
    });
    expect(at(schemas, 'io.k8s.api.core.v1.ContainerPort', 'properties', 'protocol')).toMatchObject({ default: 'TCP' });
  });

  it.each(['api/v1', 'apis/apps/v1'])('define all that %s refers to', (path) => {
    const document = parse(documents.v3(path)?.body);
    const defined = Object.keys(at(document, 'components', 'schemas'));
    for (const ref of refsOf(document)) expect(defined).toContain(ref.replace('#/components/schemas/', ''));
  });

  it('list the paths of kinds and subresources', () => {
    expect(Object.keys(at(parse(documents.v3('api/v1')?.body), 'paths'))).toEqual([
      '/api/v1/namespaces/{namespace}/pods',
      '/api/v1/namespaces/{namespace}/pods/{name}',
      '/api/v1/namespaces/{namespace}/pods/{name}/status',
      '/api/v1/pods',
    ]);
  });
});

describe('the version 2 document', () => {
  let json: object;
  beforeAll(() => {
    json = parse(documents.v2Json().body);
  });

  it('defines all that it refers to', () => {
    const defined = Object.keys(at(json, 'definitions'));
    for (const ref of refsOf(json)) expect(defined).toContain(ref.replace('#/definitions/', ''));
    expect(json).toMatchObject({ swagger: '2.0' });
  });

  it('is made once', () => {
    expect(documents.v2Protobuf()).toBe(documents.v2Protobuf());
  });

  it('has in protobuf every path and every definition that it has in JSON', () => {
    const names = { paths: [] as string[], definitions: [] as string[] };
    const document = new Reader(documents.v2Protobuf().body);
    while (!document.done) {
      const tag = document.tag();
      if (tag >> 3 === 8) names.paths = namesIn(document.message(), 2);
      else if (tag >> 3 === 9) names.definitions = namesIn(document.message(), 1);
      else document.skip(tag & 7);
    }
    expect(names.paths).toEqual(Object.keys(at(json, 'paths')));
    expect(names.definitions).toEqual(Object.keys(at(json, 'definitions')));
  });
});

function namesIn(list: Reader, number: number): string[] {
  const names: string[] = [];
  while (!list.done) {
    const tag = list.tag();
    expect(tag >> 3).toBe(number);
    const entry = list.message();
    expect(entry.tag() >> 3).toBe(1);
    names.push(entry.string());
  }
  return names;
}
