import { generateKeyPairSync } from 'node:crypto';
import type { KubeObject, ObjectKey } from '@kubus/shared/object';
import { SignJWT, UnsecuredJWT } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  RequestAuthenticator,
  readSigningKey,
  ServiceAccountTokens,
  serviceAccountIssuer,
  TokenAuthenticator,
  type UserInfo,
} from './index.ts';

const pem = (type: 'ec' | 'rsa'): string => {
  const { privateKey } =
    type === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
};

const claims = { namespace: 'default', serviceaccount: { name: 'web', uid: 'sa-1' } };
const pod = { name: 'p', uid: 'pod-1' };
const now = new Date('2026-01-01T00:00:00Z');

let objects: Map<string, KubeObject>;
/** What the replica knows of them. */
let known: Map<string, KubeObject>;
let reads: number;
let clock: Date;
let tokens: ServiceAccountTokens;
let authenticator: TokenAuthenticator;

const keyOf = ({ resource, namespace, name }: ObjectKey): string => `${resource}/${namespace}/${name}`;

beforeEach(async () => {
  objects = new Map();
  known = new Map();
  reads = 0;
  put('serviceaccounts/default/web', 'sa-1');
  put('pods/default/p', 'pod-1');
  clock = now;
  tokens = new ServiceAccountTokens([await readSigningKey(pem('ec'))]);
  authenticator = new TokenAuthenticator(
    tokens,
    async (key) => {
      reads++;
      return objects.get(keyOf(key));
    },
    { known: (key) => known.get(keyOf(key)), now: () => clock },
  );
});

function put(key: string, uid: string, more: object = {}): void {
  objects.set(key, { apiVersion: 'v1', kind: 'X', metadata: { name: 'x', uid, ...more } });
}

async function issue(more: object = {}, audiences = [serviceAccountIssuer], lifetime = 3600): Promise<string> {
  const { token } = await tokens.issue({ claims: { ...claims, ...more }, audiences, lifetime, now, id: 'id-1' });
  return token;
}

describe('a service account token', () => {
  it('speaks for its account', async () => {
    expect(await authenticator.authenticate(await issue({ pod, node: { name: 'n1', uid: 'n' } }))).toEqual({
      audiences: [serviceAccountIssuer],
      user: {
        username: 'system:serviceaccount:default:web',
        uid: 'sa-1',
        groups: ['system:serviceaccounts', 'system:serviceaccounts:default', 'system:authenticated'],
        extra: new Map([
          ['authentication.kubernetes.io/credential-id', ['JTI=id-1']],
          ['authentication.kubernetes.io/pod-name', ['p']],
          ['authentication.kubernetes.io/pod-uid', ['pod-1']],
          ['authentication.kubernetes.io/node-name', ['n1']],
          ['authentication.kubernetes.io/node-uid', ['n']],
        ]),
      },
    });
  });

  it('holds with an RSA key too, and with an older key after rotation', async () => {
    const older = await readSigningKey(pem('rsa'));
    tokens = new ServiceAccountTokens([older]);
    const token = await issue();
    const rotated = new ServiceAccountTokens([await readSigningKey(pem('ec')), older]);
    expect(await rotated.verify(token, [serviceAccountIssuer], now)).toMatchObject({ id: 'id-1' });
    expect(rotated.keySet().keys.map(({ alg }) => alg)).toEqual(['ES256', 'RS256']);
  });

  it('does not hold after its time, before it, or for another audience', async () => {
    const token = await issue();
    const other = await issue({}, ['vault']);
    expect(await authenticator.authenticate(other)).toBeUndefined();
    expect(await authenticator.authenticate(other, ['vault'])).toMatchObject({ audiences: ['vault'] });
    expect(await authenticator.authenticate(token)).toBeDefined();
    clock = new Date(now.getTime() + 3_601_000);
    expect(await authenticator.authenticate(token)).toBeUndefined();
    clock = new Date(now.getTime() - 60_000);
    expect(await authenticator.authenticate(await issue({ pod }))).toBeUndefined();
  });

  it('is not taken for another that ends in the same way', async () => {
    const token = await issue();
    expect(await authenticator.authenticate(token)).toBeDefined();
    expect(await authenticator.authenticate(`x${token}`)).toBeUndefined();
    expect(await authenticator.authenticate(token)).toBeDefined();
  });

  it('dies with its account, also when one is made anew under the same name', async () => {
    const token = await issue();
    expect(await authenticator.authenticate(token)).toBeDefined();
    put('serviceaccounts/default/web', 'sa-2');
    expect(await authenticator.authenticate(token)).toBeUndefined();
    objects.clear();
    expect(await authenticator.authenticate(token)).toBeUndefined();
  });

  it('dies with the pod that it is bound to, a minute after the pod should be gone', async () => {
    const token = await issue({ pod });
    put('pods/default/p', 'pod-1', { deletionTimestamp: '2026-01-01T00:00:30Z' });
    expect(await authenticator.authenticate(token)).toBeDefined();
    clock = new Date('2026-01-01T00:01:31Z');
    expect(await authenticator.authenticate(token)).toBeUndefined();
    clock = now;
    put('pods/default/p', 'pod-2');
    expect(await authenticator.authenticate(token)).toBeUndefined();
  });

  it('is looked up once in ten seconds, as long as the replica knows its objects as they were', async () => {
    const token = await issue({ pod });
    const holds = async (): Promise<boolean> => (await authenticator.authenticate(token)) !== undefined;
    known = new Map(objects);
    expect([await holds(), await holds(), reads]).toEqual([true, true, 2]);
    known.delete('pods/default/p');
    expect([await holds(), reads]).toEqual([true, 4]);
    known = new Map(objects);
    objects.clear();
    expect([await holds(), reads]).toEqual([true, 4]);
    clock = new Date(now.getTime() + 10_000);
    expect([await holds(), reads]).toEqual([false, 6]);
  });

  it('dies as soon as the replica knows that its account has gone', async () => {
    const token = await issue();
    known = new Map(objects);
    expect(await authenticator.authenticate(token)).toBeDefined();
    put('serviceaccounts/default/web', 'sa-2');
    known = new Map(objects);
    expect(await authenticator.authenticate(token)).toBeUndefined();
  });

  it('does not hold unsigned, signed by another, with another algorithm, or for another subject', async () => {
    const [, payload = ''] = (await issue()).split('.');
    const body = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
    const [key] = tokens.keySet().keys;
    const stranger = await readSigningKey(pem('ec'));
    const forged = [
      new UnsecuredJWT(body).encode(),
      await new SignJWT(body).setProtectedHeader({ alg: 'ES256', kid: key?.kid ?? '' }).sign(stranger.privateKey),
      await new SignJWT(body).setProtectedHeader({ alg: 'ES256', kid: stranger.id }).sign(stranger.privateKey),
      await new SignJWT(body)
        .setProtectedHeader({ alg: 'HS256', kid: key?.kid ?? '' })
        .sign(Buffer.from(JSON.stringify(key))),
      'x.y.z',
      '',
    ];
    for (const token of forged) expect(await authenticator.authenticate(token)).toBeUndefined();
  });

  it('does not hold when it is about another account than its subject, of another issuer, or without an end', async () => {
    const key = await readSigningKey(pem('ec'));
    tokens = new ServiceAccountTokens([key]);
    const said = { iss: serviceAccountIssuer, sub: 'system:serviceaccount:default:web', exp: 2_000_000_000 };
    const verified = async (other: Partial<typeof said>) => {
      const jwt = new SignJWT({ 'kubernetes.io': claims, aud: serviceAccountIssuer, ...said, ...other });
      const token = await jwt.setProtectedHeader({ alg: 'ES256', kid: key.id }).sign(key.privateKey);
      return tokens.verify(token, [serviceAccountIssuer], now);
    };
    expect(await verified({})).toMatchObject({ claims });
    expect(await verified({ sub: 'system:serviceaccount:kube-system:admin' })).toBeUndefined();
    expect(await verified({ iss: 'https://example.com' })).toBeUndefined();
    expect(await verified({ exp: undefined as never })).toBeUndefined();
  });
});

describe('credentials', () => {
  const asked: string[] = [];
  const authentication = () => {
    asked.length = 0;
    return new RequestAuthenticator({
      tokens: authenticator,
      requireRight: async (user, verb, right) => {
        const where =
          'path' in right
            ? right.path
            : [right.group, right.namespace, right.resource, right.subresource, right.name].join('/');
        asked.push(`${user.username} ${verb} ${where}`);
        if (user.username !== 'root') throw new Error('forbidden');
      },
    });
  };
  const root = { certificate: { commonName: 'root', organizations: ['ops'], fingerprint: '0af1' } };

  it('are a certificate, a token, or none', async () => {
    const requests = authentication();
    expect(await requests.authenticate(root)).toEqual({
      username: 'root',
      groups: ['ops', 'system:authenticated'],
      extra: new Map([['authentication.kubernetes.io/credential-id', ['X509SHA256=0af1']]]),
    });
    expect((await requests.authenticate({ bearerToken: await issue() })).username).toBe(
      'system:serviceaccount:default:web',
    );
    expect(await requests.authenticate({})).toEqual({
      username: 'system:anonymous',
      groups: ['system:unauthenticated'],
    });
    await expect(requests.authenticate({ bearerToken: 'wrong' })).rejects.toMatchObject({
      code: 401,
      message: 'Unauthorized',
    });
  });

  it('give one identity the same user each time', async () => {
    const requests = authentication();
    expect(await requests.authenticate(root)).toBe(await requests.authenticate({ ...root }));
  });

  it('become another only with every right that takes', async () => {
    const impersonate: UserInfo = {
      username: 'system:serviceaccount:ns:sa',
      uid: 'u',
      groups: ['system:masters'],
      extra: new Map([['Scopes', ['a', 'b']]]),
    };
    const requests = authentication();
    expect(await requests.authenticate({ ...root, impersonate })).toMatchObject({
      username: 'system:serviceaccount:ns:sa',
      groups: ['system:masters', 'system:authenticated'],
    });
    expect(asked).toEqual([
      'root impersonate /ns/serviceaccounts//sa',
      'root impersonate //groups//system:masters',
      'root impersonate authentication.k8s.io//userextras/scopes/a',
      'root impersonate authentication.k8s.io//userextras/scopes/b',
      'root impersonate authentication.k8s.io//uids//u',
    ]);
    await expect(requests.authenticate({ bearerToken: await issue(), impersonate })).rejects.toThrow('forbidden');
    await expect(requests.authenticate({ impersonate: { username: 'x', groups: [] } })).rejects.toThrow('forbidden');
  });

  it('give an impersonated service account its own groups unless others are asked for', async () => {
    const requests = authentication();
    const account = { username: 'system:serviceaccount:ns:sa', groups: [] };
    expect((await requests.authenticate({ ...root, impersonate: account })).groups).toEqual([
      'system:serviceaccounts',
      'system:serviceaccounts:ns',
      'system:authenticated',
    ]);
    const anonymous = { username: 'system:anonymous', groups: [] };
    expect((await requests.authenticate({ ...root, impersonate: anonymous })).groups).toEqual([
      'system:unauthenticated',
    ]);
  });
});
