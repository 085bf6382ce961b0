import { type BootstrapRole, eventsRule, read, rule } from './rule.ts';

const pods = rule(['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'], '', 'pods');
const revisions = rule(['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'], 'apps', 'controllerrevisions');

/** Roles of the controllers that keep pods of their own, and of the one that guards them. */
export const workloadRoles: readonly BootstrapRole[] = [
  {
    name: 'system:controller:replication-controller',
    rules: [
      rule(['get', 'list', 'update', 'patch', 'watch'], '', 'replicationcontrollers'),
      rule(['update', 'patch'], '', 'replicationcontrollers/status', 'replicationcontrollers/finalizers'),
      pods,
      eventsRule,
    ],
  },
  {
    name: 'system:controller:statefulset-controller',
    rules: [
      rule(['get', 'list', 'watch'], 'apps', 'statefulsets'),
      rule(['update', 'patch'], 'apps', 'statefulsets/status', 'statefulsets/finalizers'),
      pods,
      revisions,
      rule(['create', 'get', 'list', 'patch', 'update', 'watch'], '', 'persistentvolumeclaims'),
      eventsRule,
    ],
  },
  {
    name: 'system:controller:daemon-set-controller',
    rules: [
      rule(['get', 'list', 'watch'], 'apps', 'daemonsets'),
      rule(['update', 'patch'], 'apps', 'daemonsets/status', 'daemonsets/finalizers'),
      rule(['list', 'watch'], '', 'nodes'),
      pods,
      revisions,
      eventsRule,
    ],
  },
  {
    name: 'system:controller:disruption-controller',
    rules: [
      rule(read, 'apps', 'deployments', 'replicasets', 'statefulsets'),
      rule(read, '', 'pods', 'replicationcontrollers'),
      rule(read, 'policy', 'poddisruptionbudgets'),
      rule(['update', 'patch'], 'policy', 'poddisruptionbudgets/status'),
      rule(['patch', 'update'], '', 'pods/status'),
      rule(['get'], '*', '*/scale'),
      eventsRule,
    ],
  },
  {
    name: 'system:controller:kubus:configuration-rollout',
    rules: [
      rule(['get'], '', 'configmaps', 'secrets'),
      rule(['get', 'list', 'watch', 'patch'], 'apps', 'deployments', 'statefulsets', 'daemonsets'),
      eventsRule,
    ],
  },
];
