import type { ApiRequest } from '@kubus/shared/bus';
import type { KubeObject } from '@kubus/shared/object';
import type { Secret } from '@kubus/shared/schema';
import { ControllerDriver } from '@kubus/testkit';
import { beforeEach, expect, it } from 'vitest';
import { World } from '../common/testing/world.ts';
import { createTokenSecretController } from './index.ts';
import { accountAnnotation, accountUidAnnotation, tokenType } from './plan.ts';

const secrets = { group: '', version: 'v1', resource: 'secrets' };
const serviceAccounts = { group: '', version: 'v1', resource: 'serviceaccounts' };

let world: World;
let driver: ControllerDriver;
let asked: ApiRequest[];

beforeEach(() => {
  world = new World();
  asked = [];
  const { cluster } = world;
  const api = Object.assign(Object.create(cluster) as typeof cluster, {
    request: (request: ApiRequest) => {
      if (request.subresource !== 'token') return cluster.request(request);
      asked.push(request);
      return Promise.resolve({ status: { token: `token-${asked.length}` } });
    },
  });
  driver = new ControllerDriver(
    createTokenSecretController({ ...world.context, api }, { caCertificate: 'PEM' }),
    cluster,
  );
});

const account = () =>
  world.cluster.seed(serviceAccounts, {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: { name: 'robot', namespace: 'shop', uid: 'uid-of-robot' },
  } as KubeObject);

const create = (change: Partial<Secret> = {}, annotations: Record<string, string> = { [accountAnnotation]: 'robot' }) =>
  world.cluster.seed(secrets, {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's', namespace: 'shop', annotations },
    type: tokenType,
    ...change,
  } as Secret);

const secret = () => world.cluster.get<Secret>(secrets).get('shop', 's');
const text = (key: string) => Buffer.from(secret()?.data?.[key] ?? '', 'base64').toString();

it('fills a Secret with a token that lives as long as the Secret', async () => {
  account();
  const { metadata } = create();
  await driver.settle();
  expect([text('token'), text('ca.crt'), text('namespace')]).toEqual(['token-1', 'PEM', 'shop']);
  expect(secret()?.metadata.annotations).toEqual({
    [accountAnnotation]: 'robot',
    [accountUidAnnotation]: 'uid-of-robot',
  });
  expect(asked[0]?.body).toMatchObject({
    spec: { boundObjectRef: { kind: 'Secret', name: 's', uid: metadata.uid }, expirationSeconds: 2 ** 32 },
  });
  driver.resync();
  await driver.settle();
  expect(asked).toHaveLength(1);
});

it('keeps the token when something else is missing', async () => {
  account();
  create({ data: { token: Buffer.from('mine').toString('base64') } });
  await driver.settle();
  expect([text('token'), text('ca.crt')]).toEqual(['mine', 'PEM']);
  expect(asked).toEqual([]);
});

it('deletes a Secret whose account is gone, or is another one by now', async () => {
  account();
  create();
  await driver.settle();
  world.cluster.remove(serviceAccounts, 'shop', 'robot');
  await driver.settle();
  expect(secret()).toBeUndefined();
  account();
  create({}, { [accountAnnotation]: 'robot', [accountUidAnnotation]: 'of an earlier robot' });
  await driver.settle();
  expect(secret()).toBeUndefined();
});

it('leaves other Secrets alone', async () => {
  create({ type: 'Opaque' });
  await driver.settle();
  expect(world.cluster.writes()).toEqual([]);
});
