import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { createLogger } from '@kubus/shared/telemetry';
import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AdminClient } from './testing/admin-client.ts';
import { redisText, streamText } from './testing/at-rest.ts';
import { startApi, type TestApi } from './testing/start-api.ts';

const marker = 'never-to-be-seen';
/** As text, as base64 at each of the three offsets that it can have there, and as hex. */
const forms = [
  marker,
  ...['', 'x', 'xx'].map((before) =>
    Buffer.from(before + marker)
      .toString('base64')
      .slice(4, -4),
  ),
  Buffer.from(marker).toString('hex'),
];

let dir: string;
let api: TestApi;
let admin: AdminClient;
let logged = '';
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kubus-secrets-'));
  const destination = new Writable({
    write: (chunk: Buffer, _, done) => {
      logged += chunk.toString();
      done();
    },
  });
  const log = createLogger({ service: 'api', instance: 'test', level: 'trace', destination });
  api = await startApi({ env: { KUBUS_AUDIT_LOG: join(dir, 'audit.log'), KUBUS_AUDIT_STREAM: 'true' }, log });
  admin = await AdminClient.connect(api);
}, 60_000);
afterAll(async () => {
  admin?.close();
  await api?.stop();
  await rm(dir, { recursive: true, force: true });
});

const path = '/api/v1/namespaces/default/secrets';
const secret = (name: string, more: object = {}) =>
  JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData: { password: marker }, ...more });

/** Secrets are made, changed and refused in every way; gives what clients were told of refusals. */
async function workWithSecrets(): Promise<string> {
  await api.kubectl.run(['apply', '-f', '-'], { input: secret('applied') });
  await api.kubectl.run(['apply', '--server-side', '-f', '-'], { input: secret('server-side') });
  await admin.send('POST', path, secret('fixed', { immutable: true }));
  const data = { password: marker };
  const merge = 'application/merge-patch+json';
  const refused = [
    await admin.send('POST', path, secret('fixed')),
    await admin.send('PATCH', `${path}/fixed`, JSON.stringify({ stringData: { password: `${marker}!` } }), merge),
    await admin.send('POST', path, secret('x', { stringData: undefined, data })),
    await admin.send('POST', path, secret('x', { stringData: undefined, data: [data] })),
    await admin.send('POST', path, secret('x', { type: 'kubernetes.io/tls' })),
    await admin.send(
      'POST',
      path,
      secret('x', { type: 'kubernetes.io/dockerconfigjson', stringData: { '.dockerconfigjson': marker } }),
    ),
    await admin.send('PUT', `${path}/fixed`, secret('other')),
    await admin.send(
      'PATCH',
      `${path}/fixed`,
      JSON.stringify([{ op: 'test', path: '/data/password', value: marker }]),
      'application/json-patch+json',
    ),
    await admin.send('POST', path, `{"kind":"Secret","stringData":{"password":"${marker}"`),
  ];
  for (const [at, { code }] of refused.entries()) expect(code, `${at}`).toBeGreaterThanOrEqual(400);
  return refused.map(({ body }) => JSON.stringify(body)).join('\n');
}

it('what is in Secrets and tokens shows in no refusal, log, audit event, metric, Event, nor at rest', async () => {
  const refusals = await workWithSecrets();
  const account = { metadata: { name: 'robot' } };
  await admin.send('POST', '/api/v1/namespaces/default/serviceaccounts', JSON.stringify(account));
  const asked = JSON.stringify({ spec: { expirationSeconds: 3600 } });
  const { body } = await admin.send('POST', '/api/v1/namespaces/default/serviceaccounts/robot/token', asked);
  const token: string = body.status.token;
  await admin.send('GET', '/version', '', undefined, { authorization: `Bearer ${token}` });
  const review = JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } });
  await admin.send('POST', '/apis/authentication.k8s.io/v1/tokenreviews', review);
  const wrong = JSON.stringify({
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenReview',
    spec: { token: `${marker}.x.y` },
  });
  await admin.send('POST', '/apis/authentication.k8s.io/v1/tokenreviews', wrong);
  const hidden = [...forms, token, token.split('.')[2] as string];

  await eventually(async () => expect(await readFile(join(dir, 'audit.log'), 'utf8')).toContain('tokenreviews'));
  await eventually(async () => expect(await streamText(api, 'KUBUS_AUDIT')).toContain('tokenreviews'));
  const places = {
    refusals,
    log: logged,
    audit: await readFile(join(dir, 'audit.log'), 'utf8'),
    'audit stream': await streamText(api, 'KUBUS_AUDIT'),
    changes: await streamText(api, 'KUBUS_CHANGES'),
    redis: await redisText(api),
    metrics: String((await admin.send('GET', '/metrics')).body),
    events: JSON.stringify((await admin.send('GET', '/api/v1/events')).body),
  };
  for (const [place, text] of Object.entries(places)) {
    expect(text.length, place).toBeGreaterThan(0);
    for (const one of hidden) expect(text.includes(one), `${place} shows ${one}`).toBe(false);
  }
});
