import type { JsonObject } from '@kubus/shared/schema';
import type { Row } from './kinds.ts';

const container = {
  name: 'main',
  image: 'busybox:1.36',
  env: [
    { name: 'A', value: 'b' },
    { name: 'B', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
  ],
  envFrom: [
    { prefix: 'P_', configMapRef: { name: 'c' } },
    { prefix: 'S_', secretRef: { name: 's' } },
  ],
  livenessProbe: { httpGet: { port: 80 } },
  readinessProbe: { exec: { command: ['true'] } },
  startupProbe: { tcpSocket: { port: 80 } },
  lifecycle: { postStart: { exec: { command: ['true'] } }, preStop: { httpGet: { port: 80 } } },
  volumeMounts: [{ name: 'emptydir', mountPath: '/mounted' }],
};

const source = (name: string, inside: object = {}) => ({ name: name.toLowerCase(), [name]: inside });
const claim = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } };
/** Those that pods are given where they have none. */
const tolerations = ['not-ready', 'unreachable'].map((condition) => ({
  key: `node.kubernetes.io/${condition}`,
  operator: 'Exists',
  effect: 'NoExecute',
}));
const projections = [
  { secret: {} },
  { configMap: {} },
  { downwardAPI: {} },
  { serviceAccountToken: { path: 'token' } },
];
const volumes = [
  ...['awsElasticBlockStore', 'azureDisk', 'azureFile', 'cephfs', 'cinder', 'configMap', 'csi', 'downwardAPI'],
  ...['emptyDir', 'fc', 'flexVolume', 'flocker', 'gcePersistentDisk', 'glusterfs', 'hostPath', 'image', 'iscsi', 'nfs'],
  ...['persistentVolumeClaim', 'photonPersistentDisk', 'portworxVolume', 'quobyte', 'rbd', 'scaleIO', 'secret'],
  ...['storageos', 'vsphereVolume'],
].map((name) => source(name));

/** More than makes an object valid, where fields exclude each other or need others. */
export function richer(row: Row): JsonObject {
  const pod = {
    containers: [container],
    initContainers: [{ ...container, name: 'first', lifecycle: undefined }],
    automountServiceAccountToken: false,
    tolerations,
    volumes: [
      ...volumes,
      source('projected', { sources: projections }),
      source('ephemeral', { volumeClaimTemplate: { spec: claim } }),
    ],
  };
  if (row.kind === 'PodTemplate') return { template: { metadata: { labels: { app: 'x' } }, spec: pod } };
  if (row.kind === 'Pod') return { spec: pod };
  return others[row.kind] ?? {};
}

const others: Readonly<Record<string, JsonObject>> = {
  Service: { spec: { type: 'LoadBalancer', ports: [{ port: 80 }], sessionAffinity: 'ClientIP' } },
  Role: { rules: [{ apiGroups: ['apps'], resources: ['deployments'], verbs: ['get'] }] },
  ClusterRole: { rules: [{ apiGroups: ['apps'], resources: ['deployments'], verbs: ['get'] }] },
  EndpointSlice: { ports: [{ port: 80 }] },
  Node: { spec: { taints: [{ key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }] } },
  CSINode: { spec: { drivers: [{ name: 'example.com', nodeID: 'x', topologyKeys: ['zone'] }] } },
};

/** What a server says of an object by itself, whatever a client says of it. */
export const systemOwned: Readonly<Record<string, readonly string[]>> = {
  CertificateSigningRequest: ['spec.username', 'spec.uid', 'spec.groups', 'spec.extra'],
  Secret: ['stringData'],
};

/** Fields that are refused under names which the version does not have, so that nobody could tell which they are. */
export const misnamed: Readonly<Record<string, readonly string[]>> = {
  'apis/events.k8s.io/v1': [
    'deprecatedSource',
    'deprecatedFirstTimestamp',
    'deprecatedLastTimestamp',
    'deprecatedCount',
  ],
};

/** Fields of a status that do not stay as they are written: the use of the processor in v1 is a metric in v2, which then has an average value too. */
export const unsettled: Readonly<Record<string, readonly string[]>> = {
  'apis/autoscaling/v1': ['currentCPUUtilizationPercentage'],
};
