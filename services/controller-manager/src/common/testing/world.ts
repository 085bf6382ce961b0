import type { EventType, ObjectReference } from '@kubus/shared/events';
import type { GroupVersionResource, KubeObject } from '@kubus/shared/object';
import type { Controller } from '@kubus/shared/reconcile';
import { ControllerDriver, MemoryCluster } from '@kubus/testkit';
import { createDaemonSetController } from '../../daemonset/index.ts';
import { createDeploymentController } from '../../deployment/index.ts';
import { createGarbageCollector } from '../../garbage-collector/index.ts';
import { createReplicaSetController } from '../../replicaset/index.ts';
import { createStatefulSetController } from '../../statefulset/index.ts';
import type { ControllerContext } from '../context.ts';
import { informerIndexes } from '../indexes.ts';
import { isPodActive, isPodReady } from '../pod-state.ts';
import type { ControllerRevision, Deployment, Pod, ReplicaSet } from '../types.ts';

export const deployments = { group: 'apps', version: 'v1', resource: 'deployments' };
export const replicaSets = { group: 'apps', version: 'v1', resource: 'replicasets' };
export const pods = { group: '', version: 'v1', resource: 'pods' };
export const statefulSets = { group: 'apps', version: 'v1', resource: 'statefulsets' };
export const daemonSets = { group: 'apps', version: 'v1', resource: 'daemonsets' };
export const revisions = { group: 'apps', version: 'v1', resource: 'controllerrevisions' };
export const claims = { group: '', version: 'v1', resource: 'persistentvolumeclaims' };
export const configMaps = { group: '', version: 'v1', resource: 'configmaps' };
export const nodes = { group: '', version: 'v1', resource: 'nodes' };

/** All kinds of the test cluster, as the garbage collector wants them. */
export const collected = [
  { ...deployments, kind: 'Deployment', namespaced: true },
  { ...replicaSets, kind: 'ReplicaSet', namespaced: true },
  { ...pods, kind: 'Pod', namespaced: true },
  { ...configMaps, kind: 'ConfigMap', namespaced: true },
  { ...nodes, kind: 'Node', namespaced: false },
];

/** A finalizer in a pod template: deleted pods stay, terminating, until `World.terminate` lets them go. */
const graceful = 'test/kubelet';

/** A cluster in memory with workload controllers, and hands to play the agents with. */
export class World {
  readonly cluster = new MemoryCluster({ indexes: informerIndexes });
  /** As 'Normal ScalingReplicaSet web: Scaled up ...'. */
  readonly events: string[] = [];
  readonly context: ControllerContext;
  readonly #drivers = new Map<string, ControllerDriver>();

  constructor() {
    const { cluster, events } = this;
    this.context = {
      api: cluster,
      informers: cluster,
      clock: cluster.clock,
      events: () => ({
        event: (object: KubeObject | ObjectReference, type: EventType, reason: string, message: string) => {
          const name = 'metadata' in object ? object.metadata.name : object.name;
          events.push(`${type} ${reason} ${name}: ${message}`);
        },
      }),
    };
  }

  get now(): number {
    return this.cluster.clock.now();
  }

  deployment(name = 'web'): Deployment {
    return must(this.cluster.get<Deployment>(deployments).get('shop', name));
  }

  /** Oldest revision first. */
  replicaSets(): ReplicaSet[] {
    const revision = (rs: ReplicaSet) => Number(rs.metadata.annotations?.['deployment.kubernetes.io/revision'] ?? 0);
    return this.cluster
      .get<ReplicaSet>(replicaSets)
      .list()
      .sort((a, b) => revision(a) - revision(b));
  }

  replicaSet(name: string): ReplicaSet {
    return must(this.cluster.get<ReplicaSet>(replicaSets).get('shop', name));
  }

  /** Lowest number first. */
  revisions(): ControllerRevision[] {
    return this.cluster
      .get<ControllerRevision>(revisions)
      .list()
      .sort((a, b) => a.revision - b.revision);
  }

  pod(name: string): Pod {
    return must(this.cluster.get<Pod>(pods).get('shop', name));
  }

  pods(): Pod[] {
    return this.cluster.get<Pod>(pods).list();
  }

  activePods(): Pod[] {
    return this.pods().filter(isPodActive);
  }

  /** A process with one controller; a second call for the same name is its successor after a crash. */
  start(name: 'deployment' | 'replicaset' | 'statefulset' | 'daemonset' | 'garbage-collector'): ControllerDriver {
    const controller = {
      deployment: () => createDeploymentController(this.context),
      replicaset: () => createReplicaSetController(this.context),
      statefulset: () => createStatefulSetController(this.context, { claims: true }),
      daemonset: () => createDaemonSetController(this.context),
      'garbage-collector': () => createGarbageCollector(this.context, { resources: collected }),
    }[name]();
    return this.run(controller);
  }

  /** A process with a controller that the test has made itself. */
  run(controller: Controller): ControllerDriver {
    const driver = new ControllerDriver(controller, this.cluster);
    this.#drivers.set(controller.name, driver);
    return driver;
  }

  /** Lets all controllers run until none has anything left to do now. */
  async settle(): Promise<void> {
    for (let runs = 1; runs > 0; ) {
      runs = 0;
      for (const driver of this.#drivers.values()) runs += await driver.settle();
    }
  }

  /** Settles, with all pods made running and ready, until nothing changes any more. */
  async converge(): Promise<void> {
    for (let changed = true; changed; ) {
      await this.settle();
      const terminated = this.terminate();
      const started = this.activePods().filter((pod) => !isPodReady(pod) && this.setReady(pod)).length;
      changed = terminated + started > 0;
    }
    await this.settle();
  }

  setReady(pod: Pod, ready = true): boolean {
    const since = this.cluster.clock.timestamp();
    const condition = { type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: since };
    this.put({ ...pod, status: { ...pod.status, phase: 'Running', conditions: [condition] } });
    return true;
  }

  setPhase(pod: Pod, phase: string): void {
    this.put({ ...pod, status: { ...pod.status, phase } });
  }

  put(pod: Pod): void {
    const { resourceVersion: _, ...metadata } = pod.metadata;
    this.cluster.seed(pods, { ...pod, metadata });
  }

  /** Agents have stopped what was being deleted; how many that were. */
  terminate(): number {
    const leaving = this.pods().filter(({ metadata }) => metadata.deletionTimestamp !== undefined);
    for (const { metadata } of leaving) this.cluster.remove(pods, metadata.namespace ?? '', metadata.name);
    return leaving.length;
  }

  /** As a user with kubectl: an object of any kind. */
  async editObject<T extends KubeObject>(resource: GroupVersionResource, name: string, change: (object: T) => void) {
    const next = structuredClone(must(this.cluster.get<T>(resource).get('shop', name)));
    delete next.metadata.resourceVersion;
    change(next);
    await this.cluster.request({ ...resource, verb: 'update', namespace: 'shop', name, body: next });
  }

  /** As a user with kubectl. */
  async edit(change: (deployment: Deployment) => void, name = 'web'): Promise<void> {
    const next = structuredClone(this.deployment(name));
    delete next.metadata.resourceVersion;
    change(next);
    await this.cluster.request({ ...deployments, verb: 'update', namespace: 'shop', name, body: next });
  }
}

function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('it does not exist');
  return value;
}

export function newDeployment(spec: Partial<Deployment['spec']> = {}, image = 'web:1'): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'shop' },
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: 'web' } },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 1 } },
      revisionHistoryLimit: 10,
      progressDeadlineSeconds: 600,
      template: templateOf(image),
      ...spec,
    },
  };
}

export const templateOf = (image: string) => ({
  metadata: { labels: { app: 'web' }, finalizers: [graceful] },
  spec: { containers: [{ name: 'web', image }] },
});

export function newReplicaSet(spec: Partial<ReplicaSet['spec']> = {}): ReplicaSet {
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { replicas: 3, selector: { matchLabels: { app: 'web' } }, template: templateOf('web:1'), ...spec },
  };
}

export function newPod(
  name: string,
  overrides: { metadata?: Partial<Pod['metadata']>; status?: Pod['status']; nodeName?: string } = {},
): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop', uid: `uid-of-${name}`, labels: { app: 'web' }, ...overrides.metadata },
    spec: { containers: [], ...(overrides.nodeName === undefined ? {} : { nodeName: overrides.nodeName }) },
    ...(overrides.status === undefined ? {} : { status: overrides.status }),
  };
}
