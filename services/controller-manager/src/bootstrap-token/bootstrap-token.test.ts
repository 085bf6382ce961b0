import { createHmac } from 'node:crypto';
import type { ConfigMap, Secret } from '@kubus/shared/schema';
import { ControllerDriver } from '@kubus/testkit';
import { beforeEach, expect, it } from 'vitest';
import { World } from '../common/testing/world.ts';
import { createBootstrapSignerController, createTokenCleanerController } from './index.ts';

const secrets = { group: '', version: 'v1', resource: 'secrets' };
const configMaps = { group: '', version: 'v1', resource: 'configmaps' };

let world: World;
beforeEach(() => {
  world = new World();
});

const inMs = (ms: number): string => new Date(world.now + ms).toISOString();

function token(id: string, more: Record<string, string> = {}, change: Partial<Secret> = {}): void {
  const text = { 'token-id': id, 'token-secret': '0123456789abcdef', 'usage-bootstrap-signing': 'true', ...more };
  const data = Object.fromEntries(
    Object.entries(text).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  );
  world.cluster.seed(secrets, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: `bootstrap-token-${id}`, namespace: 'kube-system' },
    type: 'bootstrap.kubernetes.io/token',
    data,
    ...change,
  } as Secret);
}

const names = () =>
  world.cluster
    .get<Secret>(secrets)
    .list()
    .map(({ metadata }) => metadata.name.replace('bootstrap-token-', ''))
    .sort();

it('deletes a bootstrap token when its time is over, and nothing else', async () => {
  token('soon00', { expiration: inMs(60_000) });
  token('always');
  token('wrong0', { expiration: 'tomorrow' });
  token('other0', { expiration: inMs(-1000) }, { type: 'Opaque' });
  const driver = new ControllerDriver(createTokenCleanerController(world.context), world.cluster);
  await driver.settle();
  expect(names()).toEqual(['always', 'other0', 'soon00']);
  await driver.advance(61_000);
  expect(names()).toEqual(['always', 'other0']);
});

it('signs cluster-info with the tokens that may sign, and takes the signatures of others away', async () => {
  const data = { kubeconfig: 'apiVersion: v1', 'jws-kubeconfig-gone00': 'x', note: 'mine' };
  world.cluster.seed(configMaps, {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'cluster-info', namespace: 'kube-public' },
    data,
  } as ConfigMap);
  token('signer');
  token('silent', { 'usage-bootstrap-signing': 'false' });
  token('late00', { expiration: inMs(-1000) });
  const driver = new ControllerDriver(createBootstrapSignerController(world.context), world.cluster);
  await driver.settle();
  const seen = world.cluster.get<ConfigMap>(configMaps).get('kube-public', 'cluster-info');
  const header = Buffer.from('{"alg":"HS256","kid":"signer"}').toString('base64url');
  const body = Buffer.from('apiVersion: v1').toString('base64url');
  const mac = createHmac('sha256', '0123456789abcdef').update(`${header}.${body}`).digest('base64url');
  expect(seen?.data).toEqual({
    kubeconfig: 'apiVersion: v1',
    note: 'mine',
    'jws-kubeconfig-signer': `${header}..${mac}`,
  });
  const writes = world.cluster.writes().length;
  driver.resync();
  await driver.settle();
  expect(world.cluster.writes()).toHaveLength(writes);
});
