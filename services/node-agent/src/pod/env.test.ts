import type { Container, Pod } from '@kubus/shared/schema';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildPod, container } from '../../test/rig.ts';
import { type ConfigSource, expand, type PodFacts, resolveEnv } from './env.ts';

const config: ConfigSource = {
  configMap: async (name) =>
    name === 'conf'
      ? { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: '1', 'b.c': '2', ['__proto__']: 'data' } }
      : undefined,
  secret: async (name) =>
    name === 'keys' ? { apiVersion: 'v1', kind: 'Secret', metadata: { name }, data: { token: 'c2VjcmV0' } } : undefined,
};
const facts: PodFacts = {
  podIPs: ['10.0.0.1', 'fd00::1'],
  hostIPs: ['192.0.2.1'],
  allocatable: { cpuMillis: 3500, memoryBytes: 8 * 2 ** 30, storageBytes: 100 * 2 ** 30 },
};
const file = async (volume: string, path: string) => (`${volume}/${path}` === 'config/app.env' ? "A='1'\n" : undefined);
const sources = { config, facts, file };
const pod: Pod = {
  ...buildPod('web', { nodeName: 'n1', serviceAccountName: 'robot' }),
  metadata: { name: 'web', namespace: 'shop', uid: 'u', labels: { app: 'x' }, annotations: { 'a/b': 'y' } },
};
const resolve = async (spec: Partial<Container>) =>
  Object.fromEntries(await resolveEnv(pod, container('main', 'run', spec), sources));
const field = (fieldPath: string) => ({ name: 'A', valueFrom: { fieldRef: { fieldPath } } });

describe('the environment of a container', () => {
  it.each([
    ['metadata.name', 'web'],
    ['metadata.namespace', 'shop'],
    ['metadata.uid', 'u'],
    ["metadata.labels['app']", 'x'],
    ["metadata.annotations['a/b']", 'y'],
    ["metadata.labels['__proto__']", ''],
    ['spec.nodeName', 'n1'],
    ['spec.serviceAccountName', 'robot'],
    ['status.podIP', '10.0.0.1'],
    ['status.podIPs', '10.0.0.1,fd00::1'],
    ['status.hostIP', '192.0.2.1'],
    ['status.hostIPs', '192.0.2.1'],
  ])('takes %s from the pod', async (path, value) => {
    expect(await resolve({ env: [field(path)] })).toEqual({ A: value });
  });

  it.each([
    ['limits.cpu', undefined, '2'],
    ['limits.cpu', '1m', '1500'],
    ['requests.cpu', undefined, '1'],
    ['requests.cpu', '1m', '250'],
    ['limits.memory', '1Mi', '64'],
    ['requests.memory', undefined, '0'],
    ['limits.ephemeral-storage', '1Gi', '100'],
    ['requests.hugepages-2Mi', '1Mi', '4'],
  ])('takes %s by the divisor %s from its resources, the node standing in for a missing limit', async (resource, divisor, value) => {
    const resourceFieldRef = { resource, ...(divisor === undefined ? {} : { divisor }) };
    const resources = { limits: { cpu: '1500m', memory: '64Mi' }, requests: { cpu: '250m', 'hugepages-2Mi': '4Mi' } };
    expect(await resolve({ resources, env: [{ name: 'A', valueFrom: { resourceFieldRef } }] })).toEqual({ A: value });
  });

  it.each([
    ['limits.cpu', '3'],
    ['limits.memory', '1024'],
  ])('takes %s from its pod, where that is limited as a whole', async (resource, value) => {
    const env = [
      { name: 'A', valueFrom: { resourceFieldRef: { resource, divisor: resource === 'limits.cpu' ? 1 : '1Mi' } } },
    ];
    const limited = buildPod('web', { resources: { limits: { cpu: '3', memory: '1Gi' } } });
    expect(await resolveEnv(limited, container('main', 'run', { env }), sources)).toEqual([['A', value]]);
  });

  it('takes whole ConfigMaps and Secrets, which single variables overrule', async () => {
    const envFrom = [{ configMapRef: { name: 'conf' } }, { prefix: 'S_', secretRef: { name: 'keys' } }];
    const env = await resolveEnv(
      pod,
      container('main', 'run', { envFrom, env: [{ name: 'a', value: 'own' }] }),
      sources,
    );
    expect(env).toEqual([
      ['a', 'own'],
      ['b.c', '2'],
      ['__proto__', 'data'],
      ['S_token', 'secret'],
    ]);
  });

  it.each([
    ['configMapKeyRef', 'none', 'a', 'configmap "none" not found'],
    ['configMapKeyRef', 'conf', 'x', "couldn't find key x in ConfigMap shop/conf"],
    ['configMapKeyRef', 'conf', 'constructor', "couldn't find key constructor in ConfigMap shop/conf"],
    ['secretKeyRef', 'none', 'a', 'secret "none" not found'],
    ['secretKeyRef', 'keys', 'x', "couldn't find key x in Secret shop/keys"],
  ])('refuses a %s to %s/%s that is not there, unless it is optional', async (kind, name, key, message) => {
    const variable = (optional: boolean) => [{ name: 'A', valueFrom: { [kind]: { name, key, optional } } }];
    await expect(resolve({ env: variable(false) })).rejects.toThrow(message);
    expect(await resolve({ env: variable(true) })).toEqual({});
  });

  it.each([
    [{ configMapRef: { name: 'none' } }, 'configmap "none" not found'],
    [{ secretRef: { name: 'none' } }, 'secret "none" not found'],
  ])('refuses %j', async (from, message) => {
    await expect(resolve({ envFrom: [from] })).rejects.toThrow(message);
  });

  it('starts nothing with a variable from where it cannot take any', async () => {
    await expect(resolve({ env: [{ name: 'A', valueFrom: {} }] })).rejects.toThrow(
      'this node cannot tell where the value of A comes from',
    );
  });

  it('takes the value of a key from a file of a volume', async () => {
    const fileKeyRef = { volumeName: 'config', path: 'app.env', key: 'A' };
    expect(await resolve({ env: [{ name: 'X', valueFrom: { fileKeyRef } }] })).toEqual({ X: '1' });
  });

  it.each([
    ['app.env', 'B', 'environment variable key "B" not found in file "app.env"'],
    ['none.env', 'A', "couldn't parse env file"],
  ])('refuses a fileKeyRef to %s/%s that is not there, unless it is optional', async (path, key, message) => {
    const variable = (optional: boolean) => [
      { name: 'X', valueFrom: { fileKeyRef: { volumeName: 'config', path, key, optional } } },
    ];
    await expect(resolve({ env: variable(false) })).rejects.toThrow(message);
    expect(await resolve({ env: variable(true) })).toEqual({});
  });

  it('refers to variables defined before', async () => {
    const env = [
      { name: 'A', value: 'x' },
      { name: 'B', value: '$(A)-$(C)-$$(A)' },
      { name: 'C', value: 'later' },
    ];
    expect(await resolve({ env })).toEqual({ A: 'x', B: 'x-$(C)-$(A)', C: 'later' });
  });
});

describe('expansion', () => {
  it.each([
    ['$(A)', 'x'],
    ['$$(A)', '$(A)'],
    ['$$$(A)', '$x'],
    ['$(B)', '$(B)'],
    ['$(A', '$(A'],
    ['$', '$'],
    ['a$b', 'a$b'],
    ['$(A)$(A)', 'xx'],
    ['$()', '$()'],
  ])('makes of %s %s', (text, expanded) => {
    expect(expand(text, new Map([['A', 'x']]))).toBe(expanded);
  });

  it('leaves text without references as it is', () => {
    fc.assert(
      fc.property(
        fc.string().filter((s) => !s.includes('$')),
        (text) => expand(text, new Map()) === text,
      ),
    );
  });
});
