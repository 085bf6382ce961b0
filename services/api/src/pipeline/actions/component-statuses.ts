import { within } from '@kubus/shared/clock';
import { notFound } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import type { Action } from './contract.ts';

/** Something that the api depends on. `check` rejects with the reason when it is away. */
export interface Component {
  name: string;
  check(): Promise<void>;
}

const TIMEOUT_MS = 5_000;

/** Reads of ComponentStatus: the dependencies of this replica, each asked now. */
export function componentStatuses(components: readonly Component[]): Action {
  return async (_, { request, resource, name }) => {
    if (request.verb === 'list') {
      const items = await Promise.all(components.map(statusOf));
      return { code: 200, body: { kind: 'ComponentStatusList', apiVersion: 'v1', metadata: {}, items } };
    }
    const component = components.find((candidate) => candidate.name === name);
    if (component === undefined) throw notFound(resource, name);
    return { code: 200, body: await statusOf(component) };
  };
}

async function statusOf({ name, check }: Component): Promise<KubeObject & { conditions: readonly object[] }> {
  const healthy = await answers(check);
  const condition = healthy
    ? { type: 'Healthy', status: 'True', message: 'ok' }
    : { type: 'Healthy', status: 'False', message: `${name} does not answer`, error: 'unhealthy' };
  return { apiVersion: 'v1', kind: 'ComponentStatus', metadata: { name }, conditions: [condition] };
}

async function answers(check: Component['check']): Promise<boolean> {
  // The reason is in the logs of whoever failed.
  const answered = check().then(
    () => true,
    () => false,
  );
  return within(TIMEOUT_MS, answered, () => false);
}
