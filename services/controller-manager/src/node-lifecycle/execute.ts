import type { ApiClient } from '@kubus/shared/bus';
import { isConflict, isNotFound } from '@kubus/shared/errors';
import type { EventRecorder } from '@kubus/shared/events';
import type { Node } from '@kubus/shared/schema';
import type { Clock } from '../common/context.ts';
import { type Action, notReadyStatus } from './plan.ts';

export interface Executor {
  api: Pick<ApiClient, 'request'>;
  events: EventRecorder;
  clock: Clock;
}

const nodes = { group: '', version: 'v1', resource: 'nodes' };
const pods = { group: '', version: 'v1', resource: 'pods' };

/** Carries out actions on a node in their order; gives the node as it is after. Throws Conflict when somebody else wrote it meanwhile. */
export async function execute(actions: readonly Action[], node: Node, executor: Executor): Promise<Node> {
  let current = node;
  for (const action of actions) current = (await executors[action.type](action as never, current, executor)) ?? current;
  return current;
}

type Executors = {
  [T in Action['type']]: (
    action: Extract<Action, { type: T }>,
    node: Node,
    executor: Executor,
  ) => Promise<Node | undefined>;
};

const executors: Executors = {
  setConditions: async ({ conditions, becameNotReady }, node, { api, events }) => {
    const { name } = node.metadata;
    const body = { ...node, status: { ...node.status, conditions } };
    const written = await api.request<Node>({ ...nodes, verb: 'update', name, subresource: 'status', body });
    if (becameNotReady) events.event(node, 'Normal', 'NodeNotReady', `Node ${name} status is now: NodeNotReady`);
    return written;
  },
  setTaints: ({ taints }, { metadata: { name, resourceVersion } }, { api }) =>
    api.request<Node>({
      ...nodes,
      verb: 'patch',
      name,
      contentType: 'application/merge-patch+json',
      body: { metadata: { resourceVersion }, spec: { taints } },
    }),
  markNotReady: async ({ pod }, _, { api, events, clock }) => {
    const { namespace = '', name } = pod.metadata;
    const body = notReadyStatus(pod, clock.now());
    try {
      await api.request({ ...pods, verb: 'update', namespace, name, subresource: 'status', body });
      events.event(pod, 'Warning', 'NodeNotReady', 'Node is not ready');
    } catch (error) {
      // It has changed or gone; the next look sees how.
      if (!isConflict(error) && !isNotFound(error)) throw error;
    }
    return undefined;
  },
};
