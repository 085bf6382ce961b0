import type { ApiClient } from '@kubus/shared/bus';
import type { KubeObject } from '@kubus/shared/object';

/** What the commands show of a node. */
export interface NodeSummary {
  name: string;
  /** The agent reports that pods can run there, and nothing keeps the scheduler away. */
  schedulable: boolean;
  status: string;
  address: string;
  runtime: string;
}

interface Node extends KubeObject {
  spec?: { unschedulable?: boolean; taints?: { key: string; effect: string }[] };
  status?: {
    conditions?: { type: string; status: string }[];
    addresses?: { type: string; address: string }[];
    nodeInfo?: { containerRuntimeVersion?: string };
  };
}

export async function listNodes(api: ApiClient): Promise<NodeSummary[]> {
  const list = await api.request<{ items: Node[] }>({ verb: 'list', group: '', version: 'v1', resource: 'nodes' });
  return list.items.map(summarize);
}

function summarize(node: Node): NodeSummary {
  const ready = node.status?.conditions?.find((c) => c.type === 'Ready')?.status === 'True';
  const cordoned = node.spec?.unschedulable === true;
  const repelling = node.spec?.taints?.some((taint) => taint.effect !== 'PreferNoSchedule') ?? false;
  return {
    name: node.metadata.name,
    schedulable: ready && !cordoned && !repelling,
    status: `${ready ? 'Ready' : 'NotReady'}${cordoned ? ',SchedulingDisabled' : ''}`,
    address: node.status?.addresses?.find((a) => a.type === 'InternalIP')?.address ?? '',
    runtime: node.status?.nodeInfo?.containerRuntimeVersion ?? '',
  };
}
