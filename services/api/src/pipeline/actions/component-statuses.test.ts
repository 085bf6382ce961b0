import { builtinKinds, Registry } from '@kubus/shared/registry';
import { expect, it } from 'vitest';
import type { Call } from '../call.ts';
import type { Deps } from '../deps.ts';
import { componentStatuses } from './component-statuses.ts';

const resource = new Registry(builtinKinds).resource({ group: '', version: 'v1', resource: 'componentstatuses' });
const action = componentStatuses([
  { name: 'redis', check: async () => undefined },
  { name: 'nats', check: () => Promise.reject(new Error('secret address')) },
]);
const ask = (verb: 'get' | 'list', name = '') => action({} as Deps, { request: { verb }, resource, name } as Call);

it('tells of each dependency, without the reasons that are for logs', async () => {
  const { body } = await ask('list');
  expect(body).toMatchObject({
    kind: 'ComponentStatusList',
    items: [
      { metadata: { name: 'redis' }, conditions: [{ type: 'Healthy', status: 'True', message: 'ok' }] },
      { metadata: { name: 'nats' }, conditions: [{ type: 'Healthy', status: 'False' }] },
    ],
  });
  expect(JSON.stringify(body)).not.toContain('secret');
  expect((await ask('get', 'redis')).body).toMatchObject({ kind: 'ComponentStatus', metadata: { name: 'redis' } });
});

it('knows no others', async () => {
  await expect(ask('get', 'etcd-0')).rejects.toMatchObject({ reason: 'NotFound' });
});
