import { type BootstrapRole, eventsRule, read, rule, write } from './rule.ts';
import { workloadRoles } from './workload-roles.ts';

/** What every node may do that is not subdivided by the Node authorizer (bootstrappolicy NodeRules). */
export const nodeRules = [
  rule(['create'], 'authentication.k8s.io', 'tokenreviews'),
  rule(['create'], 'authorization.k8s.io', 'localsubjectaccessreviews', 'subjectaccessreviews'),
  rule(read, '', 'services'),
  rule(['create', 'patch', 'update'], '', 'events'),
  rule(['create', 'patch', 'update'], 'events.k8s.io', 'events'),
  rule(['get'], '', 'endpoints'),
  rule(read, 'discovery.k8s.io', 'endpointslices'),
  rule(['create', 'get', 'list', 'watch'], 'certificates.k8s.io', 'certificatesigningrequests'),
  rule(read, 'storage.k8s.io', 'csidrivers'),
  rule(read, 'node.k8s.io', 'runtimeclasses'),
];

const certificates = 'certificates.k8s.io';

/** Roles of the control plane's parts; the bindings give them to the users of those names. */
export const componentRoles: readonly BootstrapRole[] = [
  { name: 'system:kube-scheduler', rules: schedulerRules() },
  { name: 'system:kube-controller-manager', rules: controllerManagerRules() },
  {
    // One process that plays many nodes; its credentials exist only where simulated nodes are run.
    name: 'system:kubus:simulated-nodes',
    rules: [
      ...nodeRules,
      rule([...read, 'create', 'patch', 'update'], '', 'nodes'),
      rule(['patch', 'update'], '', 'nodes/status', 'pods/status'),
      rule([...read, 'delete'], '', 'pods'),
      rule(['get'], '', 'configmaps', 'secrets'),
      rule(['create', 'get', 'patch', 'update'], 'coordination.k8s.io', 'leases'),
    ],
  },
  {
    name: 'system:kubelet-api-admin',
    rules: [
      rule([...read, 'proxy'], '', 'nodes'),
      rule(['*'], '', 'nodes/log', 'nodes/metrics', 'nodes/proxy', 'nodes/stats'),
    ],
  },
  {
    name: 'system:node-proxier',
    rules: [
      rule(['list', 'watch'], '', 'endpoints', 'services'),
      rule(read, '', 'nodes'),
      eventsRule,
      rule(['list', 'watch'], 'discovery.k8s.io', 'endpointslices'),
    ],
  },
];

function schedulerRules() {
  return [
    eventsRule,
    rule(['create'], 'coordination.k8s.io', 'leases'),
    {
      ...rule(['get', 'list', 'update', 'watch'], 'coordination.k8s.io', 'leases'),
      resourceNames: ['kube-scheduler'],
    },
    rule(
      read,
      '',
      'nodes',
      'namespaces',
      'replicationcontrollers',
      'services',
      'persistentvolumeclaims',
      'persistentvolumes',
    ),
    rule(['delete', 'get', 'list', 'watch'], '', 'pods'),
    rule(['create'], '', 'bindings', 'pods/binding'),
    rule(['patch', 'update'], '', 'pods/status'),
    rule(read, 'apps', 'replicasets', 'statefulsets'),
    rule(read, 'policy', 'poddisruptionbudgets'),
    rule(['create'], 'authentication.k8s.io', 'tokenreviews'),
    rule(['create'], 'authorization.k8s.io', 'subjectaccessreviews'),
    rule(read, 'storage.k8s.io', 'csinodes', 'csidrivers', 'csistoragecapacities', 'storageclasses'),
  ];
}

function controllerManagerRules() {
  return [
    eventsRule,
    rule(['create'], 'coordination.k8s.io', 'leases'),
    {
      ...rule(['get', 'list', 'update', 'watch'], 'coordination.k8s.io', 'leases'),
      resourceNames: ['kube-controller-manager'],
    },
    rule(['create', 'get', 'update'], '', 'secrets', 'serviceaccounts'),
    rule(['delete'], '', 'secrets'),
    rule(['get'], '', 'configmaps', 'namespaces'),
    rule(['create'], 'authentication.k8s.io', 'tokenreviews'),
    rule(['create'], 'authorization.k8s.io', 'subjectaccessreviews'),
    rule(['list', 'watch'], '*', '*'),
    rule(['create'], '', 'serviceaccounts/token'),
  ];
}

/** One role for each controller, all given to the controller manager, which runs them under one identity. */
export const controllerRoles: readonly BootstrapRole[] = [
  ...workloadRoles,
  {
    name: 'system:controller:deployment-controller',
    rules: [
      rule(['get', 'list', 'update', 'patch', 'watch'], 'apps', 'deployments'),
      rule(['update', 'patch'], 'apps', 'deployments/status', 'deployments/finalizers'),
      rule(['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'], 'apps', 'replicasets'),
      rule(['get', 'list', 'update', 'watch'], '', 'pods'),
      eventsRule,
    ],
  },
  {
    name: 'system:controller:replicaset-controller',
    rules: [
      rule(['get', 'list', 'update', 'patch', 'watch'], 'apps', 'replicasets'),
      rule(['update', 'patch'], 'apps', 'replicasets/status', 'replicasets/finalizers'),
      rule(['create', 'delete', 'get', 'list', 'patch', 'watch'], '', 'pods'),
      eventsRule,
    ],
  },
  {
    name: 'system:controller:job-controller',
    rules: [
      rule(['get', 'list', 'patch', 'update', 'watch'], 'batch', 'jobs'),
      rule(['patch', 'update'], 'batch', 'jobs/status', 'jobs/finalizers'),
      rule(['create', 'delete', 'get', 'list', 'patch', 'watch'], '', 'pods'),
      eventsRule,
    ],
  },
  {
    name: 'system:controller:cronjob-controller',
    rules: [
      rule(['get', 'list', 'update', 'watch'], 'batch', 'cronjobs'),
      rule(['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'], 'batch', 'jobs'),
      rule(['update'], 'batch', 'cronjobs/status', 'cronjobs/finalizers'),
      eventsRule,
    ],
  },
  {
    name: 'system:controller:ttl-after-finished-controller',
    rules: [rule(['delete', 'get', 'list', 'watch'], 'batch', 'jobs'), eventsRule],
  },
  {
    name: 'system:controller:horizontal-pod-autoscaler',
    rules: [
      rule(['get', 'list', 'patch', 'watch'], 'autoscaling', 'horizontalpodautoscalers'),
      rule(['update'], 'autoscaling', 'horizontalpodautoscalers/status'),
      rule(['get', 'update'], '*', '*/scale'),
      rule(['list'], '', 'pods'),
      rule(['list'], 'metrics.k8s.io', 'pods'),
      rule(['get', 'list'], 'custom.metrics.k8s.io', '*'),
      rule(['get', 'list'], 'external.metrics.k8s.io', '*'),
      eventsRule,
    ],
  },
  {
    name: 'system:controller:generic-garbage-collector',
    rules: [rule(['delete', 'get', 'list', 'patch', 'update', 'watch'], '*', '*')],
  },
  {
    name: 'system:controller:namespace-controller',
    rules: [
      rule(['delete', 'get', 'list', 'watch'], '', 'namespaces'),
      rule(['update'], '', 'namespaces/finalize', 'namespaces/status'),
      rule(['delete', 'deletecollection', 'get', 'list'], '*', '*'),
    ],
  },
  {
    name: 'system:controller:node-controller',
    rules: [
      rule(['delete', 'get', 'list', 'patch', 'update', 'watch'], '', 'nodes'),
      rule(['patch', 'update'], '', 'nodes/status', 'pods/status'),
      rule(['delete', 'get', 'list', 'watch'], '', 'pods'),
      rule(read, 'coordination.k8s.io', 'leases'),
      eventsRule,
    ],
  },
  {
    name: 'system:controller:pod-garbage-collector',
    rules: [
      rule(['delete', 'list', 'watch'], '', 'pods'),
      rule(['get', 'list'], '', 'nodes'),
      rule(['patch'], '', 'pods/status'),
    ],
  },
  {
    name: 'system:controller:pvc-protection-controller',
    rules: [rule(['update', ...read], '', 'persistentvolumeclaims'), rule(read, '', 'pods')],
  },
  {
    name: 'system:controller:pv-protection-controller',
    rules: [rule(['update', ...read], '', 'persistentvolumes')],
  },
  {
    // Kubernetes' API server does this itself.
    name: 'system:controller:flow-schema-controller',
    rules: [rule(['update'], 'flowcontrol.apiserver.k8s.io', 'flowschemas/status')],
  },
  {
    name: 'system:controller:resourcequota-controller',
    rules: [rule(['list', 'watch'], '*', '*'), rule(['update'], '', 'resourcequotas/status'), eventsRule],
  },
  {
    name: 'system:controller:service-account-controller',
    rules: [rule(['create', 'get', 'list', 'watch'], '', 'serviceaccounts'), eventsRule],
  },
  {
    name: 'system:controller:root-ca-cert-publisher',
    rules: [rule(['create', 'update'], '', 'configmaps'), eventsRule],
  },
  {
    name: 'system:controller:certificate-controller',
    rules: [
      rule(['delete', 'get', 'list', 'watch'], certificates, 'certificatesigningrequests'),
      rule(['update'], certificates, 'certificatesigningrequests/approval', 'certificatesigningrequests/status'),
      { ...rule(['approve'], certificates, 'signers'), resourceNames: ['kubernetes.io/kube-apiserver-client-kubelet'] },
      {
        ...rule(['sign'], certificates, 'signers'),
        resourceNames: [
          'kubernetes.io/kube-apiserver-client',
          'kubernetes.io/kube-apiserver-client-kubelet',
          'kubernetes.io/kubelet-serving',
          'kubernetes.io/legacy-unknown',
        ],
      },
      rule(['create'], 'authorization.k8s.io', 'subjectaccessreviews'),
      eventsRule,
    ],
  },
  {
    name: 'system:controller:clusterrole-aggregation-controller',
    rules: [rule(['escalate', 'get', 'list', 'patch', 'update', 'watch'], 'rbac.authorization.k8s.io', 'clusterroles')],
  },
  {
    name: 'system:controller:endpointslice-controller',
    rules: [
      rule(read, '', 'nodes', 'pods', 'services'),
      rule(['update'], '', 'services/finalizers'),
      rule([...read, ...write], 'discovery.k8s.io', 'endpointslices'),
      eventsRule,
    ],
  },
];
