import type { Floor } from '../history/index.ts';

export const namespace = 'faults';
export const nodes = 6;

const pod = (app: string, extra: object = {}) => ({
  metadata: { labels: { app } },
  spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'main', image: 'app:1' }], ...extra },
});

const workload = (kind: string, app: string, spec: object) => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name: app },
  spec: { selector: { matchLabels: { app } }, template: pod(app), ...spec },
});

const rolling = { rollingUpdate: { maxUnavailable: 1, maxSurge: 2 } };

/** What is there from the beginning. Each has its own part in the run, so that a promise can be held against the one that gave it. */
export const workloads = {
  deployments: [
    // Rolled out, paused and undone; never scaled and never disturbed.
    workload('Deployment', 'rolled', { replicas: 6, strategy: rolling }),
    // Everything at once.
    workload('Deployment', 'scaled', { replicas: 3, strategy: rolling }),
    // Only evicted from, with a budget.
    workload('Deployment', 'budgeted', { replicas: 5 }),
    // Its pods are deleted.
    workload('Deployment', 'disturbed', { replicas: 4 }),
  ],
  statefulsets: [
    workload('StatefulSet', 'db', { replicas: 3, serviceName: 'db' }),
    workload('StatefulSet', 'queue', { replicas: 3, serviceName: 'queue', podManagementPolicy: 'Parallel' }),
  ],
  daemonsets: [workload('DaemonSet', 'logs', {})],
};

export const budget = {
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: 'budgeted' },
  spec: { minAvailable: 4, selector: { matchLabels: { app: 'budgeted' } } },
};

export const floors: Floor[] = [
  { namespace, app: 'rolled', minimum: 5 },
  { namespace, app: 'budgeted', minimum: 4 },
  { namespace, app: 'db', minimum: 2 },
  { namespace, app: 'logs', minimum: nodes - 1 },
];

export const job = (name: string, completions: number, parallelism: number, indexed: boolean, seconds: number) => ({
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name },
  spec: {
    // Pods that a fault killed do not make the Job give up.
    backoffLimit: 1_000,
    ...{ completions, parallelism, completionMode: indexed ? 'Indexed' : 'NonIndexed' },
    template: pod('job', {
      restartPolicy: 'Never',
      containers: [{ name: 'main', image: 'app:1', command: ['sleep', `${seconds}`] }],
    }),
  },
});

export const cronJob = {
  apiVersion: 'batch/v1',
  kind: 'CronJob',
  metadata: { name: 'each-minute' },
  spec: { schedule: '* * * * *', concurrencyPolicy: 'Forbid', jobTemplate: { spec: job('', 2, 2, false, 1).spec } },
};

export const nodePortService = (name: string) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name },
  spec: { type: 'NodePort', selector: { app: 'rolled' }, ports: [{ port: 80 }] },
});

export const smallDeployment = workload('Deployment', 'small', { replicas: 2 });

/** Every resource that is followed, with the path of all its objects. */
export const resources = new Map([
  ['pods', '/api/v1/pods'],
  ['configmaps', '/api/v1/configmaps'],
  ['services', '/api/v1/services'],
  ['namespaces', '/api/v1/namespaces'],
  ['deployments', '/apis/apps/v1/deployments'],
  ['replicasets', '/apis/apps/v1/replicasets'],
  ['statefulsets', '/apis/apps/v1/statefulsets'],
  ['daemonsets', '/apis/apps/v1/daemonsets'],
  ['controllerrevisions', '/apis/apps/v1/controllerrevisions'],
  ['jobs', '/apis/batch/v1/jobs'],
  ['cronjobs', '/apis/batch/v1/cronjobs'],
  ['poddisruptionbudgets', '/apis/policy/v1/poddisruptionbudgets'],
]);

/** The path of a resource in the namespace of the run. */
export function inNamespace(resource: string, name?: string, of: string = namespace): string {
  const path = resources.get(resource);
  if (path === undefined) throw new Error(`${resource} is not followed`);
  const below = path.replace(/\/([^/]+)$/, `/namespaces/${of}/$1`);
  return name === undefined ? below : `${below}/${name}`;
}
