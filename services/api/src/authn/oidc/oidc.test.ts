import { createHash, createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { exportJWK, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createCertificates, type TestCertificates } from '../../http/testing/certificates.ts';
import { serviceAccountIssuer } from '../index.ts';
import { type OidcOptions, oidcTokens, parseAuthenticationConfiguration } from './index.ts';

interface Key {
  kid: string;
  privateKey: KeyObject;
  publicKey: KeyObject;
}

let certificates: TestCertificates;
let server: Server;
let issuer: string;
let published: Key[];
let asked: string[];
let refusals: string[];
const open: { close(): void }[] = [];

const newKey = (kid: string): Key => ({ kid, ...generateKeyPairSync('rsa', { modulusLength: 2048 }) });
const first = newKey('first');

beforeAll(async () => {
  certificates = await createCertificates();
  server = createServer(certificates.server, (request, response) => {
    asked.push(request.url ?? '');
    void answer(request.url ?? '').then((body) => {
      response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(body ?? {}));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  issuer = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  for (const one of open) one.close();
  server.close();
});
beforeEach(() => {
  published = [first];
  asked = [];
  refusals = [];
});

async function answer(path: string): Promise<object | undefined> {
  if (path === '/.well-known/openid-configuration') return { issuer, jwks_uri: `${issuer}/keys` };
  if (path === '/elsewhere') return { issuer: 'https://other.example', jwks_uri: `${issuer}/keys` };
  if (path !== '/keys') return undefined;
  const keys = await Promise.all(
    published.map(async ({ kid, publicKey }) => ({ ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' })),
  );
  return { keys };
}

function configure(more: object = {}, issuerMore: object = {}, options: OidcOptions = {}) {
  const document = {
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'AuthenticationConfiguration',
    jwt: [
      {
        issuer: { url: issuer, audiences: ['kubus'], certificateAuthority: certificates.ca, ...issuerMore },
        claimMappings: { username: { claim: 'sub', prefix: 'idp:' }, groups: { claim: 'roles', prefix: '' } },
        ...more,
      },
    ],
  };
  const onRefusal = (_: string, why: string): void => void refusals.push(why);
  const tokens = oidcTokens(parseAuthenticationConfiguration(JSON.stringify(document), 'file').jwt, {
    onRefusal,
    cooldownMs: 0,
    ...options,
  });
  open.push(tokens);
  return tokens;
}

interface Signing {
  key?: Key;
  issuer?: string;
  audience?: string;
  expires?: string;
}

const sign = (claims: JWTPayload, { key = first, ...more }: Signing = {}): Promise<string> =>
  new SignJWT({ sub: 'jane', ...claims })
    .setProtectedHeader({ alg: 'RS256', kid: key.kid })
    .setIssuer(more.issuer ?? issuer)
    .setAudience(more.audience ?? 'kubus')
    .setExpirationTime(more.expires ?? '1h')
    .sign(key.privateKey);

describe('an ID token', () => {
  it('speaks for the user that its claims name', async () => {
    const found = await configure().authenticate(await sign({ roles: ['dev', 'ops'] }));
    expect(found).toEqual({
      user: { username: 'idp:jane', groups: ['dev', 'ops', 'system:authenticated'] },
      audiences: [serviceAccountIssuer],
    });
    expect(asked).toEqual(['/.well-known/openid-configuration', '/keys']);
  });

  it('is for the api, not for others that ask about it', async () => {
    expect(await configure().authenticate(await sign({}), ['vault'])).toBeUndefined();
  });

  it('does not hold when it is expired, for others, of another issuer, or without an end', async () => {
    const tokens = configure();
    expect(await tokens.authenticate(await sign({}, { expires: '-1m' }))).toBeUndefined();
    expect(await tokens.authenticate(await sign({}, { audience: 'vault' }))).toBeUndefined();
    expect(await tokens.authenticate(await sign({}, { issuer: 'https://other.example' }))).toBeUndefined();
    const header = { alg: 'RS256', kid: 'first' };
    const endless = await new SignJWT({ sub: 'jane', iss: issuer, aud: 'kubus' }).setProtectedHeader(header);
    expect(await tokens.authenticate(await endless.sign(first.privateKey))).toBeUndefined();
    expect(refusals).toHaveLength(3);
  });

  it('does not hold unsigned, signed with the public key as a secret, or with a stranger’s key', async () => {
    const tokens = configure();
    const claims = { sub: 'jane', iss: issuer, aud: 'kubus', exp: Math.floor(Date.now() / 1000) + 60 };
    expect(await tokens.authenticate(new UnsecuredJWT(claims).encode())).toBeUndefined();
    const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
    const text = `${part({ alg: 'HS256', kid: 'first' })}.${part(claims)}`;
    const secret = first.publicKey.export({ type: 'spki', format: 'pem' });
    const mac = createHmac('sha256', secret).update(text).digest('base64url');
    expect(await tokens.authenticate(`${text}.${mac}`)).toBeUndefined();
    expect(await tokens.authenticate(await sign({}, { key: { ...newKey('first'), kid: 'first' } }))).toBeUndefined();
    expect(await tokens.authenticate(createHash('sha256').update('x').digest('hex'))).toBeUndefined();
  });

  it('does not hold when it is signed by another algorithm than those that are named', async () => {
    expect(await configure({}, {}, { algorithms: ['RS256'] }).authenticate(await sign({}))).toBeDefined();
    expect(await configure({}, {}, { algorithms: ['ES256'] }).authenticate(await sign({}))).toBeUndefined();
  });

  it('holds with a key that the issuer has only now, and not with one that it has no more', async () => {
    const tokens = configure();
    expect(await tokens.authenticate(await sign({}))).toBeDefined();
    const second = newKey('second');
    published = [second];
    expect(await tokens.authenticate(await sign({}, { key: second }))).toBeDefined();
    expect(await tokens.authenticate(await sign({}))).toBeUndefined();
  });

  it('with a key that nobody knows makes no request to an issuer that was just asked', async () => {
    const tokens = configure({}, {}, { cooldownMs: 3_600_000 });
    expect(await tokens.authenticate(await sign({}))).toBeDefined();
    expect(await tokens.authenticate(await sign({}, { key: { ...first, kid: 'unknown' } }))).toBeUndefined();
    expect(asked).toEqual(['/.well-known/openid-configuration', '/keys']);
  });

  it('does not hold when the issuer’s document is another’s, or cannot be had', async () => {
    expect(await configure({}, { discoveryURL: `${issuer}/elsewhere` }).authenticate(await sign({}))).toBeUndefined();
    expect(refusals[0]).toContain('issuer did not match');
    expect(await configure({}, { discoveryURL: `${issuer}/nowhere` }).authenticate(await sign({}))).toBeUndefined();
    expect(await configure({}, { certificateAuthority: undefined }).authenticate(await sign({}))).toBeUndefined();
  });
});

describe('claims', () => {
  const expressions = {
    claimMappings: {
      username: { expression: 'claims.email_verified ? claims.email : "unverified:" + claims.sub' },
      groups: { expression: 'claims.roles.split(",")' },
      uid: { claim: 'id' },
      extra: [{ key: 'example.com/tenant', valueExpression: 'claims.tenant' }],
    },
    claimValidationRules: [
      { claim: 'hd', requiredValue: 'example.com' },
      { expression: 'claims.tenant != "evil"', message: 'no evil tenants' },
    ],
    userValidationRules: [{ expression: '!user.username.startsWith("system:")', message: 'reserved' }],
  };
  const claims = {
    email: 'jane@example.com',
    email_verified: true,
    roles: 'dev,ops',
    id: 'u1',
    tenant: 't',
    hd: 'example.com',
  };

  it('become a user by expressions', async () => {
    const found = await configure(expressions).authenticate(await sign(claims));
    expect(found?.user).toEqual({
      username: 'jane@example.com',
      uid: 'u1',
      groups: ['dev', 'ops', 'system:authenticated'],
      extra: new Map([['example.com/tenant', ['t']]]),
    });
  });

  it.each([
    [{ hd: 'other.example' }, 'claim hd does not have the required value'],
    [{ tenant: 'evil' }, 'no evil tenants'],
    [{ email: 'system:admin' }, 'reserved'],
    [{ id: 7 }, 'uid is not a string'],
    [{ roles: undefined }, 'no such key'],
  ])('speak for nobody when a rule does not hold: %j', async (change, why) => {
    expect(await configure(expressions).authenticate(await sign({ ...claims, ...change }))).toBeUndefined();
    expect(refusals[0]).toContain(why);
  });

  it('name nobody by an address that is not verified', async () => {
    const tokens = configure({ claimMappings: { username: { claim: 'email', prefix: '' } } });
    expect(await tokens.authenticate(await sign({ email: 'a@b', email_verified: false }))).toBeUndefined();
    expect((await tokens.authenticate(await sign({ email: 'a@b', email_verified: true })))?.user.username).toBe('a@b');
  });
});

describe('a configuration', () => {
  const username = { claim: 'sub', prefix: '' };
  it.each([
    [{ claimMappings: { username: { claim: 'sub' } } }, {}, 'prefix is required with claim'],
    [{ claimMappings: { username: { ...username, expression: 'x' } } }, {}, 'exactly one of claim and expression'],
    [{ claimMappings: { username: { expression: 'claims.email' } } }, {}, 'claims.email_verified must be used'],
    [{ claimMappings: { username: { expression: 'claims.' } } }, {}, 'compilation failed'],
    [
      { claimMappings: { username }, userValidationRules: [{ expression: 'user.username' }] },
      {},
      'must evaluate to bool',
    ],
    [{}, { audiences: [] }, 'jwt.0.issuer.audiences'],
    [{}, { audiences: ['a', 'b'] }, 'audienceMatchPolicy must be MatchAny'],
    [{}, { url: 'http://issuer.example' }, 'jwt.0.issuer.url'],
    [{}, { url: serviceAccountIssuer }, 'issuer of service account tokens'],
    [{ unknown: 1 }, {}, 'unknown'],
  ])('is refused at the start when it cannot be right: %j %j', (more, issuerMore, why) => {
    expect(() => configure(more, issuerMore)).toThrow(why);
  });
});
