import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AdminClient } from './testing/admin-client.ts';
import { startApi, type TestApi } from './testing/start-api.ts';

const maps = '/api/v1/namespaces/default/configmaps';

let api: TestApi;
let a: AdminClient;
let b: AdminClient;
beforeAll(async () => {
  api = await startApi();
  a = await AdminClient.connect(api);
  b = await AdminClient.connect({ ...api, url: await api.replica() });
});
afterAll(async () => {
  api?.nats.resume();
  a?.close();
  b?.close();
  await api?.stop();
});

const map = (name: string, more: object = {}) =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...more } });
const namesOf = ({ items }: { items: { metadata: { name: string } }[] }) => items.map(({ metadata }) => metadata.name);
const revisionOf = (list: { metadata: { resourceVersion: string } }) => Number(list.metadata.resourceVersion);

it('a list that was begun in pages at one replica goes on at another as it was', async () => {
  for (const name of ['p-1', 'p-2', 'p-3', 'p-4']) await a.send('POST', maps, map(name));
  const { body: first } = await a.send('GET', `${maps}?limit=2`);
  await b.send('DELETE', `${maps}/p-3`);
  await b.send('POST', maps, map('p-25'));
  const { body: second } = await b.send('GET', `${maps}?limit=9&continue=${first.metadata.continue}`);
  expect([...namesOf(first), ...namesOf(second)].filter((name) => name.startsWith('p-'))).toEqual([
    'p-1',
    'p-2',
    'p-3',
    'p-4',
  ]);
  expect(revisionOf(second)).toBe(revisionOf(first));
});

it('no replica shows the past after another has shown the present, also while the bus stands still', async () => {
  const from = revisionOf((await b.send('GET', maps)).body);
  let seen: string[] = [];
  const watched = b.watch(`${maps}?watch=true&resourceVersion=${from}`, (events) => {
    seen = events.map(({ type, object }) => `${type} ${object.metadata.name}`);
    return seen.includes('ADDED t-2');
  });
  await a.send('POST', maps, map('t-0'));
  await eventually(() => expect(seen).toEqual(['ADDED t-0']));
  await api.nats.pause();
  const { body: made } = await a.send('POST', maps, map('t-1'));
  const { body: list } = await b.send('GET', maps);
  expect(namesOf(list)).toContain('t-1');
  expect(revisionOf(list)).toBeGreaterThanOrEqual(revisionOf(made));
  expect((await b.send('GET', `${maps}/t-1`)).code).toBe(200);
  await a.send('DELETE', `${maps}/t-1`);
  expect((await b.send('GET', `${maps}/t-1`)).code).toBe(404);
  expect(namesOf((await b.send('GET', maps)).body)).not.toContain('t-1');
  api.nats.resume();
  await a.send('POST', maps, map('t-2'));
  await watched;
  expect(seen).toEqual(['ADDED t-0', 'ADDED t-1', 'DELETED t-1', 'ADDED t-2']);
});

it('who watches at one replica from what another has answered gets what comes after it, and nothing before', async () => {
  await a.send('POST', maps, map('w-1'));
  const { body: made } = await a.send('POST', maps, map('w-2'));
  const watched = b.watch(`${maps}?watch=true&resourceVersion=${revisionOf(made)}`, (events) => events.length > 0);
  await a.send('POST', maps, map('w-3'));
  expect((await watched).map(({ object }) => object.metadata.name)).toEqual(['w-3']);
});

it('a revision that no replica has given out yet is waited for, and then refused', async () => {
  const ahead = revisionOf((await a.send('GET', maps)).body) + 1_000_000;
  const { code, body } = await b.send('GET', `${maps}?resourceVersion=${ahead}&resourceVersionMatch=NotOlderThan`);
  expect(code).toBe(504);
  expect(body.details.causes).toEqual([expect.objectContaining({ reason: 'ResourceVersionTooLarge' })]);
});

it('an object that is being deleted goes once its last finalizer is taken, at whichever replica, and its successor has another uid', async () => {
  const { body: first } = await a.send('POST', maps, map('f', { finalizers: ['example.com/a', 'example.com/b'] }));
  await b.send('DELETE', `${maps}/f`);
  const patch = (client: AdminClient, finalizers: string[]) =>
    client.send('PATCH', `${maps}/f`, JSON.stringify({ metadata: { finalizers } }), 'application/merge-patch+json');
  expect((await patch(a, ['example.com/b'])).body.metadata.deletionTimestamp).toBeDefined();
  expect((await a.send('POST', maps, map('f'))).code).toBe(409);
  await patch(b, []);
  await eventually(async () => expect((await a.send('GET', `${maps}/f`)).code).toBe(404));
  const { code, body: second } = await a.send('POST', maps, map('f'));
  expect(code).toBe(201);
  expect(second.metadata.uid).not.toBe(first.metadata.uid);
});

it('two who apply the same object at two replicas at once each own their fields, and none is lost', async () => {
  const apply = (client: AdminClient, manager: string) =>
    client.send(
      'PATCH',
      `${maps}/applied?fieldManager=${manager}`,
      JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'applied' }, data: { [manager]: 'x' } }),
      'application/apply-patch+yaml',
    );
  const managers = Array.from({ length: 10 }, (_, i) => `m${i}`);
  const answers = await Promise.all(managers.map((manager, i) => apply(i % 2 === 0 ? a : b, manager)));
  expect(answers.map(({ code }) => code).filter((code) => code >= 300)).toEqual([]);
  const { body } = await a.send('GET', `${maps}/applied`);
  expect(Object.keys(body.data).sort()).toEqual(managers);
  expect(body.metadata.managedFields.map((entry: { manager: string }) => entry.manager).sort()).toEqual(managers);
});
