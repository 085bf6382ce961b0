import type { KubeObject } from '../../object/index.ts';
import type {
  AutoscalingHorizontalPodAutoscaler,
  AutoscalingMetricSpec,
  AutoscalingMetricStatus,
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerStatus,
  MetricSpec,
} from '../../schema/index.ts';
import { specFromV1, specToV1, statusFromV1, statusToV1 } from './v1-metrics.ts';

/**
 * autoscaling/v1 knows one metric, the processor's use. What else an autoscaler says travels in annotations, so that who reads and writes v1 loses
 * nothing (pkg/apis/autoscaling/v1 conversion).
 */
const metricsAnnotation = 'autoscaling.alpha.kubernetes.io/metrics';
const currentAnnotation = 'autoscaling.alpha.kubernetes.io/current-metrics';
const conditionsAnnotation = 'autoscaling.alpha.kubernetes.io/conditions';
const behaviorAnnotation = 'autoscaling.alpha.kubernetes.io/behavior';
const carried = [metricsAnnotation, currentAnnotation, conditionsAnnotation, behaviorAnnotation];

export function autoscalerToV1(object: HorizontalPodAutoscaler): KubeObject {
  const { spec, status } = object;
  const cpu = spec?.metrics?.find(isCpuUse);
  const others = (spec?.metrics ?? []).filter((metric) => metric !== cpu && !isCpuUse(metric));
  const texts = new Map<string, unknown>();
  if (others.length > 0) texts.set(metricsAnnotation, others.map(specToV1));
  if (status?.currentMetrics?.length) texts.set(currentAnnotation, status.currentMetrics.map(statusToV1));
  if (status?.conditions?.length) texts.set(conditionsAnnotation, status.conditions);
  if (spec?.behavior !== undefined) texts.set(behaviorAnnotation, renamed(spec.behavior, upper));
  const converted: AutoscalingHorizontalPodAutoscaler = {
    apiVersion: 'autoscaling/v1',
    kind: object.kind,
    metadata: texts.size === 0 ? object.metadata : withAnnotations(object, texts),
    spec: { scaleTargetRef: spec?.scaleTargetRef, maxReplicas: spec?.maxReplicas } as never,
  };
  if (spec?.minReplicas !== undefined) converted.spec.minReplicas = spec.minReplicas;
  const use = cpu?.resource?.target.averageUtilization;
  if (use !== undefined) converted.spec.targetCPUUtilizationPercentage = use;
  if (status !== undefined) converted.status = statusOf(status);
  return converted;
}

function isCpuUse({ type, resource }: MetricSpec): boolean {
  return type === 'Resource' && resource?.name === 'cpu' && resource.target.averageUtilization !== undefined;
}

function withAnnotations({ metadata }: KubeObject, texts: ReadonlyMap<string, unknown>): KubeObject['metadata'] {
  const added = Object.fromEntries([...texts].map(([name, value]) => [name, JSON.stringify(value)]));
  return { ...metadata, annotations: { ...metadata.annotations, ...added } };
}

function statusOf(status: HorizontalPodAutoscalerStatus): NonNullable<AutoscalingHorizontalPodAutoscaler['status']> {
  const { observedGeneration, lastScaleTime, currentReplicas = 0, desiredReplicas = 0, currentMetrics = [] } = status;
  const cpu = currentMetrics.find(
    ({ resource }) => resource?.name === 'cpu' && resource.current.averageUtilization !== undefined,
  );
  const use = cpu?.resource?.current.averageUtilization;
  return {
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
    ...(lastScaleTime === undefined ? {} : { lastScaleTime }),
    currentReplicas,
    desiredReplicas,
    ...(use === undefined ? {} : { currentCPUUtilizationPercentage: use }),
  };
}

/** Annotations that cannot be read count as absent; they are dropped all the same. */
export function autoscalerFromV1(object: KubeObject): HorizontalPodAutoscaler {
  const { metadata, spec, status } = object as AutoscalingHorizontalPodAutoscaler;
  const annotations = new Map(Object.entries(metadata.annotations ?? {}));
  const metrics = cpuMetric(spec?.targetCPUUtilizationPercentage);
  for (const metric of list<AutoscalingMetricSpec>(annotations.get(metricsAnnotation)))
    metrics.push(specFromV1(metric));
  const behavior = read(annotations.get(behaviorAnnotation));
  const converted: HorizontalPodAutoscaler = {
    apiVersion: 'autoscaling/v2',
    kind: object.kind,
    metadata: withoutCarried(metadata),
    spec: { scaleTargetRef: spec?.scaleTargetRef, maxReplicas: spec?.maxReplicas } as never,
  };
  if (spec?.minReplicas !== undefined) converted.spec.minReplicas = spec.minReplicas;
  if (metrics.length > 0) converted.spec.metrics = metrics;
  if (isObject(behavior)) converted.spec.behavior = renamed(behavior, lower) as typeof converted.spec.behavior & object;
  if (status !== undefined) converted.status = statusFrom(status, annotations);
  return converted;
}

function cpuMetric(use: number | undefined): MetricSpec[] {
  if (use === undefined) return [];
  const target = { type: 'Utilization', averageUtilization: use };
  return [{ type: 'Resource', resource: { name: 'cpu', target } }];
}

type V1Status = NonNullable<AutoscalingHorizontalPodAutoscaler['status']>;

function statusFrom(status: V1Status, annotations: ReadonlyMap<string, string>): HorizontalPodAutoscalerStatus {
  const { currentCPUUtilizationPercentage: use, ...rest } = status;
  const conditions = list<NonNullable<HorizontalPodAutoscalerStatus['conditions']>[number]>(
    annotations.get(conditionsAnnotation),
  );
  let current = list<AutoscalingMetricStatus>(annotations.get(currentAnnotation)).map(statusFromV1);
  if (current.length === 0 && use !== undefined) {
    current = [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: use } } }];
  }
  return {
    ...rest,
    ...(current.length === 0 ? {} : { currentMetrics: current }),
    ...(conditions.length === 0 ? {} : { conditions }),
  };
}

function withoutCarried(metadata: KubeObject['metadata']): KubeObject['metadata'] {
  const { annotations, ...rest } = metadata;
  const kept = Object.entries(annotations ?? {}).filter(([name]) => !carried.includes(name));
  if (annotations === undefined || kept.length === Object.keys(annotations).length) return metadata;
  return kept.length === 0 ? rest : { ...rest, annotations: Object.fromEntries(kept) };
}

function read(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function list<T>(text: string | undefined): T[] {
  const value = read(text);
  return Array.isArray(value) ? value.filter(isObject).map((item) => item as T) : [];
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The behaviour's annotation has the names of Go's fields: with a capital. */
function renamed(value: unknown, rename: (name: string) => string): unknown {
  if (Array.isArray(value)) return value.map((item) => renamed(item, rename));
  if (!isObject(value)) return value;
  const entries = Object.entries(value).filter(([, item]) => item !== null);
  return Object.fromEntries(entries.map(([name, item]) => [rename(name), renamed(item, rename)]));
}

const upper = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);
const lower = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);
