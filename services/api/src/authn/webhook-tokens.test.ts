import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createCertificates } from '../http/testing/certificates.ts';
import { webhookOf } from '../outbound/index.ts';
import { webhookTokens } from './index.ts';
import { serviceAccountIssuer } from './service-account-tokens.ts';

let dir: string;
let server: Server;
let path: string;
let asked: { headers: Record<string, unknown>; spec: { token: string; audiences: string[] } }[];
let answer: object | undefined;
let now: number;
let failures: unknown[];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kubus-webhook-'));
  const { ca, server: pair } = await createCertificates();
  server = createServer({ key: pair.key, cert: pair.cert }, async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    asked.push({ headers: request.headers, spec: JSON.parse(text).spec });
    if (answer === undefined) response.writeHead(500).end();
    else response.end(JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', status: answer }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await writeFile(join(dir, 'ca.crt'), ca);
  path = join(dir, 'webhook.yaml');
  await writeFile(
    path,
    `
apiVersion: v1
kind: Config
current-context: webhook
contexts: [{name: webhook, context: {cluster: server, user: api}}]
clusters:
- name: server
  cluster: {server: "https://127.0.0.1:${(server.address() as AddressInfo).port}/authn", certificate-authority: ca.crt}
users: [{name: api, user: {token: from-the-api}}]
`,
  );
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(dir, { recursive: true });
});
beforeEach(() => {
  [asked, failures, now] = [[], [], 0];
  answer = { authenticated: true, user: { username: 'mia', uid: '7', groups: ['dev'], extra: { team: ['red'] } } };
});

const open = async () =>
  webhookTokens({ ask: await webhookOf(path, 5000), onFailure: (error) => failures.push(error), now: () => now });

describe('a token that nobody here knows', () => {
  it('speaks for whom the webhook says', async () => {
    const tokens = await open();
    expect(await tokens.authenticate('secret')).toEqual({
      user: { username: 'mia', uid: '7', groups: ['dev', 'system:authenticated'], extra: new Map([['team', ['red']]]) },
      audiences: [serviceAccountIssuer],
    });
    expect(asked).toMatchObject([
      {
        headers: { authorization: 'Bearer from-the-api' },
        spec: { token: 'secret', audiences: [serviceAccountIssuer] },
      },
    ]);
  });

  it('is asked about once in two minutes, whatever the answer', async () => {
    const tokens = await open();
    for (const authenticated of [true, false]) {
      answer = { authenticated, user: { username: 'mia' } };
      const token = `asked-${authenticated}`;
      await Promise.all([tokens.authenticate(token), tokens.authenticate(token)]);
      expect((await tokens.authenticate(token)) !== undefined).toBe(authenticated);
    }
    expect(asked).toHaveLength(2);
    now = 120_001;
    await tokens.authenticate('asked-true');
    expect(asked).toHaveLength(3);
  });

  it('holds for the audiences that the webhook names, and for the api alone where it names none', async () => {
    const tokens = await open();
    expect(await tokens.authenticate('plain', ['other'])).toBeUndefined();
    answer = { authenticated: true, user: { username: 'mia' }, audiences: ['other', 'more'] };
    expect((await tokens.authenticate('meant', ['other', 'api']))?.audiences).toEqual(['other']);
    expect(await tokens.authenticate('elsewhere', ['api'])).toBeUndefined();
  });

  it('does not hold when nobody answers, and is asked about again', async () => {
    const tokens = await open();
    answer = undefined;
    expect(await tokens.authenticate('later')).toBeUndefined();
    expect(failures).toHaveLength(1);
    answer = { authenticated: true, user: { username: 'mia' } };
    expect((await tokens.authenticate('later'))?.user.username).toBe('mia');
  });
});

it.each([
  ['contexts: []', 'current-context'],
  ['{current-context: a, contexts: [], clusters: []}', 'the current context names no cluster'],
  [
    '{current-context: a, contexts: [], clusters: [{name: a, cluster: {server: "http://x"}}]}',
    'clusters.0.cluster.server',
  ],
])('a kubeconfig of a webhook that cannot be right is refused: %s', async (text, why) => {
  const wrong = join(dir, 'wrong.yaml');
  await writeFile(wrong, text);
  await expect(webhookOf(wrong, 100)).rejects.toThrow(why);
});
