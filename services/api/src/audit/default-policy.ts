import type { Policy } from './policy.ts';

/**
 * What holds without a policy of one's own: who did what, never a body. Left out is what the machine asks itself all the time: the reads of its own services and nodes, leases,
 * statuses, bindings, events, health and discovery.
 */
export const defaultPolicy: Policy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitStages: ['RequestReceived', 'ResponseStarted'],
  rules: [
    {
      level: 'None',
      nonResourceURLs: [
        '/livez*',
        '/readyz*',
        '/healthz*',
        '/version',
        '/openapi*',
        '/api',
        '/api/*',
        '/apis',
        '/apis/*',
        '/metrics',
      ],
    },
    {
      level: 'None',
      resources: [
        { group: '', resources: ['events'] },
        { group: 'events.k8s.io', resources: ['events'] },
      ],
    },
    { level: 'None', resources: [{ group: 'coordination.k8s.io', resources: ['leases'] }] },
    {
      level: 'None',
      users: [
        'system:kube-scheduler',
        'system:kube-controller-manager',
        'system:apiserver',
        'system:kubus:simulated-nodes',
      ],
      verbs: ['get', 'list', 'watch'],
    },
    {
      level: 'None',
      users: ['system:kube-scheduler'],
      verbs: ['create'],
      resources: [{ group: '', resources: ['pods/binding'] }],
    },
    { level: 'None', userGroups: ['system:nodes'], verbs: ['get', 'list', 'watch'] },
    {
      level: 'None',
      userGroups: ['system:nodes'],
      verbs: ['update', 'patch'],
      resources: [{ group: '', resources: ['nodes/status', 'pods/status'] }],
    },
    {
      level: 'None',
      users: ['system:kubus:simulated-nodes'],
      resources: [{ group: '', resources: ['nodes/status', 'pods/status'] }],
    },
    { level: 'Metadata' },
  ],
};
