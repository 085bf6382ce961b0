import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { rotateKeys } from '@kubus/shared/bootstrap';
import { BusApiClient, connectBus } from '@kubus/shared/bus';
import type { HealthReport } from '@kubus/shared/lifecycle';
import { eventually } from '@kubus/testkit';
import { type NatsConnection, RequestStrategy } from 'nats';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Kubectl } from '../http/testing/kubectl.ts';
import { redisText, streamText } from '../testing/at-rest.ts';
import { startApi, type TestApi } from '../testing/start-api.ts';

const identity = { kind: 'user', name: 'admin' } as const;
const marker = 'never-to-be-seen';

let api: TestApi;
let nats: NatsConnection;
let client: BusApiClient;
beforeAll(async () => {
  api = await startApi();
  await api.replica();
  const creds = await readFile(join(api.dir, 'cli', 'nats.creds'), 'utf8');
  nats = await connectBus({ servers: api.nats.url, creds, identity });
  client = new BusApiClient({ connection: nats, identity });
}, 60_000);
afterAll(async () => {
  await nats?.close();
  await api?.stop();
});

async function kubectl(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await api.kubectl.run(args);
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
  return stdout;
}

async function health(): Promise<HealthReport[]> {
  const answers = await nats.requestMany('kubus.health', '', { strategy: RequestStrategy.Timer, maxWait: 200 });
  const reports: HealthReport[] = [];
  for await (const answer of answers) reports.push(answer.json<HealthReport>());
  return reports;
}

const rotate = (retire = false) =>
  rotateKeys({ dir: join(api.dir, 'services', 'api'), api: client, health, retire, report: () => undefined });

it('keeps what is in a Secret from Redis and from the change log, in whatever form it comes', async () => {
  await kubectl('create', 'secret', 'generic', 'plain', `--from-literal=password=${marker}`);
  const patch = JSON.stringify({ stringData: { other: marker }, metadata: { annotations: { note: marker } } });
  await kubectl('patch', 'secret', 'plain', '--type=merge', '-p', patch);
  const hidden = [marker, Buffer.from(marker).toString('base64').replace(/=+$/, '')];
  await eventually(async () => expect(await streamText(api, 'KUBUS_CHANGES')).toContain('"plain"'));
  for (const text of [await redisText(api), await streamText(api, 'KUBUS_CHANGES')]) {
    expect(text).toContain('plain');
    for (const one of hidden) expect(text).not.toContain(one);
  }
});

it('takes new keys while requests go on, and reads and writes with them alone afterwards', async () => {
  await kubectl('create', 'serviceaccount', 'robot');
  const before = (await kubectl('create', 'token', 'robot')).trim();
  const failures: unknown[] = [];
  let going = true;
  const traffic = (async () => {
    for (let i = 0; going; i++) {
      await client
        .request({
          ...{ group: '', version: 'v1', resource: 'secrets', namespace: 'default', verb: 'create' },
          body: { apiVersion: 'v1', kind: 'Secret', metadata: { name: `s${i}` }, stringData: { n: String(i) } },
        })
        .catch((error: unknown) => failures.push(error));
      if ((await api.kubectl.run(['get', 'secret', `s${i}`, '-o', 'name'])).code !== 0) failures.push(i);
    }
  })();
  const [old] = (await health()).map(({ keys }) => keys);
  await rotate();
  going = false;
  await traffic;
  expect(failures).toEqual([]);
  const reports = await health();
  expect(reports.map(({ keys }) => keys?.encryption)).toEqual([[expect.any(String)], [expect.any(String)]]);
  expect(reports[0]?.keys?.encryption).not.toEqual(old?.encryption);
  expect(reports[0]?.keys?.serviceAccount).toEqual([expect.any(String), old?.serviceAccount[0]]);
  const sealed = [...(await redisText(api, ':objects:secrets')).matchAll(/v1:(key[\w-]*):/g)].map(([, id]) => id);
  expect(sealed.length).toBeGreaterThan(1);
  expect([...new Set(sealed)]).toEqual(reports[0]?.keys?.encryption);
  const data = await kubectl('get', 'secret', 'plain', '-o', 'jsonpath={.data.password}');
  expect(Buffer.from(data, 'base64').toString()).toBe(marker);
  const keys = JSON.parse(await kubectl('get', '--raw', '/openid/v1/jwks')).keys as { kid: string }[];
  expect(keys.map(({ kid }) => kid)).toEqual(reports[0]?.keys?.serviceAccount);
  const header = (token: string) => JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString());
  expect(header((await kubectl('create', 'token', 'robot')).trim()).kid).toBe(keys[0]?.kid);
  expect(await whoami(before)).toBe(0);
}, 60_000);

it('ends tokens of older keys when it is told to, those that it has seen too', async () => {
  const before = (await kubectl('create', 'token', 'robot')).trim();
  expect(await whoami(before)).toBe(0);
  await rotate(true);
  expect(await whoami(before)).not.toBe(0);
  expect(await whoami((await kubectl('create', 'token', 'robot')).trim())).toBe(0);
}, 60_000);

it('leaves keys alone that an EncryptionConfiguration names', async () => {
  const foreign = { service: 'api', keys: { serviceAccount: [], encryption: ['theirs'] } } as unknown as HealthReport;
  const dir = join(api.dir, 'services', 'api');
  const before = await readFile(join(dir, 'encryption.json'), 'utf8');
  const rotation = rotateKeys({ dir, api: client, health: async () => [foreign], report: () => undefined });
  await expect(rotation).rejects.toThrow('Secrets are written as KUBUS_ENCRYPTION_PROVIDER_CONFIG says');
  expect(await readFile(join(dir, 'encryption.json'), 'utf8')).toBe(before);
});

it('says so when no replica takes up the keys', async () => {
  const none = { api: client, health: async () => [], report: () => undefined, timeoutMs: 1 };
  const dir = join(api.dir, 'services', 'sim');
  await expect(rotateKeys({ ...none, dir })).rejects.toThrow('not every replica of the api has taken up the keys');
});

async function whoami(token: string): Promise<number> {
  const ca = await readFile(join(api.dir, 'services', 'api', 'ca.crt'), 'utf8');
  const robot = await Kubectl.create({ url: api.url, ca, token });
  const { code } = await robot.run(['auth', 'whoami']);
  await robot.remove();
  return code;
}
