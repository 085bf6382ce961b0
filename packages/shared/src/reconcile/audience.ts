import { createHash } from 'node:crypto';
import { groupResourceName } from '../object/index.ts';
import type { Controller } from './contract.ts';

/**
 * Names the replicas that may share changes: those with the same controllers watching the same resources. Replicas of different versions, while one takes the place of the
 * other, must not leave changes to each other that those do not hear of.
 */
export function audienceOf(controllers: readonly Pick<Controller, 'name' | 'watches'>[]): string {
  const heard = controllers.map(
    ({ name, watches }) => `${name}:${watches.map(({ resource }) => groupResourceName(resource)).sort()}`,
  );
  return createHash('sha256').update(heard.sort().join('\n')).digest('hex').slice(0, 8);
}
