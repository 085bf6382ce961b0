import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminClient } from '../testing/admin-client.ts';
import { startApi, type TestApi } from '../testing/start-api.ts';

// What people find who ask the server with curl or a few lines of a script.

let api: TestApi;
let admin: AdminClient;
beforeAll(async () => {
  api = await startApi();
  admin = await AdminClient.connect(api);
  for (const name of ['one', 'two']) await send('POST', maps, { metadata: { name } });
});
afterAll(async () => {
  admin?.close();
  await api?.stop();
});

const maps = '/api/v1/namespaces/default/configmaps';
const curl = { 'user-agent': 'curl/8.5.0' };
const send = (method: string, path: string, body?: object, headers?: Record<string, string>) =>
  admin.send(method, path, body === undefined ? '' : JSON.stringify(body), undefined, headers);
const text = async (path: string, headers: Record<string, string> = {}) =>
  (await admin.bytes('GET', path, '', undefined, headers)).body.toString();

describe('JSON', () => {
  it.each([
    ['an object', `${maps}/one`],
    ['a list', maps],
    ['a failure', `${maps}/none`],
    ['the groups', '/apis'],
    ['the resources of a group', '/apis/apps/v1'],
  ])('is indented for people: %s', async (_what, path) => {
    const plain = await text(path);
    const indented = `${JSON.stringify(JSON.parse(plain), null, 2)}\n`;
    expect(plain.trim()).not.toContain('\n');
    expect(await text(path, curl)).toBe(indented);
    expect(await text(`${path}?pretty=true`)).toBe(indented);
    expect(await text(`${path}?pretty=false`, curl)).toBe(plain);
    expect(await text(path, { accept: 'application/json;pretty=1' })).toBe(path.startsWith(maps) ? indented : plain);
  });

  it('is as it is in documents for programs', async () => {
    for (const path of ['/openapi/v3', '/openapi/v2', '/.well-known/openid-configuration'])
      expect((await text(path, curl)).trim()).not.toContain('\n');
  });
});

describe('an object', () => {
  it('is watched alone under watch/', async () => {
    for (const [path, name] of [
      ['/api/v1/watch/namespaces/default/configmaps/one', 'one'],
      ['/api/v1/watch/namespaces/default', 'default'],
    ] as const) {
      const lines = (await text(`${path}?timeoutSeconds=1`)).trim().split('\n');
      expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ type: 'ADDED', object: { metadata: { name } } }]);
    }
    expect((await send('POST', '/api/v1/watch/namespaces/default/configmaps', { metadata: { name: 'x' } })).code).toBe(
      405,
    );
  });

  it('that says its revision is not created', async () => {
    const create = (resourceVersion: string, query = '') =>
      send('POST', maps + query, { metadata: { generateName: 'revised-', resourceVersion } });
    const { code, body } = await create('5');
    expect([code, body.message]).toEqual([400, 'resourceVersion should not be set on objects to be created']);
    expect((await create('5', '?dryRun=All')).code).toBe(201);
    for (const none of ['', '0']) expect((await create(none)).code).toBe(201);
  });
});
