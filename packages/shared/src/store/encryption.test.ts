import { randomBytes } from 'node:crypto';
import { startRedis, type TestServer } from '@kubus/testkit';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { KubeObject } from '../object/index.ts';
import { isSealed, KeyRing, parseEncryptionKeys, RedisStore } from './index.ts';

const old = { id: 'k1', secret: randomBytes(32) };
const young = { id: 'k2', secret: randomBytes(32) };
const key = { group: '', resource: 'secrets', namespace: 'n', name: 's' };
const secret = {
  kind: 'Secret',
  apiVersion: 'v1',
  type: 'Opaque',
  data: { password: 'aHVudGVyMg==' },
  metadata: {
    namespace: 'n',
    name: 's',
    uid: 'u',
    labels: { app: 'web' },
    annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{"data":{"password":"aHVudGVyMg=="}}' },
  },
} as KubeObject;

let server: TestServer;
beforeAll(async () => {
  server = await startRedis({ appendfsync: 'no' });
});
afterAll(() => server.stop());

it('keeps everything but what finds and collects an object from Redis and the outbox', async () => {
  const store = await RedisStore.connect({ url: server.url, keyRing: new KeyRing([old]) });
  const [result] = await store.commit([{ type: 'create', key, object: secret }]);
  expect(result).toMatchObject({ object: { data: { password: 'aHVudGVyMg==' }, metadata: { resourceVersion: '1' } } });
  const raw = new Redis(server.url);
  const everything = JSON.stringify([
    await raw.hgetall('{kubus}:objects:secrets'),
    await raw.xrange('{kubus}:outbox', '-', '+'),
  ]);
  raw.disconnect();
  expect(everything).not.toMatch(/aHVudGVyMg|Opaque|last-applied/);
  expect(everything).toMatch(/web/);
  const { metadata, ...rest } = secret;
  const expected = { ...rest, metadata: { ...metadata, resourceVersion: '1' } };
  expect(await store.get(key)).toEqual(expected);
  expect((await store.list(key)).items).toEqual([expected]);
  const blind = await RedisStore.connect({ url: server.url, readOnly: true });
  const seen = (await blind.get(key)) as KubeObject;
  expect(isSealed(seen)).toBe(true);
  expect(seen.metadata).toMatchObject({ name: 's', labels: { app: 'web' }, resourceVersion: '1' });
  const [deleted] = await store.commit([{ type: 'delete', key }]);
  expect(deleted).toMatchObject({ object: { data: { password: 'aHVudGVyMg==' }, metadata: { resourceVersion: '2' } } });
  await store.close();
  await blind.close();
});

it('reads with every key of the ring and writes with the first', () => {
  const before = new KeyRing([old]).seal(key, secret);
  const rotated = new KeyRing([young, old]);
  expect(rotated.open(key, before)).toEqual(secret);
  const after = rotated.seal(key, secret);
  expect(new KeyRing([young]).open(key, after)).toEqual(secret);
  expect(() => new KeyRing([young]).open(key, before)).toThrow(
    'secrets "n/s" cannot be decrypted: no key "k1" in the ring',
  );
});

it('knows what lies there under another key than the first of the ring', () => {
  const rotated = new KeyRing([young, old]);
  const [before, after] = [new KeyRing([old]).seal(key, secret), rotated.seal(key, secret)];
  expect(rotated.isOutdated(rotated.open(key, before))).toBe(true);
  expect(rotated.isOutdated(rotated.open(key, after))).toBe(false);
  expect(rotated.isOutdated(secret)).toBe(false);
});

it.each([16, 24, 32])('takes keys of %i bytes', (bytes) => {
  const ring = new KeyRing([{ id: 'sized', secret: randomBytes(bytes) }]);
  expect(ring.open(key, ring.seal(key, secret))).toEqual(secret);
});

it('writes nothing sealed any more where it is told so, and reads what is', () => {
  const ring = new KeyRing([old]);
  const before = ring.seal(key, secret);
  ring.replace({ keys: [old], plain: true });
  expect(ring.ids).toEqual(['identity', 'k1']);
  expect(ring.seal(key, secret)).toBe(secret);
  const opened = ring.open(key, before);
  expect([opened, ring.isOutdated(opened)]).toEqual([secret, true]);
  expect(ring.isOutdated(ring.open(key, secret))).toBe(false);
});

it('keeps the keys that it has where others are none', () => {
  const ring = new KeyRing([old]);
  expect(() => ring.replace({ keys: [young, young] })).toThrow('same id');
  expect(ring.ids).toEqual(['k1']);
});

it('never encrypts the same twice to the same text', () => {
  const ring = new KeyRing([old]);
  expect(ring.seal(key, secret)).not.toEqual(ring.seal(key, secret));
});

it('notices what was changed, cut, or moved to another name', () => {
  const ring = new KeyRing([old]);
  const sealed = ring.seal(key, secret) as KubeObject & Record<'kubus.io/sealed', string>;
  const text = sealed['kubus.io/sealed'];
  const flipped = `${text.slice(0, 30)}${text[30] === 'A' ? 'B' : 'A'}${text.slice(31)}`;
  const changed = (value: string) => ({ ...sealed, 'kubus.io/sealed': value });
  expect(() => ring.open(key, changed(flipped))).toThrow('the text was changed');
  expect(() => ring.open(key, changed('v1:k1:AAAA'))).toThrow('too short');
  expect(() => ring.open(key, changed('v2:k1:AAAA'))).toThrow('no key');
  expect(() => ring.open({ ...key, name: 'other' }, sealed)).toThrow('sealed for another object');
});

it('leaves resources alone that it does not cover, whatever they hold', () => {
  const ring = new KeyRing([old]);
  const map = { ...secret, kind: 'ConfigMap', 'kubus.io/sealed': 'v1:k1:AAAA' } as KubeObject;
  const mapKey = { ...key, resource: 'configmaps' };
  expect(ring.seal(mapKey, map)).toBe(map);
  expect(ring.open(mapKey, map)).toBe(map);
});

it('reads keys from their file, and refuses keys that are none', () => {
  const text = JSON.stringify({ keys: [{ id: 'a', secret: Buffer.alloc(32, 7).toString('base64') }] });
  expect(new KeyRing(parseEncryptionKeys(text)).covers(key)).toBe(true);
  expect(() => new KeyRing([])).toThrow('needs a key');
  expect(() => new KeyRing([{ id: 'a:b', secret: randomBytes(32) }])).toThrow('not an id');
  expect(() => new KeyRing([{ id: 'a', secret: randomBytes(17) }])).toThrow('has 17 bytes, not 16, 24 or 32');
  expect(() => new KeyRing([old, old])).toThrow('same id');
});
