import { Registry } from '@kubus/shared/registry';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask } from '../http/testing/client.ts';
import { startFront, type TestFront } from '../http/testing/start-front.ts';
import { aggregatedDiscovery } from './aggregated.ts';

let front: TestFront;
beforeAll(async () => {
  front = await startFront();
});
afterAll(() => front.stop());

const aggregated = (version: string) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`;

it.each(['v2', 'v2beta1'])('gives everything in one document of %s', async (version) => {
  const reply = await ask(front, '/api?timeout=32s', {
    headers: { accept: `${aggregated(version)},application/json` },
  });
  expect(reply.headers['content-type']).toBe(aggregated(version));
  expect(reply.json).toMatchObject({ kind: 'APIGroupDiscoveryList', apiVersion: `apidiscovery.k8s.io/${version}` });
  const [core] = reply.json.items;
  expect(core.metadata.name).toBeUndefined();
  expect(core.versions[0].resources).toContainEqual(
    expect.objectContaining({
      resource: 'configmaps',
      responseKind: { group: '', version: 'v1', kind: 'ConfigMap' },
      scope: 'Namespaced',
      singularResource: 'configmap',
      shortNames: ['cm'],
    }),
  );
});

it.each([
  ['True', 'Current'],
  ['False', 'Stale'],
])('tells of another server whose availability is %s as %s', (status, freshness) => {
  const [group, version] = ['wardle.example.com', 'v1'];
  const apiService = {
    ...{ apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService', metadata: { name: `${version}.${group}` } },
    spec: { group, version, service: {}, groupPriorityMinimum: 1, versionPriority: 1 },
    status: { conditions: [{ type: 'Available', status }] },
  };
  const foreign = (said: boolean) => ({
    ...{ group, version, apiService },
    discovered: said ? { version, resources: [{ resource: 'flunders' }], freshness: 'Current' } : undefined,
  });
  const told = (said: boolean) =>
    (aggregatedDiscovery(new Registry([]), 'apis', 'v2', [foreign(said)]) as { items: { versions: object[] }[] }).items;
  expect(told(true)[0]?.versions).toEqual([{ version, resources: [{ resource: 'flunders' }], freshness }]);
  expect(told(false)[0]?.versions).toEqual([{ version, freshness: 'Stale' }]);
});

it('gives plain documents to those who know no others', async () => {
  const accept = 'application/json, */*';
  expect((await ask(front, '/api', { headers: { accept } })).json).toMatchObject({
    kind: 'APIVersions',
    versions: ['v1'],
  });
  expect((await ask(front, '/apis', { headers: { accept } })).json).toMatchObject({ kind: 'APIGroupList' });
  const { json } = await ask(front, '/api/v1');
  expect(json).toMatchObject({ kind: 'APIResourceList', groupVersion: 'v1' });
  expect(json.resources).toContainEqual(
    expect.objectContaining({ name: 'namespaces', namespaced: false, kind: 'Namespace' }),
  );
});

it('says 304 to those who have the document', async () => {
  const first = await ask(front, '/api/v1');
  const headers = { 'if-none-match': String(first.headers.etag) };
  const second = await ask(front, '/api/v1', { headers });
  expect(second).toMatchObject({ code: 304, text: '' });
  expect(second.headers.vary).toBe('Accept');
});

it('tells forms of the same path apart by their tags', async () => {
  const plain = await ask(front, '/api');
  const other = await ask(front, '/api', { headers: { accept: aggregated('v2') } });
  expect(plain.headers.etag).not.toBe(other.headers.etag);
});

it.each(['/apis/none', '/apis/none/v1', '/api/v2'])('finds nothing at %s', async (path) => {
  expect((await ask(front, path)).code).toBe(404);
});
