import { eventually, type SecuredServers, startSecured } from '@kubus/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Membership } from './membership.ts';

let servers: SecuredServers;
beforeAll(async () => {
  servers = await startSecured();
});
afterAll(() => servers.stop());

async function join(instance: string) {
  let changes = 0;
  const connection = await servers.connect({ kind: 'service', name: 'scheduler' });
  const membership = new Membership({
    connection,
    instance,
    intervalMs: 100,
    onChange: () => {
      changes += 1;
    },
  });
  await membership.start();
  return { connection, membership, changes: () => changes };
}

const uids = Array.from({ length: 3_000 }, (_, i) => `uid-${i}`);

it('gives each pod to one replica, in like parts, and moves only those of a replica that went', async () => {
  const replicas = await Promise.all(['a', 'b', 'c'].map(join));
  const owners = (uid: string) => replicas.filter(({ membership }) => membership.owns(uid)).map((_, i) => i);
  await eventually(() => {
    for (const { membership } of replicas) expect(membership.members).toEqual(['a', 'b', 'c']);
  });
  for (const uid of uids) expect(owners(uid)).toHaveLength(1);
  const owned = replicas.map(({ membership }) => uids.filter((uid) => membership.owns(uid)));
  for (const own of owned) expect(own.length).toBeGreaterThan(800);

  const [a, b, c] = replicas;
  await c?.connection.close();
  await eventually(() => expect(a?.membership.members).toEqual(['a', 'b']));
  await eventually(() => expect(b?.membership.members).toEqual(['a', 'b']));
  for (const uid of owned[0] ?? []) expect(a?.membership.owns(uid)).toBe(true);

  // What has nobody left to tell stops all the same.
  c?.membership.stop();
  const before = a?.changes() ?? 0;
  b?.membership.stop();
  await eventually(() => expect(a?.membership.members).toEqual(['a']));
  expect(a?.changes()).toBeGreaterThan(before);
  for (const uid of uids) expect(a?.membership.owns(uid)).toBe(true);
  a?.membership.stop();
});
