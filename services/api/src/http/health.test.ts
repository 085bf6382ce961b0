import { afterAll, beforeAll, expect, it } from 'vitest';
import { ask } from './testing/client.ts';
import { startFront, type TestFront } from './testing/start-front.ts';

let front: TestFront;
let redis: 'up' | 'down' = 'up';
beforeAll(async () => {
  const check = (): void => {
    if (redis === 'down') throw new Error('password=hunter2');
  };
  front = await startFront({ checks: [{ name: 'redis', readinessOnly: true, check }] });
});
afterAll(() => front.stop());

it('is ok in one word, and by check when asked', async () => {
  redis = 'up';
  expect((await ask(front, '/readyz', { anonymous: true })).text).toBe('ok');
  const verbose = await ask(front, '/readyz?verbose', { anonymous: true });
  expect(verbose.text).toBe('[+]ping ok\n[+]redis ok\n[+]shutdown ok\nreadyz check passed\n');
});

it('is not ready without what it needs, but alive, and keeps the reason to itself', async () => {
  redis = 'down';
  const ready = await ask(front, '/readyz', { anonymous: true });
  expect(ready.code).toBe(500);
  expect(ready.text).toContain('[-]redis failed: reason withheld');
  expect(ready.text).not.toContain('hunter2');
  expect((await ask(front, '/livez', { anonymous: true })).code).toBe(200);
});

it('leaves out what is excluded, and gives one check alone', async () => {
  redis = 'down';
  const excluded = await ask(front, '/readyz?verbose&exclude=redis', { anonymous: true });
  expect(excluded).toMatchObject({ code: 200, text: expect.stringContaining('[+]redis excluded: ok') });
  const odd = await ask(front, '/livez?verbose&exclude=etcd', { anonymous: true });
  expect(odd.text).toBe(
    '[+]ping ok\nwarn: some health checks cannot be excluded: no matches for "etcd"\nlivez check passed\n',
  );
  expect((await ask(front, '/readyz/redis', { anonymous: true })).code).toBe(500);
  expect((await ask(front, '/readyz/ping', { anonymous: true })).text).toBe('ok');
  expect((await ask(front, '/readyz/none', { anonymous: true })).code).toBe(404);
});

it('counts requests for those who may see it', async () => {
  await ask(front, '/api/v1/namespaces/default/configmaps');
  const { text } = await ask(front, '/metrics');
  expect(text).toMatch(
    /apiserver_request_total\{verb="LIST",group="",version="v1",resource="configmaps",subresource="",code="200"\} 1/,
  );
});

it('says which Kubernetes it is', async () => {
  const { json } = await ask(front, '/version', { anonymous: true });
  expect(json).toMatchObject({ major: '1', minor: '36', gitVersion: expect.stringMatching(/^v1\.36\.\d+\+kubus$/) });
});
