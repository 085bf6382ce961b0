/** A kind with objects of it, as few fields as make it valid. */
export interface Row {
  readonly kind: string;
  /** As in a path: `api/v1`, `apis/apps/v1`. */
  readonly version: string;
  readonly plural: string;
  readonly namespaced: boolean;
  /** What an object has beside its metadata; `at` tells the three objects of a test apart. */
  body(at: number): object;
  /** Names of the three objects, where not anything goes. */
  name?(at: number): string;
  /** A merge patch to its status, where it has that as a subresource. */
  readonly status?: object;
  /** The api looks at it after each change, and says so in its status: what it is like then. */
  readonly checked?: object;
  /** It is kept by finalizers that controllers take off, of which none runs here. */
  readonly held?: boolean;
  /** Its being there has consequences that its own tests are about: its operations are tried there. */
  readonly apart?: boolean;
}

type Options = Pick<Row, 'name' | 'status' | 'held' | 'checked' | 'apart'>;

const row =
  (namespaced: boolean) =>
  (version: string, kind: string, plural: string, body: object | ((at: number) => object), options: Options = {}) => ({
    kind,
    version,
    plural,
    namespaced,
    body: typeof body === 'function' ? (body as Row['body']) : () => body,
    ...options,
  });

const cluster = row(false);
const namespaced = row(true);

const condition = {
  type: 'Tried',
  status: 'True',
  reason: 'Test',
  message: 'set by a test',
  lastTransitionTime: '2026-01-01T00:00:00Z',
};
const conditions = { conditions: [condition] };
const old = { conditions: [{ type: 'Tried', status: 'True', reason: 'Test', message: 'set by a test' }] };
const loadBalancer = { loadBalancer: { ingress: [{ ip: '203.0.113.1' }] } };
const template = {
  metadata: { labels: { app: 'x' } },
  spec: { containers: [{ name: 'main', image: 'busybox:1.36' }] },
};
const workload = { selector: { matchLabels: { app: 'x' } }, template };
const rule = { apiGroups: ['apps'], apiVersions: ['v1'], operations: ['CREATE'], resources: ['deployments'] };
const admission = 'apis/admissionregistration.k8s.io/v1';
const resource = 'apis/resource.k8s.io/v1';
const storage = 'apis/storage.k8s.io/v1';
const networking = 'apis/networking.k8s.io/v1';
const rbac = 'apis/rbac.authorization.k8s.io/v1';
const flowcontrol = 'apis/flowcontrol.apiserver.k8s.io/v1';
const binding = (name: string) => ({
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name },
  subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'tried' }],
});
const definition = (at: number) => ({
  spec: {
    group: `tried-${at}.example.com`,
    scope: 'Namespaced',
    names: { plural: 'things', singular: 'thing', kind: 'Thing', listKind: 'ThingList' },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } }],
  },
});
const webhook = (at: number) => ({
  webhooks: [
    {
      name: `hook-${at}.example.com`,
      clientConfig: { url: 'https://127.0.0.1:1/' },
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
      rules: [{ ...rule, apiGroups: ['none.example.com'] }],
    },
  ],
});
const request =
  'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0KTUlIS01ISUNBUUF3RURFT01Bd0dBMVVFQXd3RmRISnBaV1F3V1RBVEJnY3Foa2pPUFFJQkJnZ3Foa2pPUFFNQgpCd05DQUFSREdDVXJoT0JvZDZQZExqNW1jV2dNY04xNWt0amJZMDE2VnVlclhFK3IrNHVLUExTSUZxZHBEYnpSCnhwSlBiVklaRXhrd2RlZTJnMURibjlDVXl1N0tvQUF3Q2dZSUtvWkl6ajBFQXdJRFNBQXdSUUloQU4yN1B0bUYKTDVzZ0xCQW1VTEZvWWpjd3pnZ2lDWFN5aDdPbVFEVFJsVmJSQWlBZzVLSW55bkRwNGdNSXJjZ1JGNzlhdWZ6TgpzUXRXYVdtQ1JnYTRSbk92TFE9PQotLS0tLUVORCBDRVJUSUZJQ0FURSBSRVFVRVNULS0tLS0K';

/** Every kind of which the conformance suite tries the operations, and the others that are kept the same way. */
export const rows: readonly Row[] = [
  cluster(
    flowcontrol,
    'FlowSchema',
    'flowschemas',
    { spec: { matchingPrecedence: 9000, priorityLevelConfiguration: { name: 'global-default' } } },
    { status: conditions },
  ),
  cluster(
    flowcontrol,
    'PriorityLevelConfiguration',
    'prioritylevelconfigurations',
    { spec: { type: 'Limited', limited: { nominalConcurrencyShares: 2, limitResponse: { type: 'Reject' } } } },
    { status: conditions },
  ),
  cluster(admission, 'MutatingWebhookConfiguration', 'mutatingwebhookconfigurations', webhook),
  cluster(admission, 'ValidatingWebhookConfiguration', 'validatingwebhookconfigurations', webhook),
  cluster(admission, 'MutatingAdmissionPolicy', 'mutatingadmissionpolicies', {
    spec: {
      matchConstraints: { resourceRules: [rule] },
      reinvocationPolicy: 'Never',
      mutations: [
        {
          patchType: 'ApplyConfiguration',
          applyConfiguration: { expression: 'Object{metadata: Object.metadata{labels: {"a": "b"}}}' },
        },
      ],
    },
  }),
  cluster(admission, 'MutatingAdmissionPolicyBinding', 'mutatingadmissionpolicybindings', {
    spec: { policyName: 'none' },
  }),
  cluster(
    admission,
    'ValidatingAdmissionPolicy',
    'validatingadmissionpolicies',
    {
      spec: {
        matchConstraints: { resourceRules: [rule] },
        validations: [{ expression: 'object.spec.replicas <= 100' }],
      },
    },
    { status: conditions, checked: { status: { observedGeneration: 1 } } },
  ),
  cluster(admission, 'ValidatingAdmissionPolicyBinding', 'validatingadmissionpolicybindings', {
    spec: { policyName: 'none', validationActions: ['Deny'] },
  }),
  cluster(
    'apis/certificates.k8s.io/v1',
    'CertificateSigningRequest',
    'certificatesigningrequests',
    { spec: { request, signerName: 'example.com/tried', usages: ['client auth'] } },
    { status: old },
  ),
  namespaced(
    'apis/batch/v1',
    'CronJob',
    'cronjobs',
    {
      spec: {
        schedule: '0 0 1 1 *',
        suspend: true,
        jobTemplate: { spec: { template: { spec: { ...template.spec, restartPolicy: 'Never' } } } },
      },
    },
    { status: { lastScheduleTime: '2026-01-01T00:00:00Z' } },
  ),
  namespaced(
    'apis/batch/v1',
    'Job',
    'jobs',
    {
      spec: { suspend: true, template: { spec: { ...template.spec, restartPolicy: 'Never' } } },
    },
    { status: conditions },
  ),
  namespaced('apis/apps/v1', 'Deployment', 'deployments', { spec: workload }, { status: old }),
  namespaced('apis/apps/v1', 'ReplicaSet', 'replicasets', { spec: workload }, { status: { replicas: 0, ...old } }),
  namespaced(
    'apis/apps/v1',
    'StatefulSet',
    'statefulsets',
    { spec: { ...workload, serviceName: 'x' } },
    { status: old },
  ),
  namespaced('apis/apps/v1', 'DaemonSet', 'daemonsets', { spec: workload }, { status: old }),
  namespaced('apis/apps/v1', 'ControllerRevision', 'controllerrevisions', (at) => ({ revision: at, data: { a: at } })),
  namespaced(
    'api/v1',
    'ReplicationController',
    'replicationcontrollers',
    { spec: { selector: { app: 'x' }, template } },
    { status: { replicas: 0, ...old } },
  ),
  namespaced(
    'apis/policy/v1',
    'PodDisruptionBudget',
    'poddisruptionbudgets',
    { spec: { minAvailable: 1, selector: { matchLabels: { app: 'x' } } } },
    { status: conditions },
  ),
  namespaced(
    'apis/autoscaling/v2',
    'HorizontalPodAutoscaler',
    'horizontalpodautoscalers',
    { spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x' } } },
    { status: { currentReplicas: 1, desiredReplicas: 2 } },
  ),
  namespaced(
    'apis/autoscaling/v1',
    'HorizontalPodAutoscaler',
    'horizontalpodautoscalers',
    { spec: { maxReplicas: 3, scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'x' } } },
    { status: { currentReplicas: 1, desiredReplicas: 2 }, name: (at) => `first-${at}` },
  ),
  namespaced('api/v1', 'ServiceAccount', 'serviceaccounts', {}),
  namespaced(
    'api/v1',
    'ResourceQuota',
    'resourcequotas',
    { spec: { hard: { pods: '100' } } },
    { status: { hard: { pods: '100' }, used: { pods: '3' } } },
  ),
  namespaced('api/v1', 'LimitRange', 'limitranges', { spec: { limits: [{ type: 'Container', max: { cpu: '100' } }] } }),
  namespaced('api/v1', 'ConfigMap', 'configmaps', (at) => ({ data: { at: `${at}` } })),
  namespaced('api/v1', 'Secret', 'secrets', (at) => ({ stringData: { at: `${at}` } })),
  namespaced('api/v1', 'PodTemplate', 'podtemplates', { template }),
  namespaced('api/v1', 'Pod', 'pods', { spec: { ...template.spec, nodeName: '' } }, { status: old }),
  namespaced(
    'api/v1',
    'Service',
    'services',
    { spec: { type: 'LoadBalancer', ports: [{ port: 80 }] } },
    { status: loadBalancer },
  ),
  namespaced('api/v1', 'Endpoints', 'endpoints', {
    subsets: [{ addresses: [{ ip: '192.0.2.7' }], ports: [{ port: 80 }] }],
  }),
  namespaced('api/v1', 'Event', 'events', (at) => ({
    involvedObject: { kind: 'ConfigMap', namespace: 'tried', name: `x-${at}` },
    reason: 'Tried',
    type: 'Normal',
  })),
  namespaced(
    'apis/events.k8s.io/v1',
    'Event',
    'events',
    {
      regarding: { kind: 'ConfigMap', namespace: 'tried', name: 'x' },
      eventTime: '2026-01-01T00:00:00.000000Z',
      reportingController: 'example.com/tried',
      reportingInstance: 'one',
      action: 'Try',
      reason: 'Tried',
      type: 'Normal',
    },
    { name: (at) => `series-${at}` },
  ),
  namespaced('apis/coordination.k8s.io/v1', 'Lease', 'leases', {
    spec: { holderIdentity: 'one', leaseDurationSeconds: 30 },
  }),
  namespaced('apis/discovery.k8s.io/v1', 'EndpointSlice', 'endpointslices', {
    addressType: 'IPv4',
    endpoints: [{ addresses: ['192.0.2.7'] }],
    ports: [],
  }),
  namespaced(
    networking,
    'Ingress',
    'ingresses',
    { spec: { defaultBackend: { service: { name: 'x', port: { number: 80 } } } } },
    { status: loadBalancer },
  ),
  namespaced(networking, 'NetworkPolicy', 'networkpolicies', { spec: { podSelector: {} } }),
  cluster(networking, 'IngressClass', 'ingressclasses', { spec: { controller: 'example.com/x' } }),
  cluster(
    networking,
    'IPAddress',
    'ipaddresses',
    { spec: { parentRef: { resource: 'services', namespace: 'default', name: 'x' } } },
    { name: (at) => `198.51.100.${at}` },
  ),
  cluster(networking, 'ServiceCIDR', 'servicecidrs', (at) => ({ spec: { cidrs: [`198.51.${at}.0/24`] } }), {
    status: conditions,
  }),
  cluster('api/v1', 'Node', 'nodes', {}, { status: { capacity: { cpu: '4' } } }),
  cluster('apis/node.k8s.io/v1', 'RuntimeClass', 'runtimeclasses', { handler: 'runc' }),
  cluster('apis/scheduling.k8s.io/v1', 'PriorityClass', 'priorityclasses', (at) => ({ value: at })),
  cluster(resource, 'DeviceClass', 'deviceclasses', { spec: {} }),
  namespaced(resource, 'ResourceClaim', 'resourceclaims', { spec: {} }, { status: {} }),
  namespaced(resource, 'ResourceClaimTemplate', 'resourceclaimtemplates', { spec: { spec: {} } }),
  cluster(resource, 'ResourceSlice', 'resourceslices', (at) => ({
    spec: { driver: 'example.com', pool: { name: `pool-${at}`, generation: 1, resourceSliceCount: 1 }, allNodes: true },
  })),
  cluster(storage, 'CSIDriver', 'csidrivers', {}),
  cluster(storage, 'CSINode', 'csinodes', { spec: { drivers: [] } }),
  namespaced(storage, 'CSIStorageCapacity', 'csistoragecapacities', { storageClassName: 'x', capacity: '1Gi' }),
  cluster(storage, 'StorageClass', 'storageclasses', { provisioner: 'example.com/x' }),
  cluster(storage, 'VolumeAttributesClass', 'volumeattributesclasses', {
    driverName: 'example.com',
    parameters: { a: 'b' },
  }),
  cluster(
    storage,
    'VolumeAttachment',
    'volumeattachments',
    { spec: { attacher: 'example.com', nodeName: 'x', source: { persistentVolumeName: 'x' } } },
    { status: { attached: true } },
  ),
  cluster(
    'api/v1',
    'PersistentVolume',
    'persistentvolumes',
    {
      spec: { capacity: { storage: '1Gi' }, accessModes: ['ReadWriteOnce'], hostPath: { path: '/tmp/x' } },
    },
    { status: { phase: 'Available', message: 'set by a test' }, held: true },
  ),
  namespaced(
    'api/v1',
    'PersistentVolumeClaim',
    'persistentvolumeclaims',
    {
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    },
    { status: { phase: 'Pending', ...old }, held: true },
  ),
  namespaced(rbac, 'Role', 'roles', { rules: [] }),
  cluster(rbac, 'ClusterRole', 'clusterroles', { rules: [] }),
  namespaced(rbac, 'RoleBinding', 'rolebindings', binding('view')),
  cluster(rbac, 'ClusterRoleBinding', 'clusterrolebindings', binding('view')),
  cluster(
    'apis/apiregistration.k8s.io/v1',
    'APIService',
    'apiservices',
    (at) => ({
      spec: {
        group: `tried-${at}.example.com`,
        version: 'v1',
        groupPriorityMinimum: 1000,
        versionPriority: 15,
        service: { namespace: 'tried', name: 'nobody' },
      },
    }),
    {
      name: (at) => `v1.tried-${at}.example.com`,
      status: conditions,
      checked: { status: { conditions: [{ type: 'Available', status: 'False' }] } },
      apart: true,
    },
  ),
  cluster('apis/apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'customresourcedefinitions', definition, {
    name: (at) => `things.tried-${at}.example.com`,
    status: conditions,
    checked: { status: { conditions: [{ type: 'NamesAccepted' }, { type: 'Established', status: 'True' }] } },
    apart: true,
  }),
];
