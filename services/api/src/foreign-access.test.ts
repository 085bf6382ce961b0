import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, request, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { createCertificates } from './http/testing/certificates.ts';
import { Kubectl } from './http/testing/kubectl.ts';
import { AdminClient } from './testing/admin-client.ts';
import { redisText } from './testing/at-rest.ts';
import { startApi, type TestApi } from './testing/start-api.ts';

// An api whose administrator has set up webhooks of his own for tokens and for access, who may ask without credentials, and keys of his own for Secrets.

interface Review {
  token?: string;
  user?: string;
  resourceAttributes?: { verb: string; resource: string; namespace?: string };
}

let dir: string;
let webhooks: Server;
let api: TestApi;
let admin: AdminClient;
let mia: Kubectl;
let asked: string[];
const kubectl = async (...args: string[]) => mia.run(args);

/** What each webhook says, by the path that it is reached under. */
const answers: Record<string, (spec: Review) => object> = {
  '/tokens': ({ token }) =>
    token === 'of-mia' ? { authenticated: true, user: { username: 'mia', groups: ['dev'] } } : { authenticated: false },
  '/guard': ({ resourceAttributes }) =>
    resourceAttributes?.verb === 'delete' ? { denied: true, reason: 'nothing is deleted there' } : {},
  '/more': ({ user, resourceAttributes: { verb, resource, namespace } = { verb: '', resource: '' } }) => {
    if (resource === 'secrets') return { allowed: true, denied: true };
    if (resource !== 'configmaps' || namespace !== 'shop') return { allowed: false, reason: 'mia has the shop alone' };
    return { allowed: user === 'mia' && ['get', 'list', 'delete'].includes(verb) };
  },
};

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kubus-access-'));
  const { ca, server: pair } = await createCertificates();
  webhooks = createServer({ key: pair.key, cert: pair.cert }, async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const { apiVersion, kind, spec } = JSON.parse(text);
    asked.push(request.url ?? '');
    response.end(JSON.stringify({ apiVersion, kind, status: answers[request.url ?? '']?.(spec) }));
  });
  await new Promise<void>((resolve) => webhooks.listen(0, '127.0.0.1', resolve));
  await writeFile(join(dir, 'ca.crt'), ca);
  api = await startApi({ env: await settings() });
  admin = await AdminClient.connect(api);
  await admin.send('POST', '/api/v1/namespaces', JSON.stringify({ metadata: { name: 'shop' } }));
  const object = JSON.stringify({ metadata: { name: 'prices' } });
  await admin.send('POST', '/api/v1/namespaces/shop/configmaps', object);
  const authority = await readFile(join(api.dir, 'services/api/ca.crt'), 'utf8');
  mia = await Kubectl.create({ url: api.url, ca: authority, token: 'of-mia' });
}, 60_000);
afterAll(async () => {
  admin?.close();
  await api?.stop();
  await mia?.remove();
  webhooks?.closeAllConnections();
  webhooks?.close();
  await rm(dir, { recursive: true });
});
beforeEach(() => {
  asked = [];
});

/** Secrets are written by the provider that is named first, and read by both. */
function encryption(first: 'aesgcm' | 'identity'): object {
  const aesgcm = { keys: [{ name: 'of-the-administrator', secret: Buffer.alloc(24, 7).toString('base64') }] };
  const providers = first === 'aesgcm' ? [{ aesgcm }, { identity: {} }] : [{ identity: {} }, { aesgcm }];
  const resources = [{ resources: ['secrets'], providers }];
  return { apiVersion: 'apiserver.config.k8s.io/v1', kind: 'EncryptionConfiguration', resources };
}

async function settings(): Promise<Record<string, string>> {
  const file = async (name: string, content: object) => {
    await writeFile(join(dir, name), JSON.stringify(content));
    return join(dir, name);
  };
  const kubeconfig = (name: string) =>
    file(name, {
      'current-context': 'x',
      contexts: [{ name: 'x', context: { cluster: 'c' } }],
      clusters: [
        {
          name: 'c',
          cluster: {
            server: `https://127.0.0.1:${(webhooks.address() as AddressInfo).port}/${name}`,
            'certificate-authority': 'ca.crt',
          },
        },
      ],
    });
  const webhook = async (name: string, more: object) => ({
    type: 'Webhook',
    name,
    webhook: {
      timeout: '10s',
      subjectAccessReviewVersion: 'v1',
      failurePolicy: 'Deny',
      connectionInfo: { type: 'KubeConfigFile', kubeConfigFile: await kubeconfig(name) },
      ...more,
    },
  });
  const apiVersion = 'apiserver.config.k8s.io/v1';
  const matchConditions = [
    { expression: "has(request.resourceAttributes) && request.resourceAttributes.name == 'prices'" },
  ];
  return {
    KUBUS_ENCRYPTION_PROVIDER_CONFIG: await file('encryption.json', encryption('aesgcm')),
    KUBUS_AUTHENTICATION_TOKEN_WEBHOOK_CONFIG: await kubeconfig('tokens'),
    KUBUS_AUTHENTICATION_CONFIG: await file('authentication.json', {
      ...{ apiVersion, kind: 'AuthenticationConfiguration' },
      anonymous: { enabled: true, conditions: [{ path: '/livez' }, { path: '/openid/v1/jwks' }, { path: '/api' }] },
    }),
    KUBUS_AUTHORIZATION_CONFIG: await file('authorization.json', {
      ...{ apiVersion, kind: 'AuthorizationConfiguration' },
      authorizers: [
        await webhook('guard', { matchConditions, matchConditionSubjectAccessReviewVersion: 'v1' }),
        { type: 'Node', name: 'node' },
        { type: 'RBAC', name: 'rbac' },
        await webhook('more', {}),
      ],
    }),
  };
}

it('kubectl is whom the one webhook says that its token speaks for', async () => {
  expect(
    await kubectl('auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username} {.status.userInfo.groups}'),
  ).toEqual({
    code: 0,
    stdout: 'mia ["dev","system:authenticated"]',
    stderr: '',
  });
  const authority = await readFile(join(api.dir, 'services/api/ca.crt'), 'utf8');
  const stranger = await Kubectl.create({ url: api.url, ca: authority, token: 'of-nobody' });
  expect((await stranger.run(['get', 'pods'])).stderr).toContain('You must be logged in to the server');
  await stranger.remove();
});

it('and may do what the last webhook allows beyond what is allowed here', async () => {
  expect(await kubectl('get', 'configmaps', '-n', 'shop', '-o', 'name')).toMatchObject({
    stdout: 'configmap/prices\n',
  });
  const elsewhere = await kubectl('get', 'configmaps', '-n', 'default');
  expect(elsewhere.stderr).toContain(
    'configmaps is forbidden: User "mia" cannot list resource "configmaps" in API group "" in the namespace "default": mia has the shop alone',
  );
  expect(asked).not.toContain('/guard');
});

it('and is told that the server failed where a webhook cannot decide, not that it is forbidden', async () => {
  const why = 'webhook subject access review returned both allow and deny response';
  expect(await kubectl('get', 'secrets', '-n', 'shop')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`Error from server (InternalError): Internal error occurred: ${why}`),
  });
  const resourceAttributes = { verb: 'list', resource: 'secrets', namespace: 'shop' };
  const review = JSON.stringify({ spec: { user: 'mia', resourceAttributes } });
  const { body } = await admin.send('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', review);
  expect(body.status).toEqual({ allowed: false, denied: true, evaluationError: why });
});

it('but nothing that the first one denies, whoever allows it', async () => {
  const { stderr } = await kubectl('delete', 'configmap', 'prices', '-n', 'shop');
  expect(stderr).toContain(
    'cannot delete resource "configmaps" in API group "" in the namespace "shop": nothing is deleted there',
  );
  expect(asked).toEqual(expect.arrayContaining(['/guard']));
  const spec = {
    user: 'mia',
    resourceAttributes: { verb: 'delete', resource: 'configmaps', namespace: 'shop', name: 'prices' },
  };
  const { body } = await admin.send(
    'POST',
    '/apis/authorization.k8s.io/v1/subjectaccessreviews',
    JSON.stringify({ spec }),
  );
  expect(body.status).toEqual({ allowed: false, denied: true, reason: 'nothing is deleted there' });
});

it('one may ask without credentials where the configuration says so, for what is allowed to everybody', async () => {
  const ca = await readFile(join(api.dir, 'services/api/ca.crt'), 'utf8');
  const code = async (path: string) => {
    return new Promise((resolve, reject) => {
      const asking = request(`${api.url}${path}`, { ca, agent: false }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      asking.on('error', reject).end();
    });
  };
  expect(await code('/livez')).toBe(200);
  expect(await code('/readyz')).toBe(401);
  expect(await code('/version')).toBe(401);
  expect(await code('/api')).toBe(403);
  expect(await code('/openid/v1/jwks')).toBe(403);
  const binding = {
    metadata: { name: 'issuer' },
    roleRef: {
      apiGroup: 'rbac.authorization.k8s.io',
      kind: 'ClusterRole',
      name: 'system:service-account-issuer-discovery',
    },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:unauthenticated' }],
  };
  await admin.send('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', JSON.stringify(binding));
  await eventually(async () => expect(await code('/openid/v1/jwks')).toBe(200));
});

it('Secrets are written with the key that the EncryptionConfiguration names first, or as they are, and read either way', async () => {
  const secrets = '/api/v1/namespaces/shop/secrets';
  const send = (method: string, path: string, body: object) => admin.send(method, path, JSON.stringify(body));
  const data = { password: Buffer.from('hush').toString('base64') };
  const made = await send('POST', secrets, { metadata: { name: 'sealed' }, data });
  const atRest = () => redisText(api, ':objects:secrets');
  expect(await atRest()).toContain('v1:of-the-administrator:');
  expect(await atRest()).not.toContain(data.password);
  await writeFile(join(dir, 'encryption.json'), 'no configuration');
  const bad = await send('POST', secrets, { metadata: { name: 'still-sealed' }, data });
  expect([bad.code, await atRest()]).toEqual([201, expect.not.stringContaining(data.password)]);
  await writeFile(join(dir, 'encryption.json'), JSON.stringify(encryption('identity')));
  await eventually(async () => {
    expect((await send('PUT', `${secrets}/sealed`, made.body)).code).toBe(200);
    expect(await atRest()).toContain(data.password);
  });
  expect((await admin.send('GET', secrets)).body.items.map((one: { data: object }) => one.data)).toEqual([data, data]);
});
