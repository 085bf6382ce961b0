import { beforeEach, describe, expect, it } from 'vitest';
import { Scaling } from './testing/scaling.ts';
import { autoscalers } from './types.ts';

const start = Date.UTC(2026, 0, 1);

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

  it('is off while the target has no replicas, and shows no metrics of before', async () => {
    scaling.scaleTo(2);
    scaling.cpu(100);
    scaling.create();
    await scaling.driver.settle();
    expect(scaling.status()?.currentMetrics).toHaveLength(1);
    scaling.scaleTo(0);
    await scaling.look();
    expect(scaling.replicas).toBe(0);
    expect(scaling.status()?.currentMetrics ?? []).toEqual([]);
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
