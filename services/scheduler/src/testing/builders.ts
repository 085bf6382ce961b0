import type { Node, Pod, PodSpec, Taint } from '@kubus/shared/schema';

export interface NodeOptions {
  labels?: Record<string, string>;
  taints?: Taint[];
  unschedulable?: boolean;
  allocatable?: Record<string, string>;
}

export function node(name: string, options: NodeOptions = {}): Node {
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, uid: `node-${name}`, labels: { 'kubernetes.io/hostname': name, ...options.labels } },
    spec: {
      ...(options.taints === undefined ? {} : { taints: options.taints }),
      ...(options.unschedulable === undefined ? {} : { unschedulable: options.unschedulable }),
    },
    status: {
      allocatable: { cpu: '4', memory: '8Gi', 'ephemeral-storage': '100Gi', pods: '110', ...options.allocatable },
    },
  };
}

export interface PodOptions {
  uid?: string;
  requests?: Record<string, string>;
  ports?: { containerPort: number; hostPort?: number; protocol?: string; hostIP?: string }[];
  /** uid of its controller. */
  owner?: string;
  spec?: Partial<PodSpec>;
  phase?: string;
}

export function pod(name: string, options: PodOptions = {}): Pod {
  const { requests, ports, owner, spec, phase = 'Pending' } = options;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace: 'default',
      uid: options.uid ?? `pod-${name}`,
      ...(owner === undefined
        ? {}
        : {
            ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name: owner, uid: owner, controller: true }],
          }),
    },
    spec: {
      schedulerName: 'default-scheduler',
      containers: [
        {
          name: 'main',
          image: 'busybox',
          ...(requests === undefined ? {} : { resources: { requests } }),
          ...(ports === undefined ? {} : { ports }),
        },
      ],
      ...spec,
    },
    status: { phase },
  };
}
