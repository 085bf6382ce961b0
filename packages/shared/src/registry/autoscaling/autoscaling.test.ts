import { describe, expect, it } from 'vitest';
import type { AutoscalingHorizontalPodAutoscaler, HorizontalPodAutoscaler } from '../../schema/index.ts';
import { horizontalPodAutoscaler } from '../kinds/horizontal-pod-autoscaler.ts';
import { targetsCell } from './targets.ts';
import { autoscalerFromV1, autoscalerToV1 } from './v1.ts';

function autoscaler(spec: object = {}): HorizontalPodAutoscaler {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'h', annotations: { mine: 'kept' } },
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' }, maxReplicas: 3, ...spec },
  } as HorizontalPodAutoscaler;
}

const cpu = (averageUtilization: number) => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
});
const pods = {
  type: 'Pods',
  pods: { metric: { name: 'queue' }, target: { type: 'AverageValue', averageValue: '10' } },
};

const errors = (spec: object) =>
  (horizontalPodAutoscaler.strategy?.validate?.(autoscaler(spec)) ?? []).map((e) => `${e.field}: ${e.detail}`);

describe('an autoscaler in autoscaling/v1', () => {
  it('has the processor’s use in a field and everything else in annotations', () => {
    const full = autoscaler({
      minReplicas: 1,
      metrics: [cpu(50), pods],
      behavior: { scaleDown: { selectPolicy: 'Max', policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }] } },
    });
    full.status = {
      desiredReplicas: 2,
      currentReplicas: 1,
      currentMetrics: [
        { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 40, averageValue: '4m' } } },
      ],
      conditions: [{ type: 'AbleToScale', status: 'True' }],
    };
    const v1 = autoscalerToV1(full) as AutoscalingHorizontalPodAutoscaler;
    expect(v1.spec.targetCPUUtilizationPercentage).toBe(50);
    expect(v1.status).toEqual({ desiredReplicas: 2, currentReplicas: 1, currentCPUUtilizationPercentage: 40 });
    expect(v1.metadata.annotations).toEqual({
      mine: 'kept',
      'autoscaling.alpha.kubernetes.io/metrics':
        '[{"type":"Pods","pods":{"metricName":"queue","targetAverageValue":"10"}}]',
      'autoscaling.alpha.kubernetes.io/current-metrics':
        '[{"type":"Resource","resource":{"name":"cpu","currentAverageValue":"4m","currentAverageUtilization":40}}]',
      'autoscaling.alpha.kubernetes.io/conditions': '[{"type":"AbleToScale","status":"True"}]',
      'autoscaling.alpha.kubernetes.io/behavior':
        '{"ScaleDown":{"SelectPolicy":"Max","Policies":[{"Type":"Pods","Value":1,"PeriodSeconds":60}]}}',
    });
    expect(autoscalerFromV1(v1)).toEqual(full);
  });

  it('reads what is no JSON as nothing', () => {
    const v1 = autoscalerToV1(autoscaler({ metrics: [cpu(50)] }));
    v1.metadata.annotations = { 'autoscaling.alpha.kubernetes.io/metrics': '{' };
    expect(autoscalerFromV1(v1)).toMatchObject({ metadata: { name: 'h' }, spec: { metrics: [cpu(50)] } });
    expect(autoscalerFromV1(v1).metadata.annotations).toBeUndefined();
  });
});

describe('an autoscaler', () => {
  it('goes by the processor’s use unless it says otherwise, and completes its behaviour', () => {
    const made = autoscaler({ behavior: { scaleUp: { policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }] } } });
    horizontalPodAutoscaler.strategy?.setDefaults?.(made);
    expect(made.spec).toMatchObject({
      minReplicas: 1,
      metrics: [cpu(80)],
      behavior: {
        scaleUp: {
          stabilizationWindowSeconds: 0,
          selectPolicy: 'Max',
          policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }],
        },
        scaleDown: { selectPolicy: 'Max', policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }] },
      },
    });
  });

  const table: [string, object, string[]][] = [
    ['nothing', {}, []],
    [
      'bounds that cross',
      { minReplicas: 5 },
      ['spec.maxReplicas: Invalid value: 3: must be greater than or equal to `minReplicas`'],
    ],
    ['no target', { scaleTargetRef: { kind: 'Deployment' } }, ['spec.scaleTargetRef.name: Required value']],
    [
      'a metric without a source',
      { metrics: [{ type: 'Resource' }] },
      ['spec.metrics[0].resource: Required value: must populate information for the given metric source'],
    ],
    [
      'a metric of two sources',
      { metrics: [{ ...cpu(50), ...pods, type: 'Resource' }] },
      ['spec.metrics[0].pods: Forbidden: must populate the given metric source only'],
    ],
    [
      'a use of nothing',
      { metrics: [cpu(0)] },
      ['spec.metrics[0].resource.target.averageUtilization: Invalid value: 0: must be greater than 0'],
    ],
    [
      'a policy of nothing',
      { behavior: { scaleUp: { policies: [{ type: 'Pods', value: 0, periodSeconds: 1801 }] } } },
      [
        'spec.behavior.scaleUp.policies[0].value: Invalid value: 0: must be greater than zero',
        'spec.behavior.scaleUp.policies[0].periodSeconds: Invalid value: 1801: must be less than or equal to 1800',
      ],
    ],
  ];
  it.each(table)('says of %s what it should', (_, spec, expected) => {
    expect(errors(spec)).toEqual(expected);
  });

  it('prints two of its metrics and counts the others', () => {
    const made = autoscaler({ metrics: [cpu(50), pods, pods] });
    made.status = {
      desiredReplicas: 1,
      currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 7 } } }],
    };
    expect(targetsCell(made)).toBe('cpu: 7%/50%, <unknown>/10 + 1 more...');
  });
});
