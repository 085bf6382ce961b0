import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask } from './testing/client.ts';
import { startFront, type TestFront } from './testing/start-front.ts';

let front: TestFront;
const clock = { now: new Date('2026-05-06T07:08:09Z') };
beforeAll(async () => {
  front = await startFront({ flags: { B: 'two', A: 'one' }, now: () => clock.now });
});
afterAll(() => front.stop());

const accept = (text: string) => ({ headers: { accept: text } });

it('tells people what this server is and since when it runs', async () => {
  clock.now = new Date('2026-05-06T08:10:12Z');
  const reply = await ask(front, '/statusz', accept('*/*'));
  expect(reply.headers['content-type']).toBe('text/plain; charset=utf-8');
  expect(reply.text.split('\n').slice(0, 3)).toEqual([
    '',
    'kube-apiserver statusz',
    'Warning: This endpoint is not meant to be machine parseable, has no formatting compatibility guarantees and is for debugging purposes only.',
  ]);
  expect(reply.text).toMatch(/\nStarted: Wed, 06 May 2026 07:08:09 GMT\nUp: 1 hr 02 min 03 sec\n/);
  expect(reply.text).toContain('\nPaths: /api /apis /flagz /healthz /livez /metrics /readyz /statusz /version\n');
});

it('tells people its settings', async () => {
  expect((await ask(front, '/flagz')).text).toMatch(/^\nkube-apiserver flags\nWarning: .*\n\nA: one\nB: two\n$/);
});

it.each(['v1alpha1', 'v1beta1'])('tells programs the same that name group, version %s and kind', async (version) => {
  const form = (kind: string) => accept(`application/json;v=${version};g=config.k8s.io;as=${kind}`);
  const head = { apiVersion: `config.k8s.io/${version}`, metadata: { name: 'kube-apiserver' } };
  expect((await ask(front, '/flagz', form('Flagz'))).json).toEqual({
    ...head,
    kind: 'Flagz',
    flags: { A: 'one', B: 'two' },
  });
  expect((await ask(front, '/statusz', form('Statusz'))).json).toMatchObject({
    ...head,
    kind: 'Statusz',
    startTime: '2026-05-06T07:08:09Z',
    binaryVersion: expect.stringMatching(/^1\.36\.\d+$/),
    emulationVersion: '1.36',
    paths: expect.arrayContaining(['/livez', '/statusz']),
  });
});

it.each([
  'application/json',
  'application/json;v=v1;g=config.k8s.io;as=Statusz',
  'application/json;v=v1beta1;g=config.k8s.io;as=Flagz',
])('gives no status as %s', async (form) => {
  expect(await ask(front, '/statusz', accept(form))).toMatchObject({ code: 406, json: { reason: 'NotAcceptable' } });
});

it('is not for anybody', async () => {
  for (const path of ['/statusz', '/flagz']) expect((await ask(front, path, { anonymous: true })).code).not.toBe(200);
});
