import type {
  AutoscalingMetricSpec,
  AutoscalingMetricStatus,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
} from '../../schema/index.ts';

/** Metrics of autoscaling/v2 in the form of v1's annotations and back (pkg/apis/autoscaling/v1 conversion). */

type Plain = Record<string, unknown>;

/** Without fields that have no value. */
function some<T>(fields: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}

export function specToV1(metric: MetricSpec): AutoscalingMetricSpec {
  const { type, object, pods, resource, containerResource, external } = metric;
  return some<AutoscalingMetricSpec>({
    type,
    object:
      object &&
      some<NonNullable<AutoscalingMetricSpec['object']>>({
        target: object.describedObject,
        metricName: object.metric.name,
        targetValue: object.target.value ?? '0',
        selector: object.metric.selector,
        averageValue: object.target.averageValue,
      }),
    pods:
      pods &&
      some<NonNullable<AutoscalingMetricSpec['pods']>>({
        metricName: pods.metric.name,
        targetAverageValue: pods.target.averageValue ?? '0',
        selector: pods.metric.selector,
      }),
    resource: resource && { name: resource.name, ...averages('target', resource.target) },
    containerResource: containerResource && {
      name: containerResource.name,
      ...averages('target', containerResource.target),
      container: containerResource.container,
    },
    external:
      external &&
      some<NonNullable<AutoscalingMetricSpec['external']>>({
        metricName: external.metric.name,
        metricSelector: external.metric.selector,
        targetValue: external.target.value,
        targetAverageValue: external.target.averageValue,
      }),
  });
}

function averages(prefix: 'target' | 'current', value: MetricTarget | MetricValueStatus): Plain {
  return some<Plain>({
    [`${prefix}AverageUtilization`]: value.averageUtilization,
    [`${prefix}AverageValue`]: value.averageValue,
  });
}

export function specFromV1(metric: AutoscalingMetricSpec): MetricSpec {
  const { type, object, pods, resource, containerResource, external } = metric;
  return some<MetricSpec>({
    type,
    object: object && {
      describedObject: object.target,
      metric: some({ name: object.metricName, selector: object.selector }),
      target:
        object.averageValue === undefined
          ? { type: 'Value', value: object.targetValue }
          : { type: 'AverageValue', averageValue: object.averageValue },
    },
    pods: pods && {
      metric: some({ name: pods.metricName, selector: pods.selector }),
      target: { type: 'AverageValue', averageValue: pods.targetAverageValue },
    },
    resource: resource && { name: resource.name, target: resourceTarget(resource) },
    containerResource: containerResource && {
      name: containerResource.name,
      container: containerResource.container,
      target: resourceTarget(containerResource),
    },
    external: external && {
      metric: some({ name: external.metricName, selector: external.metricSelector }),
      target:
        external.targetValue === undefined
          ? some<MetricTarget>({ type: 'AverageValue', averageValue: external.targetAverageValue })
          : { type: 'Value', value: external.targetValue },
    },
  });
}

function resourceTarget(source: {
  targetAverageUtilization?: number;
  targetAverageValue?: MetricTarget['averageValue'];
}): MetricTarget {
  const { targetAverageUtilization: averageUtilization, targetAverageValue: averageValue } = source;
  return averageUtilization === undefined
    ? some<MetricTarget>({ type: 'AverageValue', averageValue })
    : { type: 'Utilization', averageUtilization };
}

export function statusToV1(metric: MetricStatus): AutoscalingMetricStatus {
  const { type, object, pods, resource, containerResource, external } = metric;
  return some<AutoscalingMetricStatus>({
    type,
    object:
      object &&
      some<NonNullable<AutoscalingMetricStatus['object']>>({
        target: object.describedObject,
        metricName: object.metric.name,
        currentValue: object.current.value ?? '0',
        selector: object.metric.selector,
        averageValue: object.current.averageValue,
      }),
    pods:
      pods &&
      some<NonNullable<AutoscalingMetricStatus['pods']>>({
        metricName: pods.metric.name,
        currentAverageValue: pods.current.averageValue ?? '0',
        selector: pods.metric.selector,
      }),
    resource: resource && {
      name: resource.name,
      currentAverageValue: '0',
      ...averages('current', resource.current),
    },
    containerResource: containerResource && {
      name: containerResource.name,
      currentAverageValue: '0',
      ...averages('current', containerResource.current),
      container: containerResource.container,
    },
    external:
      external &&
      some<NonNullable<AutoscalingMetricStatus['external']>>({
        metricName: external.metric.name,
        metricSelector: external.metric.selector,
        currentValue: external.current.value ?? '0',
        currentAverageValue: external.current.averageValue,
      }),
  });
}

export function statusFromV1(metric: AutoscalingMetricStatus): MetricStatus {
  const { type, object, pods, resource, containerResource, external } = metric;
  return some<MetricStatus>({
    type,
    object: object && {
      describedObject: object.target,
      metric: some({ name: object.metricName, selector: object.selector }),
      current: some<MetricValueStatus>({ value: object.currentValue, averageValue: object.averageValue }),
    },
    pods: pods && {
      metric: some({ name: pods.metricName, selector: pods.selector }),
      current: { averageValue: pods.currentAverageValue },
    },
    resource: resource && { name: resource.name, current: resourceCurrent(resource) },
    containerResource: containerResource && {
      name: containerResource.name,
      container: containerResource.container,
      current: resourceCurrent(containerResource),
    },
    external: external && {
      metric: some({ name: external.metricName, selector: external.metricSelector }),
      current: some<MetricValueStatus>({ value: external.currentValue, averageValue: external.currentAverageValue }),
    },
  });
}

function resourceCurrent(source: {
  currentAverageUtilization?: number;
  currentAverageValue: MetricTarget['averageValue'];
}): MetricValueStatus {
  const { currentAverageUtilization: averageUtilization, currentAverageValue: averageValue } = source;
  return some<MetricValueStatus>({ averageUtilization, averageValue });
}
