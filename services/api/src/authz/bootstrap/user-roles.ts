import { aggregateTo, type BootstrapRole, paths, read, readWrite, rule, write } from './rule.ts';

const scalable = (names: readonly string[]): string[] => names.flatMap((name) => [name, `${name}/scale`]);
const withStatus = (names: readonly string[]): string[] => names.flatMap((name) => [name, `${name}/status`]);

const networking = 'networking.k8s.io';
const discovery = 'discovery.k8s.io';

/** Roles for people (kubernetes.io: Using RBAC Authorization, "User-facing roles"). */
export const userRoles: readonly BootstrapRole[] = [
  {
    name: 'cluster-admin',
    rules: [rule(['*'], '*', '*'), { nonResourceURLs: ['*'], verbs: ['*'] }],
  },
  { name: 'admin', aggregates: 'admin', rules: [] },
  { name: 'edit', aggregates: 'edit', labels: aggregateTo('admin'), rules: [] },
  { name: 'view', aggregates: 'view', labels: aggregateTo('edit'), rules: [] },
  {
    name: 'system:aggregate-to-admin',
    labels: aggregateTo('admin'),
    rules: [
      rule(['create'], 'authorization.k8s.io', 'localsubjectaccessreviews'),
      rule(readWrite, 'rbac.authorization.k8s.io', 'rolebindings', 'roles'),
    ],
  },
  { name: 'system:aggregate-to-edit', labels: aggregateTo('edit'), rules: editRules() },
  { name: 'system:aggregate-to-view', labels: aggregateTo('view'), rules: viewRules() },
  {
    name: 'system:aggregated-metrics-reader',
    labels: { ...aggregateTo('admin'), ...aggregateTo('edit'), ...aggregateTo('view') },
    rules: [rule(read, 'metrics.k8s.io', 'pods', 'nodes')],
  },
  {
    name: 'system:basic-user',
    rules: [
      rule(['create'], 'authorization.k8s.io', 'selfsubjectaccessreviews', 'selfsubjectrulesreviews'),
      rule(['create'], 'authentication.k8s.io', 'selfsubjectreviews'),
    ],
  },
  {
    name: 'system:discovery',
    rules: [
      paths(
        '/api',
        '/api/*',
        '/apis',
        '/apis/*',
        '/healthz',
        '/livez',
        '/openapi',
        '/openapi/*',
        '/readyz',
        '/version',
        '/version/',
      ),
    ],
  },
  { name: 'system:public-info-viewer', rules: [paths('/healthz', '/livez', '/readyz', '/version', '/version/')] },
  {
    name: 'system:monitoring',
    rules: [
      paths(
        '/flagz',
        '/healthz',
        '/healthz/*',
        '/livez',
        '/livez/*',
        '/metrics',
        '/metrics/slis',
        '/readyz',
        '/readyz/*',
        '/statusz',
      ),
    ],
  },
  {
    name: 'system:auth-delegator',
    rules: [
      rule(['create'], 'authentication.k8s.io', 'tokenreviews'),
      rule(['create'], 'authorization.k8s.io', 'subjectaccessreviews'),
    ],
  },
  {
    name: 'system:service-account-issuer-discovery',
    rules: [
      paths(
        '/.well-known/openid-configuration',
        '/.well-known/openid-configuration/',
        '/openid/v1/jwks',
        '/openid/v1/jwks/',
      ),
    ],
  },
];

function editRules() {
  const streams = ['pods/attach', 'pods/exec', 'pods/portforward', 'pods/proxy'];
  return [
    rule(read, '', ...streams, 'secrets', 'services/proxy'),
    rule(['impersonate'], '', 'serviceaccounts'),
    rule(write, '', 'pods', ...streams),
    rule(['create'], '', 'pods/eviction'),
    rule(
      write,
      '',
      ...['configmaps', 'events', 'persistentvolumeclaims', 'replicationcontrollers', 'replicationcontrollers/scale'],
      ...['secrets', 'serviceaccounts', 'services', 'services/proxy'],
    ),
    rule(['create'], '', 'serviceaccounts/token'),
    rule(
      write,
      'apps',
      'daemonsets',
      'deployments/rollback',
      ...scalable(['deployments', 'replicasets', 'statefulsets']),
    ),
    rule(write, 'autoscaling', 'horizontalpodautoscalers'),
    rule(write, 'batch', 'cronjobs', 'jobs'),
    rule(write, 'policy', 'poddisruptionbudgets'),
    rule(write, networking, 'ingresses', 'networkpolicies'),
    rule(write, 'resource.k8s.io', 'resourceclaims', 'resourceclaimtemplates'),
    rule(readWrite, 'coordination.k8s.io', 'leases'),
  ];
}

function viewRules() {
  return [
    rule(
      read,
      '',
      ...['configmaps', 'endpoints', 'persistentvolumeclaims', 'persistentvolumeclaims/status', 'pods'],
      ...['replicationcontrollers', 'replicationcontrollers/scale', 'serviceaccounts', 'services', 'services/status'],
    ),
    rule(
      read,
      '',
      ...['bindings', 'events', 'limitranges', 'namespaces/status', 'pods/log', 'pods/status'],
      ...['replicationcontrollers/status', 'resourcequotas', 'resourcequotas/status'],
    ),
    rule(read, '', 'namespaces'),
    rule(read, discovery, 'endpointslices'),
    rule(
      read,
      'apps',
      ...['controllerrevisions', 'deployments/scale', 'replicasets/scale', 'statefulsets/scale'],
      ...withStatus(['daemonsets', 'deployments', 'replicasets', 'statefulsets']),
    ),
    rule(read, 'autoscaling', ...withStatus(['horizontalpodautoscalers'])),
    rule(read, 'batch', ...withStatus(['cronjobs', 'jobs'])),
    rule(read, 'policy', ...withStatus(['poddisruptionbudgets'])),
    rule(read, networking, ...withStatus(['ingresses']), 'networkpolicies'),
    rule(read, 'resource.k8s.io', 'resourceclaims', 'resourceclaims/status', 'resourceclaimtemplates'),
  ];
}
