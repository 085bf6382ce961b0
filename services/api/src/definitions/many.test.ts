import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AdminClient } from '../testing/admin-client.ts';
import { startApi, type TestApi } from '../testing/start-api.ts';
import { definition, items } from './testing/widgets.ts';

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

// AT-A8, in small: nothing about a definition may cost the more the more there are of them.
it('very many definitions that come at once are all served, and go with their collection', async () => {
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  const numbers = Array.from({ length: 150 }, (_, i) => i);
  const codes = await Promise.all(
    numbers.map(async (at) => {
      const { code } = await admin.send('POST', path, JSON.stringify(definition(`floods${at}`, `Flood${at}`)));
      return code;
    }),
  );
  expect(new Set(codes)).toEqual(new Set([201]));
  await eventually(async () => {
    const { resources = [] } = (await admin.send('GET', '/apis/example.com/v1')).body;
    const plain = resources.filter(({ name }: { name: string }) => /^floods\d+$/.test(name));
    expect(plain).toHaveLength(numbers.length);
  }, 60_000);
  for (const at of numbers) expect((await admin.send('GET', items(`floods${at}`))).code).toBe(200);
  expect((await admin.send('DELETE', path)).code).toBe(200);
  await eventually(async () => expect((await admin.send('GET', path)).body.items).toEqual([]), 60_000);
  expect((await admin.send('GET', '/apis/example.com/v1')).code).toBe(404);
}, 120_000);
