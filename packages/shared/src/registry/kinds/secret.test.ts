import { describe, expect, it } from 'vitest';
import type { Secret } from '../../schema/index.ts';
import { secret } from './secret.ts';

const data = (entries: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(entries).map(([key, text]) => [key, Buffer.from(text).toString('base64')]));
const made = (type: string, entries: Readonly<Record<string, string>>, annotations = {}): Secret => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 's', annotations },
  type,
  data: data(entries),
});
const problems = (object: Secret) =>
  (secret.strategy?.validate?.(object) ?? []).map(({ type, field, detail }) => `${type} ${field}: ${detail}`);

describe('a Secret of type', () => {
  it.each([
    ['Opaque', {}],
    ['kubernetes.io/basic-auth', { password: 'x' }],
    ['kubernetes.io/ssh-auth', { 'ssh-privatekey': 'x' }],
    ['kubernetes.io/tls', { 'tls.crt': 'x', 'tls.key': 'y' }],
    ['kubernetes.io/dockercfg', { '.dockercfg': '{}' }],
    ['kubernetes.io/dockerconfigjson', { '.dockerconfigjson': '{"auths":{}}' }],
  ])('%s has the keys that it needs', (type, entries) => {
    expect(problems(made(type, entries))).toEqual([]);
    if (type !== 'Opaque') expect(problems(made(type, { other: 'x' })).length).toBeGreaterThan(0);
  });

  it('kubernetes.io/service-account-token says of which account', () => {
    const type = 'kubernetes.io/service-account-token';
    expect(problems(made(type, {}))).toHaveLength(1);
    expect(problems(made(type, {}, { 'kubernetes.io/service-account.name': 'robot' }))).toEqual([]);
  });

  it('kubernetes.io/dockerconfigjson holds JSON, and a refusal shows nothing of it', () => {
    for (const text of ['password', '"password"', '["password"]']) {
      const [found, ...others] = problems(made('kubernetes.io/dockerconfigjson', { '.dockerconfigjson': text }));
      expect(found).toContain('data[.dockerconfigjson]: Invalid value: "<secret contents redacted>"');
      expect(`${found}${others}`).not.toContain('password');
    }
  });
});

it('what is said in text becomes data, and wins over it', () => {
  const object = { ...made('', { a: 'old', b: 'kept' }), stringData: { a: 'new' } };
  secret.strategy?.setDefaults?.(object);
  expect(object).toMatchObject({ type: 'Opaque', data: data({ a: 'new', b: 'kept' }) });
  expect('stringData' in object).toBe(false);
});

it('the values of a Secret have at most 1 MiB together', () => {
  const half = 'x'.repeat(512 * 1024);
  expect(problems(made('Opaque', { a: half, b: half }))).toEqual([]);
  expect(problems(made('Opaque', { a: half, b: half, c: 'x' }))).toHaveLength(1);
});
