import type { KubeObject } from '@kubus/shared/object';
import { equal } from '@kubus/shared/registry';
import type {
  FlowSchema,
  FlowSchemaSpec,
  PolicyRulesWithSubjects,
  PriorityLevelConfiguration,
  PriorityLevelConfigurationSpec,
} from '@kubus/shared/schema';

/**
 * The priority levels and flow schemas that every cluster has (apiserver/pkg/apis/flowcontrol/bootstrap). By them the fronts share out the
 * seats of a replica (`FlowControl`).
 */

const apiVersion = 'flowcontrol.apiserver.k8s.io/v1';
const autoUpdate = 'apf.kubernetes.io/autoupdate-spec';

const metadata = (name: string): KubeObject['metadata'] => ({ name, annotations: { [autoUpdate]: 'true' } });

/** What must be as it is here, whatever its annotation says. */
export const mandatory: ReadonlySet<string> = new Set(['exempt', 'catch-all']);

function level(name: string, spec: PriorityLevelConfigurationSpec): PriorityLevelConfiguration {
  return { apiVersion, kind: 'PriorityLevelConfiguration', metadata: metadata(name), spec };
}

function queued(name: string, shares: number, lendable: number, queues: number, handSize: number) {
  return level(name, {
    type: 'Limited',
    limited: {
      nominalConcurrencyShares: shares,
      lendablePercent: lendable,
      limitResponse: { type: 'Queue', queuing: { queues, handSize, queueLengthLimit: 50 } },
    },
  });
}

export function bootstrapPriorityLevels(): PriorityLevelConfiguration[] {
  return [
    level('exempt', { type: 'Exempt', exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } }),
    level('catch-all', {
      type: 'Limited',
      limited: { nominalConcurrencyShares: 5, lendablePercent: 0, limitResponse: { type: 'Reject' } },
    }),
    queued('system', 30, 33, 64, 6),
    queued('node-high', 40, 25, 64, 6),
    queued('leader-election', 10, 0, 16, 4),
    queued('workload-high', 40, 50, 128, 6),
    queued('workload-low', 100, 90, 128, 6),
    queued('global-default', 20, 50, 128, 6),
  ];
}

type Subjects = PolicyRulesWithSubjects['subjects'];

const groups = (...names: readonly string[]): Subjects => names.map((name) => ({ kind: 'Group', group: { name } }));
const users = (...names: readonly string[]): Subjects => names.map((name) => ({ kind: 'User', user: { name } }));
const systemAccounts: Subjects = [{ kind: 'ServiceAccount', serviceAccount: { name: '*', namespace: 'kube-system' } }];
/** Simulated nodes are one process with one user. */
const nodes: Subjects = [...groups('system:nodes'), ...users('system:kubus:simulated-nodes')];
const everybody = groups('system:unauthenticated', 'system:authenticated');

const rule = (verbs: string[], apiGroups: string[], resources: string[], clusterScope: boolean) => ({
  verbs,
  apiGroups,
  resources,
  namespaces: ['*'],
  ...(clusterScope ? { clusterScope } : {}),
});

/** Every request of these subjects. */
const all = (subjects: Subjects): PolicyRulesWithSubjects => ({
  subjects,
  resourceRules: [rule(['*'], ['*'], ['*'], true)],
  nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
});

function schema(
  name: string,
  levelName: string,
  matchingPrecedence: number,
  distinguisher: 'ByUser' | 'ByNamespace' | undefined,
  rules: PolicyRulesWithSubjects,
): FlowSchema {
  const spec: FlowSchemaSpec = {
    priorityLevelConfiguration: { name: levelName },
    matchingPrecedence,
    ...(distinguisher === undefined ? {} : { distinguisherMethod: { type: distinguisher } }),
    rules: [rules],
  };
  return { apiVersion, kind: 'FlowSchema', metadata: metadata(name), spec };
}

export function bootstrapFlowSchemas(): FlowSchema[] {
  const coordination = ['coordination.k8s.io'];
  return [
    schema('exempt', 'exempt', 1, undefined, all(groups('system:masters'))),
    schema('catch-all', 'catch-all', 10_000, 'ByUser', all(everybody)),
    schema('probes', 'exempt', 2, undefined, {
      subjects: everybody,
      nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/readyz', '/livez'] }],
    }),
    schema('system-leader-election', 'leader-election', 100, 'ByUser', {
      subjects: [...users('system:kube-controller-manager', 'system:kube-scheduler'), ...systemAccounts],
      resourceRules: [rule(['get', 'create', 'update'], coordination, ['leases'], false)],
    }),
    schema('system-node-high', 'node-high', 400, 'ByUser', {
      subjects: nodes,
      resourceRules: [rule(['*'], [''], ['nodes', 'nodes/status'], true), rule(['*'], coordination, ['leases'], false)],
    }),
    schema('system-nodes', 'system', 500, 'ByUser', all(nodes)),
    schema(
      'kube-controller-manager',
      'workload-high',
      800,
      'ByNamespace',
      all(users('system:kube-controller-manager')),
    ),
    schema('kube-scheduler', 'workload-high', 800, 'ByNamespace', all(users('system:kube-scheduler'))),
    schema('kube-system-service-accounts', 'workload-high', 900, 'ByNamespace', all(systemAccounts)),
    schema('service-accounts', 'workload-low', 9000, 'ByUser', all(groups('system:serviceaccounts'))),
    schema('global-default', 'global-default', 9900, 'ByUser', all(everybody)),
  ];
}

/** The object as it should be, or undefined when it may stay as it is. */
export function mendFlowControl<T extends FlowSchema | PriorityLevelConfiguration>(
  existing: T,
  wanted: T,
): T | undefined {
  const { annotations = {}, name } = existing.metadata;
  const ours = mandatory.has(name) || annotations[autoUpdate] === 'true';
  if (!ours || equal(existing.spec, wanted.spec)) return undefined;
  return { ...existing, spec: wanted.spec };
}
