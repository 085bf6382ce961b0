import type { ApiRequest } from '@kubus/shared/bus';
import { StatusError } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import { builtinKinds, Registry } from '@kubus/shared/registry';
import { ControllerDriver } from '@kubus/testkit';
import { RegistryKinds } from '../../common/served-kinds.ts';
import { newDeployment, newPod, pods as podResource, World } from '../../common/testing/world.ts';
import type { Pod } from '../../common/types.ts';
import { createHorizontalPodAutoscalerController } from '../index.ts';
import { type Autoscaler, autoscalers } from '../types.ts';

const deployments = { group: 'apps', version: 'v1', resource: 'deployments' };

/** A cluster with one Deployment whose pods come and go at once, and with metrics as a test sets them. */
export class Scaling {
  readonly world = new World();
  /** Answers of metrics APIs, by 'group/resource/subresource'. */
  readonly metrics = new Map<string, unknown>();
  readonly driver: ControllerDriver;

  constructor() {
    const { cluster } = this.world;
    const api = Object.assign(Object.create(cluster) as typeof cluster, {
      request: (request: ApiRequest) => this.#request(request),
      batch: cluster.batch.bind(cluster),
    });
    const kinds = new RegistryKinds(new Registry(builtinKinds));
    const context = { ...this.world.context, api };
    const controller = createHorizontalPodAutoscalerController(context, { kinds, syncPeriodMs: 15_000 });
    this.driver = new ControllerDriver(controller, cluster);
  }

  #request(request: ApiRequest): Promise<unknown> {
    const { cluster } = this.world;
    if (request.group.endsWith('metrics.k8s.io')) {
      const name = [request.group, request.resource, request.subresource].filter(Boolean).join('/');
      const answer = this.metrics.get(name);
      return answer === undefined
        ? Promise.reject(new StatusError('NotFound', `${name} not found`))
        : Promise.resolve(answer);
    }
    if (request.subresource !== 'scale') return cluster.request(request);
    if (request.verb === 'update') this.scaleTo((request.body as { spec: { replicas: number } }).spec.replicas);
    return Promise.resolve({
      apiVersion: 'autoscaling/v1',
      kind: 'Scale',
      metadata: { name: 'web', namespace: 'shop' },
      spec: { replicas: this.replicas },
      status: { replicas: this.replicas, selector: 'app=web' },
    });
  }

  get replicas(): number {
    return this.world.deployment().spec.replicas ?? 1;
  }

  /** As somebody with kubectl, too: the pods are there at once. */
  scaleTo(replicas: number): void {
    const { cluster } = this.world;
    for (const { metadata } of this.world.pods()) cluster.remove(podResource, 'shop', metadata.name);
    for (let i = 0; i < replicas; i++) this.pod(`web-${i}`);
    cluster.seed(deployments, newDeployment({ replicas }) as KubeObject);
  }

  pod(name: string, change: (pod: Pod) => void = () => undefined): void {
    const pod = newPod(name, { status: { phase: 'Running', startTime: '2025-12-01T00:00:00Z' } });
    pod.spec.containers = [
      { name: 'main', resources: { requests: { cpu: '100m' } } },
      { name: 'side', resources: { requests: { cpu: '100m' } } },
    ];
    pod.status = {
      ...pod.status,
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2025-12-01T00:01:00Z' }],
    };
    change(pod);
    this.world.cluster.seed(podResource, pod);
  }

  /** Every pod uses this much of the processor, half of it in each container. */
  cpu(milli: number, names = this.world.pods().map(({ metadata }) => metadata.name)): void {
    const items = names.map((name) => ({
      metadata: { name, namespace: 'shop' },
      timestamp: this.world.cluster.clock.timestamp(),
      window: '15s',
      containers: ['main', 'side'].map((container) => ({ name: container, usage: { cpu: `${milli / 2}m` } })),
    }));
    this.metrics.set('metrics.k8s.io/pods', { items });
  }

  create(spec: Partial<Autoscaler['spec']> = {}, name = 'web'): void {
    this.world.cluster.seed(autoscalers, {
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name, namespace: 'shop' },
      spec: {
        scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
        minReplicas: 1,
        maxReplicas: 10,
        metrics: [
          { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
        ],
        ...spec,
      },
    } as Autoscaler);
  }

  status() {
    return this.world.cluster.get<Autoscaler>(autoscalers).get('shop', 'web')?.status;
  }

  condition(type: string) {
    return this.status()?.conditions?.find((condition) => condition.type === type);
  }

  /** The next look. */
  async look(): Promise<void> {
    await this.driver.advance(15_000);
  }
}
