import { builtinKinds, Registry } from '@kubus/shared/registry';
import { expect, it } from 'vitest';
import { RegistryKinds } from './common/served-kinds.ts';
import { allControllers } from './common/testing/golden.ts';
import { World } from './common/testing/world.ts';
import { followedKinds } from './controllers.ts';
import { desiredSets } from './desired-set/index.ts';

it('whatever a controller watches or reads has an informer, but desired sets, which are no objects', () => {
  const kinds = new RegistryKinds(new Registry(builtinKinds));
  const nameOf = ({ group, resource }: { group: string; resource: string }) => `${resource}.${group}`;
  const followed = new Set([desiredSets, ...followedKinds(kinds).map(({ storage }) => storage)].map(nameOf));
  const needed = allControllers(new World()).flatMap(({ watches, reads }) => [
    ...watches.map(({ resource }) => resource),
    ...reads,
  ]);
  expect(needed.map(nameOf).filter((name) => !followed.has(name))).toEqual([]);
});
