import { expect, it } from 'vitest';
import { type Principal, permissionsOf } from './permissions.ts';

/*
 * An upgrade begins with new credentials, also for services that are still of the version before: a controller-manager that may no longer follow its stream stands
 * still, and nobody reconciles. So what versions in use do is not taken from them; it may go one version after the code that did it. `#` is a stream's name.
 */

const health = (service: string) => [
  'kubus.health',
  ...['health', 'metrics'].map((what) => `kubus.${what}.${service}`),
];
const followed = [
  ...['$JS.API.STREAM.INFO.#', '$JS.API.STREAM.MSG.GET.#', '$JS.API.DIRECT.GET.#', '$JS.API.DIRECT.GET.#.>'],
  ...['$JS.API.CONSUMER.CREATE.#', '$JS.API.CONSUMER.CREATE.#.>', '$JS.API.CONSUMER.INFO.#.>'],
  ...['$JS.API.CONSUMER.DELETE.#.>', '$JS.FC.#.>'],
];
const read = [...followed, '$JS.API.CONSUMER.DURABLE.CREATE.#.>', '$JS.API.CONSUMER.MSG.NEXT.#.>', '$JS.ACK.#.>'];
const made = ['$JS.API.STREAM.CREATE.#', '$JS.API.STREAM.UPDATE.#'];
const of = (stream: string, subjects: readonly string[]) => subjects.map((subject) => subject.replace('#', stream));

const inUse: [principal: Principal, publish: string[], subscribe: string[]][] = [
  [
    { kind: 'service', name: 'scheduler' },
    [
      ...['kubus.api.service.scheduler', 'kubus.api.service.scheduler.>', '_INBOX.user.>'],
      ...['kubus.scheduler.members.*', '$JS.API.INFO', ...of('KUBUS_CHANGES', followed)],
    ],
    ['_INBOX.service.scheduler.>', 'kubus.scheduler.members.*', ...health('scheduler')],
  ],
  [
    { kind: 'service', name: 'controller-manager' },
    [
      ...['kubus.api.service.controller-manager', 'kubus.api.service.controller-manager.>', 'kubus.api.desired.>'],
      ...['_INBOX.user.>', 'kubus.controller-manager.members.*', '$JS.API.INFO', ...of('KUBUS_CHANGES', followed)],
      ...[...of('KV_kubus_desired', [...read, ...made]), ...of('KV_kubus_status', [...read, ...made])],
      '$KV.kubus_status.>',
    ],
    [
      ...['_INBOX.service.controller-manager.>', 'kubus.controller-manager.members.*'],
      ...[...health('controller-manager'), '$KV.kubus_desired.>', '$KV.kubus_status.>'],
    ],
  ],
  [
    { kind: 'node', name: 'a' },
    ['kubus.api.node.a', 'kubus.api.node.a.>', 'kubus.stream.a.>', 'kubus.usage.a'],
    ['_INBOX.node.a.>', 'kubus.node.a.>', ...health('node-agent')],
  ],
  [{ kind: 'join' }, ['kubus.join'], ['_INBOX.join.>']],
];

it.each(inUse)('%j may still do what its version in use does', (principal, publish, subscribe) => {
  const now = permissionsOf(principal);
  expect(now.publish).toEqual(expect.arrayContaining(publish));
  expect(now.subscribe).toEqual(expect.arrayContaining(subscribe));
});
