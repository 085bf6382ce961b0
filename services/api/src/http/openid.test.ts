import { afterAll, beforeAll, expect, it } from 'vitest';
import { openIdHandlers } from './openid.ts';
import { ask } from './testing/client.ts';
import { startFront, type TestFront } from './testing/start-front.ts';

let front: TestFront;
beforeAll(async () => {
  const keySet = { keys: [{ kid: 'a', alg: 'ES256' }] };
  front = await startFront({
    paths: openIdHandlers({ issuer: 'https://issuer', url: 'https://api:6443', keySet: () => keySet }),
  });
});
afterAll(() => front.stop());

it('says who issues tokens and where their keys are', async () => {
  const { json } = await ask(front, '/.well-known/openid-configuration');
  expect(json).toMatchObject({
    issuer: 'https://issuer',
    jwks_uri: 'https://api:6443/openid/v1/jwks',
    id_token_signing_alg_values_supported: ['ES256'],
  });
  const keys = await ask(front, '/openid/v1/jwks');
  expect(keys.headers['content-type']).toBe('application/jwk-set+json');
  expect(keys.json).toEqual({ keys: [{ kid: 'a', alg: 'ES256' }] });
});

it('keeps them from those who are not known', async () => {
  expect((await ask(front, '/openid/v1/jwks', { anonymous: true })).code).toBe(401);
  expect((await ask(front, '/openid/v1/other')).code).toBe(404);
});
