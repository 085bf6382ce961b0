import { expect, it } from 'vitest';
import { sealingOf } from './encryption-configuration.ts';

const secret = (bytes: number) => Buffer.alloc(bytes, 1).toString('base64');
const own = JSON.stringify({ keys: [{ id: 'key-own', secret: secret(32) }] });
const key = (name: string, bytes = 32) => ({ name, secret: secret(bytes) });
const secrets = (...providers: object[]) => [{ resources: ['secrets'], providers }];
const aesgcm = (...keys: object[]) => ({ aesgcm: { keys } });

function sealing(resources: object[], more: object = {}) {
  const configuration = { apiVersion: 'apiserver.config.k8s.io/v1', kind: 'EncryptionConfiguration', resources };
  return sealingOf(own, { path: '/etc/encryption.yaml', text: JSON.stringify({ ...configuration, ...more }) });
}

const ids = ({ keys }: ReturnType<typeof sealing>) => keys.map(({ id }) => id);

it('keys are the own ones where there is no configuration, and else those of it before them', () => {
  expect(ids(sealingOf(own, undefined))).toEqual(['key-own']);
  const first = sealing(secrets(aesgcm(key('b', 16), key('a', 24)), { identity: {} }, aesgcm(key('c'))));
  expect([ids(first), first.plain]).toEqual([['b', 'a', 'c', 'key-own'], false]);
  const plain = sealing(secrets({ identity: {} }, aesgcm(key('a'))));
  expect([ids(plain), plain.plain]).toEqual([['a', 'key-own'], true]);
});

it.each([
  [[], 'one element is expected'],
  [[...secrets({ identity: {} }), ...secrets({ identity: {} })], 'one element is expected'],
  [[{ resources: ['secrets', 'configmaps'], providers: [{ identity: {} }] }], 'nothing else can be'],
  [[{ resources: ['*.*'], providers: [{ identity: {} }] }], 'nothing else can be'],
  [secrets(), 'at least one providers is required'],
  [secrets({}), 'more than one provider specified in a single element, or none'],
  [secrets({ identity: {}, ...aesgcm(key('a')) }), 'more than one provider specified in a single element, or none'],
  [secrets({ aescbc: { keys: [key('a')] } }), 'there is no such provider here: use aesgcm'],
  [secrets({ secretbox: { keys: [key('a')] } }), 'there is no such provider here: use aesgcm'],
  [secrets({ kms: { name: 'x', endpoint: 'unix:///x' } }), 'there is no such provider here: use aesgcm'],
  [secrets(aesgcm()), 'at least one keys is required'],
  [secrets(aesgcm(key('a', 20))), 'secret is not of the expected length, expected one of [16 24 32]'],
  [secrets(aesgcm({ name: 'a', secret: 'not base64!' })), 'secrets must be base64 encoded'],
  [secrets(aesgcm(key('a:b'))), "expected letters, digits, '-' and '_'"],
  [secrets(aesgcm(key('a')), aesgcm(key('a'))), 'two keys are named a'],
  [secrets(aesgcm(key('key-own'))), 'two keys are named key-own'],
])('a configuration that cannot be taken is refused, without a word of its keys: %j', (resources, why) => {
  expect(() => sealing(resources)).toThrow(why);
  for (const hidden of [secret(20), secret(32), 'not base64!']) expect(() => sealing(resources)).not.toThrow(hidden);
});

it('a configuration of another kind or version is refused', () => {
  expect(() => sealing(secrets({ identity: {} }), { kind: 'EncryptionConfig' })).toThrow('kind');
  expect(() => sealing(secrets({ identity: {} }), { apiVersion: 'v1' })).toThrow('apiVersion');
});
