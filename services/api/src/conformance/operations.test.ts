import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AdminClient, type Reply } from '../testing/admin-client.ts';
import { startApi, type TestApi } from '../testing/start-api.ts';
import { type Row, rows } from './kinds.ts';

// "Should support X API operations" and "run through the lifecycle of X" of the conformance suite, for every kind alike.

let api: TestApi;
let admin: AdminClient;
beforeAll(async () => {
  api = await startApi();
  admin = await AdminClient.connect(api);
  await ok('POST', '/api/v1/namespaces', { metadata: { name: 'tried' } });
  await ok('POST', '/api/v1/namespaces/tried/serviceaccounts', { metadata: { name: 'default' } });
});
afterAll(async () => {
  admin?.close();
  await api?.stop();
});

/** Pods without a time to end in, and owners without a finalizer that waits for their dependents. */
const now = 'gracePeriodSeconds=0&propagationPolicy=Background';
const merge = 'application/merge-patch+json';

async function ok(method: string, path: string, body?: object, type?: string): Promise<Reply['body']> {
  const reply = await admin.send(method, path, body === undefined ? '' : JSON.stringify(body), type);
  expect(reply.code, `${method} ${path}: ${JSON.stringify(reply.body)}`).toBeLessThan(300);
  return reply.body;
}

interface Paths {
  collection: string;
  everywhere: string;
  nameOf(at: number): string;
  one(at: number): string;
}

function pathsOf(row: Row): Paths {
  const everywhere = `/${row.version}/${row.plural}`;
  const collection = row.namespaced ? `/${row.version}/namespaces/tried/${row.plural}` : everywhere;
  const nameOf = (at: number) => row.name?.(at) ?? `tried-${at}`;
  return { everywhere, collection, nameOf, one: (at) => `${collection}/${nameOf(at)}` };
}

/** It is on its way out, held by finalizers alone. */
async function letGo(path: string): Promise<void> {
  const { metadata } = await ok('GET', path);
  expect(metadata).toMatchObject({
    deletionTimestamp: expect.any(String),
    finalizers: [expect.stringMatching(/-protection$/)],
  });
  await ok('PATCH', path, { metadata: { finalizers: null } }, merge);
}

async function expectStatus(row: Row, path: string): Promise<void> {
  const patched = await ok(
    'PATCH',
    `${path}/status`,
    { metadata: { annotations: { of: 'status' } }, status: row.status },
    merge,
  );
  expect(patched.status).toMatchObject(row.status ?? {});
  expect(patched.metadata.annotations).toMatchObject({ of: 'status' });
  const read = await ok('GET', `${path}/status`);
  expect(read).toEqual(patched);
  const put = await ok('PUT', `${path}/status`, {
    ...read,
    metadata: { ...read.metadata, annotations: { of: 'put' } },
  });
  expect(put.metadata.annotations).toMatchObject({ of: 'put' });
  expect(put.status).toEqual(read.status);
  expect(put.spec).toEqual(read.spec);
  // The other way round: what is said of the status with the object itself is passed over.
  const { status: _, ...without } = put;
  expect((await ok('PUT', path, without)).status).toEqual(put.status);
}

it.each(
  rows.filter(({ apart }) => apart !== true).map((row) => [row.kind, row.version, row] as const),
)('supports the operations of %s in %s', async (kind, version, row) => {
  const { collection, everywhere, nameOf, one } = pathsOf(row);
  const apiVersion = version.replace(/^apis?\//, '');
  const selected = 'labelSelector=tried%3Dyes';
  const { resources } = await ok('GET', `/${version}`);
  const found = resources.find(({ name }: { name: string }) => name === row.plural);
  expect(found).toMatchObject({ kind, namespaced: row.namespaced });
  expect([...found.verbs].sort()).toEqual([
    'create',
    'delete',
    'deletecollection',
    'get',
    'list',
    'patch',
    'update',
    'watch',
  ]);
  const statuses = resources.filter(({ name }: { name: string }) => name === `${row.plural}/status`);
  expect(statuses).toHaveLength(row.status === undefined ? 0 : 1);

  const { resourceVersion } = (await ok('GET', `${collection}?${selected}`)).metadata;
  for (const at of [1, 2, 3]) {
    const metadata = { name: nameOf(at), labels: { tried: 'yes' } };
    const made = await ok('POST', collection, { apiVersion, kind, metadata, ...row.body(at) });
    expect(made).toMatchObject({ apiVersion, kind, metadata: { ...metadata, uid: expect.any(String) } });
  }
  if (row.checked !== undefined)
    await eventually(async () => expect(await ok('GET', one(1))).toMatchObject(row.checked as object));
  expect(await ok('GET', one(1))).toMatchObject({ apiVersion, kind, metadata: { name: nameOf(1) } });
  expect((await ok('GET', `${collection}?${selected}`)).items).toHaveLength(3);
  expect((await ok('GET', `${everywhere}?${selected}`)).items).toHaveLength(3);

  const patched = await ok('PATCH', one(1), { metadata: { annotations: { patched: 'true' } } }, merge);
  expect(patched.metadata.annotations).toMatchObject({ patched: 'true' });
  const put = {
    ...patched,
    metadata: { ...patched.metadata, annotations: { ...patched.metadata.annotations, updated: 'true' } },
  };
  expect((await ok('PUT', one(1), put)).metadata.annotations).toMatchObject({ patched: 'true', updated: 'true' });
  if (row.status !== undefined) await expectStatus(row, one(1));

  await ok('DELETE', `${one(1)}?${now}`);
  if (row.held === true) await letGo(one(1));
  expect((await admin.send('GET', one(1))).code).toBe(404);
  await ok('DELETE', `${collection}?${selected}&${now}`);
  if (row.held === true) for (const at of [2, 3]) await letGo(one(at));
  expect((await ok('GET', `${collection}?${selected}`)).items).toEqual([]);

  const gone = ({ type }: { type: string }) => type === 'DELETED';
  const watch = `${collection}?watch=true&${selected}&resourceVersion=${resourceVersion}`;
  const events = await admin.watch(watch, (seen) => seen.filter(gone).length === 3);
  const ofFirst = events.filter(({ object }) => object.metadata.name === nameOf(1)).map(({ type }) => type);
  expect([ofFirst.at(0), ofFirst.at(-1)]).toEqual(['ADDED', 'DELETED']);
  expect(ofFirst.slice(1, -1).filter((type) => type === 'MODIFIED').length).toBeGreaterThanOrEqual(2);
});
