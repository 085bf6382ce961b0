import { eventually, type SecuredServers, startSecured } from '@kubus/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { formatMembersSubject, type SharingService } from '../bus/index.ts';
import { Membership, type MembershipOptions } from './membership.ts';

let servers: SecuredServers;
beforeAll(async () => {
  servers = await startSecured();
});
afterAll(() => servers.stop());

async function join(instance: string, options: Partial<MembershipOptions> = {}, name: SharingService = 'scheduler') {
  let gone = 0;
  const connection = await servers.connect({ kind: 'service', name });
  const membership = new Membership({
    connection,
    subject: formatMembersSubject(name, 'default'),
    instance,
    intervalMs: 100,
    onGone: () => {
      gone += 1;
    },
    ...options,
  });
  await membership.start();
  return { connection, membership, gone: () => gone };
}

const keys = Array.from({ length: 3_000 }, (_, i) => `key-${i}`);

it('gives each key to one replica, in like parts, and moves only those of a replica that went', async () => {
  const replicas = await Promise.all(['a', 'b', 'c'].map((name) => join(name)));
  const owners = (key: string) => replicas.filter(({ membership }) => membership.owns(key)).map((_, i) => i);
  await eventually(() => {
    for (const { membership } of replicas) expect(membership.members).toEqual(['a', 'b', 'c']);
  });
  for (const key of keys) expect(owners(key)).toHaveLength(1);
  const owned = replicas.map(({ membership }) => keys.filter((key) => membership.owns(key)));
  for (const own of owned) expect(own.length).toBeGreaterThan(800);

  const [a, b, c] = replicas;
  await c?.connection.close();
  await eventually(() => expect(a?.membership.members).toEqual(['a', 'b']));
  await eventually(() => expect(b?.membership.members).toEqual(['a', 'b']));
  for (const key of owned[0] ?? []) expect(a?.membership.owns(key)).toBe(true);

  // What has nobody left to tell stops all the same.
  c?.membership.stop();
  const before = a?.gone() ?? 0;
  b?.membership.stop();
  await eventually(() => expect(a?.membership.members).toEqual(['a']));
  expect(a?.gone()).toBeGreaterThan(before);
  for (const key of keys) expect(a?.membership.owns(key)).toBe(true);
  a?.membership.stop();
});

it('shares nothing with another group, and leaves the keys of one that is not fit to the others', async () => {
  let fit = true;
  const [a, b, other] = await Promise.all([
    join('a', { isFit: () => fit }, 'controller-manager'),
    join('b', {}, 'controller-manager'),
    join('c', { subject: formatMembersSubject('controller-manager', 'other') }, 'controller-manager'),
  ]);
  await eventually(() => expect(b.membership.members).toEqual(['a', 'b']));
  expect(other.membership.members).toEqual(['c']);
  fit = false;
  await eventually(() => expect(b.membership.members).toEqual(['b']));
  expect(b.gone()).toBeGreaterThan(0);
  // It may have to do all the same with what is its own, and is heard of again.
  await eventually(() => expect(a.membership.members).toEqual(['a', 'b']));
  fit = true;
  await eventually(() => expect(b.membership.members).toEqual(['a', 'b']));
  for (const { membership } of [a, b, other]) membership.stop();
});

it('takes nobody for gone because it has stood still itself', async () => {
  let now = 0;
  let asked = 0;
  const clock = () => {
    asked += 1;
    return now;
  };
  const [a, b] = await Promise.all([join('a', { now: clock }), join('b')]);
  await eventually(() => expect(a.membership.members).toEqual(['a', 'b']));
  now += 60_000;
  const before = asked;
  await eventually(() => expect(asked).toBeGreaterThan(before + 6));
  expect(a.gone()).toBe(0);
  for (const { membership } of [a, b]) membership.stop();
});
