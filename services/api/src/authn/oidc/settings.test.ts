import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { issuerOfSettings, oidcSettings } from './settings.ts';

const url = 'https://idp.example.com/';
const client = { KUBUS_OIDC_ISSUER_URL: url, KUBUS_OIDC_CLIENT_ID: 'kubus' };
const issuerOf = async (environment: object) => issuerOfSettings(z.object(oidcSettings).parse(environment));

it('names no issuer where nothing is set', async () => expect(await issuerOf({})).toBeUndefined());

it.each([
  [{}, { username: { claim: 'sub', prefix: `${url}#` } }],
  [{ KUBUS_OIDC_USERNAME_CLAIM: 'email' }, { username: { claim: 'email', prefix: '' } }],
  [{ KUBUS_OIDC_USERNAME_PREFIX: '-' }, { username: { claim: 'sub', prefix: '' } }],
  [
    { KUBUS_OIDC_USERNAME_PREFIX: 'idp:', KUBUS_OIDC_GROUPS_CLAIM: 'roles', KUBUS_OIDC_GROUPS_PREFIX: 'g:' },
    { username: { claim: 'sub', prefix: 'idp:' }, groups: { claim: 'roles', prefix: 'g:' } },
  ],
])('maps claims as the flags of kube-apiserver do: %j', async (more, claimMappings) => {
  const issuer = await issuerOf({ ...client, ...more });
  expect(issuer).toMatchObject({ issuer: { url, audiences: ['kubus'] }, claimMappings, claimValidationRules: [] });
  expect(Object.keys(issuer?.claimMappings ?? {}).sort()).toEqual(['extra', ...Object.keys(claimMappings)].sort());
});

it('has what a token has to say, and who vouches for the issuer', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'kubus-oidc-'));
  await writeFile(join(dir, 'ca.crt'), 'certificates');
  const issuer = await issuerOf({
    ...client,
    KUBUS_OIDC_REQUIRED_CLAIM: 'hd=example.com,query=a=b',
    KUBUS_OIDC_CA_FILE: join(dir, 'ca.crt'),
  });
  await rm(dir, { recursive: true });
  expect(issuer?.claimValidationRules).toEqual([
    { claim: 'hd', requiredValue: 'example.com' },
    { claim: 'query', requiredValue: 'a=b' },
  ]);
  expect(issuer?.issuer.certificateAuthority).toBe('certificates');
});

it.each([
  [{ KUBUS_OIDC_CLIENT_ID: 'kubus' }, /needed together/],
  [{ KUBUS_OIDC_ISSUER_URL: url }, /needed together/],
  [{ ...client, KUBUS_OIDC_ISSUER_URL: 'http://idp.example.com' }, /KUBUS_OIDC_/],
  [{ ...client, KUBUS_OIDC_REQUIRED_CLAIM: 'hd' }, /"hd" is no claim=value/],
  [{ ...client, KUBUS_OIDC_CA_FILE: '/none' }, /KUBUS_OIDC_CA_FILE/],
  [{ ...client, KUBUS_OIDC_SIGNING_ALGS: 'HS256' }, /RS256/],
])('is refused when it cannot be right: %j', async (environment, says) => {
  await expect(issuerOf(environment)).rejects.toThrow(says);
});
