import { StatusError } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import type { ControllerDriver } from '@kubus/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { configMaps, daemonSets, deployments, newDeployment, statefulSets, World } from '../common/testing/world.ts';
import type { Deployment, PodTemplateSpec } from '../common/types.ts';
import { createConfigurationRolloutController } from './index.ts';
import { hashAnnotation, optInAnnotation } from './plan.ts';
import { referencesOf } from './references.ts';

const secrets = { group: '', version: 'v1', resource: 'secrets' };

let world: World;
let driver: ControllerDriver;
beforeEach(() => {
  world = new World();
  driver = world.run(createConfigurationRolloutController(world.context));
});

const template: PodTemplateSpec = {
  metadata: { labels: { app: 'web' } },
  spec: {
    containers: [
      {
        name: 'web',
        envFrom: [{ configMapRef: { name: 'settings' } }, { secretRef: { name: 'maybe', optional: true } }],
        env: [{ name: 'PASSWORD', valueFrom: { secretKeyRef: { name: 'login', key: 'password' } } }],
      },
    ],
  },
};

function deploy(annotations: Record<string, string> = { [optInAnnotation]: 'true' }): void {
  const { metadata, ...rest } = newDeployment({ template });
  world.cluster.seed(deployments, { ...rest, metadata: { ...metadata, annotations } });
}
const put = (kind: 'ConfigMap' | 'Secret', name: string, data: Record<string, string>, metadata: object = {}) =>
  world.cluster.seed(kind === 'Secret' ? secrets : configMaps, {
    ...{ apiVersion: 'v1', kind, data, metadata: { name, namespace: 'shop', uid: `uid-of-${name}`, ...metadata } },
  } as KubeObject);
const onTemplate = () => world.deployment().spec.template.metadata?.annotations?.[hashAnnotation];
const known = () => world.deployment().metadata.annotations?.[hashAnnotation];

describe('a workload that asks for it', () => {
  beforeEach(async () => {
    put('ConfigMap', 'settings', { color: 'blue' });
    put('Secret', 'login', { password: 'aHVzaA==' });
    deploy();
    await driver.settle();
  });

  it('is left alone at first: the configuration is only remembered', () => {
    expect(known()).toMatch(/^[0-9a-f]{32}$/);
    expect(onTemplate()).toBeUndefined();
    expect(world.deployment().metadata.generation).toBe(1);
    expect(world.events).toEqual([]);
  });

  it.each([
    ['a ConfigMap', () => put('ConfigMap', 'settings', { color: 'red' })],
    ['a Secret', () => put('Secret', 'login', { password: 'bmV3' })],
    ['an optional Secret that comes', () => put('Secret', 'maybe', {})],
  ])('is rolled out once when %s changes', async (_, change) => {
    const before = known();
    change();
    await driver.settle();
    expect(onTemplate()).toBe(known());
    expect(known()).not.toBe(before);
    expect(world.events).toEqual([
      'Normal ConfigurationChanged web: The ConfigMaps or Secrets that the template uses have changed: pods are replaced',
    ]);
    const requests = world.cluster.writes().length;
    driver.resync();
    await driver.settle();
    expect(world.cluster.writes()).toHaveLength(requests);
  });

  it('is not when only labels change, something else does, or the configuration is gone', async () => {
    put('ConfigMap', 'settings', { color: 'blue' }, { labels: { a: 'b' } });
    put('ConfigMap', 'other', { color: 'red' });
    await driver.settle();
    world.cluster.remove(configMaps, 'shop', 'settings');
    await driver.settle();
    put('ConfigMap', 'settings', { color: 'blue' });
    await driver.settle();
    expect(onTemplate()).toBeUndefined();
  });

  it('keeps the hash of a Secret from telling what is in it', async () => {
    const before = known();
    world.cluster.remove(secrets, 'shop', 'login');
    put('Secret', 'login', { password: 'aHVzaA==' }, { uid: 'another' });
    await driver.settle();
    expect(known()).not.toBe(before);
  });

  it('is tried again after a conflict', async () => {
    const undo = world.cluster.intercept(({ verb }) =>
      verb === 'patch' ? new StatusError('Conflict', 'modified') : undefined,
    );
    put('ConfigMap', 'settings', { color: 'red' });
    await driver.settle();
    undo();
    await driver.advance(100);
    expect(onTemplate()).toBeDefined();
  });
});

it('any other workload is left alone', async () => {
  deploy({});
  put('ConfigMap', 'settings', { color: 'blue' });
  put('Secret', 'login', {});
  await driver.settle();
  put('ConfigMap', 'settings', { color: 'red' });
  await driver.settle();
  expect(world.cluster.requests).toEqual([]);
});

it.each([
  ['StatefulSet', statefulSets],
  ['DaemonSet', daemonSets],
])('a %s can ask for it too', async (kind, resource) => {
  put('ConfigMap', 'settings', { color: 'blue' });
  put('Secret', 'login', {});
  const metadata = { name: 'db', namespace: 'shop', annotations: { [optInAnnotation]: 'true' } };
  world.cluster.seed(resource, { apiVersion: 'apps/v1', kind, metadata, spec: { template } } as KubeObject);
  await driver.settle();
  put('ConfigMap', 'settings', { color: 'red' });
  await driver.settle();
  const changed = world.cluster.get<Deployment>(resource).get('shop', 'db');
  expect(changed?.spec.template.metadata?.annotations).toHaveProperty([hashAnnotation]);
});

it('a template uses what its environment and volumes name, each once, optional only if every use is', () => {
  const spec: PodTemplateSpec['spec'] = {
    initContainers: [{ name: 'i', envFrom: [{ configMapRef: { name: 'c1', optional: true } }] }],
    containers: [{ name: 'c', env: [{ name: 'X', valueFrom: { configMapKeyRef: { name: 'c1', key: 'k' } } }] }],
    volumes: [
      { name: 'a', secret: { secretName: 's1', optional: true } },
      { name: 'b', configMap: { name: 'c2' } },
      { name: 'c', projected: { sources: [{ secret: { name: 's2' } }, { configMap: { name: 'c3' } }] } },
      { name: 'd', emptyDir: {} },
    ],
  };
  expect(referencesOf({ spec }).map(({ name, optional }) => `${name}${optional ? '?' : ''}`)).toEqual([
    'c1',
    'c2',
    'c3',
    's1?',
    's2',
  ]);
});
