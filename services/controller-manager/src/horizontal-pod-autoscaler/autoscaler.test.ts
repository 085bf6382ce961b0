import type { ApiRequest } from '@kubus/shared/bus';
import { StatusError } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import { builtinKinds, Registry } from '@kubus/shared/registry';
import { ControllerDriver } from '@kubus/testkit';
import { beforeEach, describe, expect, it } from 'vitest';
import { RegistryKinds } from '../common/served-kinds.ts';
import { newDeployment, newPod, pods as podResource, World } from '../common/testing/world.ts';
import type { Pod } from '../common/types.ts';
import { createHorizontalPodAutoscalerController } from './index.ts';
import { type Autoscaler, autoscalers } from './types.ts';

const deployments = { group: 'apps', version: 'v1', resource: 'deployments' };
const start = Date.UTC(2026, 0, 1);

/** A cluster with one Deployment whose pods come and go at once, and with metrics as a test sets them. */
class Scaling {
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

let scaling: Scaling;
beforeEach(() => {
  scaling = new Scaling();
  expect(scaling.world.now).toBe(start);
});

describe('an autoscaler', () => {
  it('adds replicas when the pods use more than they should of what they ask for', async () => {
    scaling.scaleTo(2);
    scaling.cpu(200);
    scaling.create();
    await scaling.driver.settle();
    expect(scaling.replicas).toBe(4);
    expect(scaling.status()).toMatchObject({
      currentReplicas: 2,
      desiredReplicas: 4,
      lastScaleTime: '2026-01-01T00:00:00Z',
      currentMetrics: [
        { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 100, averageValue: '200m' } } },
      ],
    });
    expect(scaling.condition('AbleToScale')).toMatchObject({
      status: 'True',
      reason: 'SucceededRescale',
      message: 'the HPA controller was able to update the target scale to 4',
    });
    expect(scaling.condition('ScalingActive')).toMatchObject({
      status: 'True',
      reason: 'ValidMetricFound',
      message:
        'the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)',
    });
    expect(scaling.condition('ScalingLimited')).toMatchObject({ status: 'False', reason: 'DesiredWithinRange' });
    expect(scaling.world.events).toEqual([
      'Normal SuccessfulRescale web: New size: 4; reason: cpu resource utilization (percentage of request) above target',
    ]);
    expect(scaling.driver.nextIn).toBe(15_000);
  });

  it('leaves things alone within the tolerance, and writes nothing then', async () => {
    scaling.scaleTo(4);
    scaling.cpu(109);
    scaling.create();
    await scaling.driver.settle();
    expect(scaling.replicas).toBe(4);
    expect(scaling.condition('AbleToScale')?.reason).toBe('ReadyForNewScale');
    const before = scaling.world.cluster.writes().length;
    await scaling.look();
    expect(scaling.world.cluster.writes()).toHaveLength(before);
  });

  it('takes replicas away only when less was recommended for five minutes, by any replica of the controller', async () => {
    scaling.scaleTo(4);
    scaling.cpu(200);
    scaling.create({ maxReplicas: 8 });
    await scaling.driver.settle();
    expect(scaling.replicas).toBe(8);
    scaling.cpu(20);
    await scaling.look();
    expect(scaling.replicas).toBe(8);
    expect(scaling.condition('AbleToScale')).toMatchObject({
      reason: 'ScaleDownStabilized',
      message: 'recent recommendations were higher than current one, applying the highest recent recommendation',
    });
    await scaling.driver.advance(290_000);
    expect(scaling.replicas).toBe(8);
    await scaling.look();
    expect(scaling.replicas).toBe(2);
    expect(scaling.world.events.at(-1)).toBe(
      'Normal SuccessfulRescale web: New size: 2; reason: All metrics below target',
    );
  });

  it('keeps to its bounds, and says so', async () => {
    scaling.scaleTo(2);
    scaling.cpu(400);
    scaling.create({ maxReplicas: 3 });
    await scaling.driver.settle();
    expect(scaling.replicas).toBe(3);
    expect(scaling.condition('ScalingLimited')).toMatchObject({
      status: 'True',
      reason: 'TooManyReplicas',
      message: 'the desired replica count is more than the maximum replica count',
    });
    scaling.scaleTo(5);
    await scaling.look();
    expect(scaling.replicas).toBe(3);
    expect(scaling.world.events.at(-1)).toContain('reason: Current number of replicas above Spec.MaxReplicas');
  });

  it('is off while the target has no replicas', async () => {
    scaling.scaleTo(0);
    scaling.create();
    await scaling.driver.settle();
    expect(scaling.replicas).toBe(0);
    expect(scaling.condition('ScalingActive')).toMatchObject({
      status: 'False',
      reason: 'ScalingDisabled',
      message: 'scaling is disabled since the replica count of the target is zero',
    });
  });

  it('counts no pods that are starting, and takes silent ones for idle before it adds more', async () => {
    scaling.scaleTo(2);
    scaling.pod('starting', (pod) => {
      const since = scaling.world.cluster.clock.timestamp();
      pod.status = {
        phase: 'Running',
        startTime: since,
        conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: since }],
      };
    });
    scaling.pod('silent');
    scaling.cpu(150, ['web-0', 'web-1', 'starting']);
    scaling.create();
    await scaling.driver.settle();
    // 300m of 800m asked for: under the target with those two idle, over it without them. Nothing happens.
    expect(scaling.replicas).toBe(2);
    expect(scaling.status()?.currentMetrics).toMatchObject([{ resource: { current: { averageUtilization: 75 } } }]);
  });

  it('follows the busiest of several metrics, container by container too', async () => {
    scaling.scaleTo(2);
    scaling.cpu(100);
    const target = { type: 'Utilization', averageUtilization: 25 };
    const value = { type: 'AverageValue', averageValue: '100m' };
    scaling.create({
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: value } },
        { type: 'ContainerResource', containerResource: { name: 'cpu', container: 'side', target } },
      ],
    });
    await scaling.driver.settle();
    expect(scaling.replicas).toBe(4);
    expect(scaling.world.events[0]).toContain(
      'reason: cpu container resource utilization (percentage of request) above target',
    );
  });

  it('goes by metrics of pods, objects and the world outside', async () => {
    scaling.scaleTo(2);
    const metric = (name: string) => ({ name, selector: { matchLabels: { queue: 'a' } } });
    const byPod = ['web-0', 'web-1'].map((name) => ({
      describedObject: { name },
      value: '15',
      timestamp: '2026-01-01T00:00:00Z',
    }));
    scaling.metrics.set('custom.metrics.k8s.io/pods/requests', { items: byPod });
    scaling.metrics.set('custom.metrics.k8s.io/services/hits', { items: [{ value: '3k' }] });
    scaling.metrics.set('external.metrics.k8s.io/depth', { items: [{ value: '70' }, { value: '500m' }] });
    const describedObject = { apiVersion: 'v1', kind: 'Service', name: 'web' };
    scaling.create({
      maxReplicas: 20,
      behavior: {},
      metrics: [
        { type: 'Pods', pods: { metric: metric('requests'), target: { type: 'AverageValue', averageValue: '10' } } },
        { type: 'Object', object: { describedObject, metric: metric('hits'), target: { type: 'Value', value: '1k' } } },
        {
          type: 'External',
          external: { metric: metric('depth'), target: { type: 'AverageValue', averageValue: '10' } },
        },
      ],
    });
    await scaling.driver.settle();
    expect(scaling.status()?.currentMetrics).toEqual([
      { type: 'Pods', pods: { metric: metric('requests'), current: { averageValue: '15' } } },
      { type: 'Object', object: { describedObject, metric: metric('hits'), current: { value: '3000' } } },
      { type: 'External', external: { metric: metric('depth'), current: { averageValue: '35250m' } } },
    ]);
    expect(scaling.replicas).toBe(8);
  });

  it('can come back from zero by a metric of the world outside, where zero is allowed', async () => {
    scaling.scaleTo(0);
    scaling.metrics.set('external.metrics.k8s.io/depth', { items: [{ value: '25' }] });
    const external = { metric: { name: 'depth' }, target: { type: 'Value', value: '10' } };
    scaling.create({ minReplicas: 0, metrics: [{ type: 'External', external }] });
    await scaling.driver.settle();
    expect(scaling.replicas).toBe(3);
  });

  it('says which metrics it cannot have, and takes nothing away without them', async () => {
    scaling.scaleTo(2);
    scaling.cpu(40);
    const pods = { metric: { name: 'requests' }, target: { type: 'AverageValue', averageValue: '10' } };
    const cpu = { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } };
    scaling.create({
      metrics: [
        { type: 'Resource', resource: cpu },
        { type: 'Pods', pods },
      ],
    });
    await scaling.driver.settle();
    expect(scaling.replicas).toBe(2);
    const problem =
      'unable to get metric requests: unable to fetch metrics from custom metrics API: custom.metrics.k8s.io/pods/requests not found';
    expect(scaling.condition('ScalingActive')).toMatchObject({
      status: 'False',
      reason: 'FailedGetPodsMetric',
      message: `the HPA was unable to compute the replica count: ${problem}`,
    });
    expect(scaling.world.events).toEqual([
      `Warning FailedGetPodsMetric web: ${problem}`,
      `Warning FailedComputeMetricsReplicas web: invalid metrics (1 invalid out of 2), first error is: ${problem}`,
    ]);
    // More load that it does see is another matter.
    scaling.cpu(200);
    await scaling.look();
    expect(scaling.replicas).toBe(4);
  });

  it('says when an object has no value of its metric', async () => {
    scaling.scaleTo(2);
    scaling.metrics.set('custom.metrics.k8s.io/services/hits', { items: [] });
    const describedObject = { apiVersion: 'v1', kind: 'Service', name: 'web' };
    const object = { describedObject, metric: { name: 'hits' }, target: { type: 'Value', value: '1k' } };
    scaling.create({ metrics: [{ type: 'Object', object }] });
    await scaling.driver.settle();
    expect(scaling.condition('ScalingActive')).toMatchObject({
      reason: 'FailedGetObjectMetric',
      message: expect.stringContaining('unable to get metric hits: no metrics returned on Service shop/web'),
    });
  });

  it('says when pods do not tell what they ask for', async () => {
    scaling.scaleTo(1);
    scaling.pod('web-0', (pod) => delete pod.spec.containers[1]?.resources);
    scaling.cpu(100);
    scaling.create();
    await scaling.driver.settle();
    expect(scaling.condition('ScalingActive')?.message).toBe(
      'the HPA was unable to compute the replica count: failed to get cpu utilization: missing request for cpu in container side of Pod web-0',
    );
  });

  it('does nothing where another one selects the same pods, and says so, until that one is gone', async () => {
    scaling.scaleTo(2);
    scaling.cpu(200);
    scaling.create();
    scaling.create({}, 'other');
    await scaling.driver.settle();
    expect(scaling.replicas).toBe(2);
    expect(scaling.condition('ScalingActive')).toMatchObject({
      status: 'False',
      reason: 'AmbiguousSelector',
      message: 'pods by selector app=web are controlled by multiple HPAs: [shop/other shop/web]',
    });
    expect(scaling.condition('AbleToScale')).toMatchObject({ status: 'True', reason: 'SucceededGetScale' });
    scaling.world.cluster.remove(autoscalers, 'shop', 'other');
    await scaling.look();
    expect(scaling.replicas).toBe(4);
    expect(scaling.condition('ScalingActive')).toMatchObject({ status: 'True', reason: 'ValidMetricFound' });
  });

  it('does not mind another one whose target is not there', async () => {
    scaling.scaleTo(2);
    scaling.cpu(200);
    scaling.create();
    scaling.create({ scaleTargetRef: { apiVersion: 'x/v1', kind: 'Nothing', name: 'web' } }, 'other');
    await scaling.driver.settle();
    expect(scaling.replicas).toBe(4);
  });

  it('says when there is nothing to scale', async () => {
    scaling.create({ scaleTargetRef: { apiVersion: 'example.com/v1', kind: 'Rocket', name: 'web' } });
    await scaling.driver.settle();
    expect(scaling.condition('AbleToScale')).toMatchObject({
      status: 'False',
      reason: 'FailedGetScale',
      message:
        'the HPA controller was unable to get the target\'s current scale: no matches for kind "Rocket" in version "example.com/v1"',
    });
  });
});

describe('behaviour', () => {
  const policies = (type: string, value: number, periodSeconds = 60) => [{ type, value, periodSeconds }];

  it('lets no more replicas come in a period than its policies allow', async () => {
    scaling.scaleTo(1);
    scaling.create({ behavior: { scaleUp: { selectPolicy: 'Max', policies: policies('Pods', 2) } } });
    scaling.cpu(2000);
    await scaling.driver.settle();
    expect(scaling.replicas).toBe(3);
    expect(scaling.condition('ScalingLimited')).toMatchObject({
      status: 'True',
      reason: 'ScaleUpLimit',
      message: 'the desired replica count is increasing faster than the maximum scale rate',
    });
    scaling.cpu(2000);
    await scaling.look();
    expect(scaling.replicas).toBe(3);
    await scaling.driver.advance(45_000);
    expect(scaling.replicas).toBe(5);
  });

  it('lets no more replicas go in a period than its policies allow, or none at all', async () => {
    scaling.scaleTo(10);
    const scaleDown = { stabilizationWindowSeconds: 0, selectPolicy: 'Max', policies: policies('Percent', 30) };
    scaling.create({ behavior: { scaleDown } });
    scaling.cpu(10);
    await scaling.driver.settle();
    expect(scaling.replicas).toBe(7);
    expect(scaling.condition('ScalingLimited')?.reason).toBe('ScaleDownLimit');

    scaling = new Scaling();
    scaling.scaleTo(10);
    scaling.create({ behavior: { scaleDown: { ...scaleDown, selectPolicy: 'Disabled' } } });
    scaling.cpu(10);
    await scaling.driver.settle();
    expect(scaling.replicas).toBe(10);
  });

  it('waits before it adds, when it is told to', async () => {
    scaling.scaleTo(1);
    scaling.create({
      behavior: { scaleUp: { stabilizationWindowSeconds: 60, policies: policies('Percent', 900, 15) } },
    });
    scaling.cpu(100);
    await scaling.driver.settle();
    scaling.cpu(400);
    await scaling.look();
    expect(scaling.replicas).toBe(1);
    expect(scaling.condition('AbleToScale')?.reason).toBe('ScaleUpStabilized');
    await scaling.driver.advance(60_000);
    expect(scaling.replicas).toBe(4);
  });

  it('has tolerances of its own', async () => {
    scaling.scaleTo(4);
    scaling.cpu(109);
    scaling.create({ behavior: { scaleUp: { tolerance: '50m', policies: policies('Pods', 4, 15) } } });
    await scaling.driver.settle();
    expect(scaling.replicas).toBe(5);
  });
});
