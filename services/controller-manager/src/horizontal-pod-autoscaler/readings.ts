import type { ApiClient } from '@kubus/shared/bus';
import { type LabelSelectorSpec, milliValue } from '@kubus/shared/object';
import type { PodMetrics } from '@kubus/shared/schema';
import type { ServedKinds } from '../common/served-kinds.ts';
import { parseTime } from '../common/time.ts';
import { referencedKind } from './target.ts';
import type { CrossVersionObjectReference, MetricSpec, PodValue, Reading } from './types.ts';

/** custom.metrics.k8s.io MetricValueList and external.metrics.k8s.io ExternalMetricValueList, as far as they are looked at. */
interface MetricValues {
  items?: { value: string; describedObject?: { name: string }; timestamp?: string; windowSeconds?: number }[];
}

export interface Question {
  api: Pick<ApiClient, 'request'>;
  kinds: ServedKinds;
  namespace: string;
  /** Of the pods, as text. */
  selector: string;
}

/** Asks for a metric; what goes wrong is the answer. */
export async function read(spec: MetricSpec, question: Question): Promise<Reading> {
  const ask = askers.get(spec.type);
  if (ask === undefined) return { problem: `unknown metric source type "${spec.type}"` };
  try {
    return await ask(spec, question);
  } catch (error) {
    return { problem: (error as Error).message };
  }
}

const askers: ReadonlyMap<string, (spec: MetricSpec, question: Question) => Promise<Reading>> = new Map([
  ['Resource', ({ resource }, question) => resourceMetric(question, resource?.name ?? '')],
  [
    'ContainerResource',
    ({ containerResource: source }, question) => resourceMetric(question, source?.name ?? '', source?.container),
  ],
  ['Pods', ({ pods }, question) => podsMetric(question, pods?.metric.name ?? '', pods?.metric.selector)],
  ['Object', ({ object }, question) => objectMetric(question, object as NonNullable<typeof object>)],
  [
    'External',
    ({ external }, question) => externalMetric(question, external?.metric.name ?? '', external?.metric.selector),
  ],
] as const satisfies readonly (readonly [string, (spec: MetricSpec, question: Question) => Promise<Reading>])[]);

async function resourceMetric(question: Question, resource: string, container?: string): Promise<Reading> {
  const { items } = await question.api
    .request<{ items: PodMetrics[] }>({
      ...{ group: 'metrics.k8s.io', version: 'v1beta1', resource: 'pods' },
      verb: 'list',
      namespace: question.namespace,
      query: { labelSelector: question.selector },
    })
    .catch((error: Error) => {
      throw new Error(
        `unable to get metrics for resource ${resource}: unable to fetch metrics from resource metrics API: ${error.message}`,
      );
    });
  if (items.length === 0)
    return { problem: `unable to get metrics for resource ${resource}: no metrics returned from resource metrics API` };
  const pods = new Map<string, PodValue>();
  for (const metrics of items) {
    const wanted = metrics.containers.filter(({ name }) => container === undefined || name === container);
    const values = wanted.map(({ usage }) => (Object.hasOwn(usage, resource) ? usage[resource] : undefined));
    if (values.length === 0 || values.some((value) => value === undefined)) continue;
    const value = values.reduce((sum: number, one) => sum + milliValue(one as string), 0);
    const windowMs = Number.parseFloat(metrics.window) * 1000 || 60_000;
    pods.set(metrics.metadata.name, { value, time: parseTime(metrics.timestamp) ?? 0, windowMs });
  }
  return { pods };
}

async function podsMetric(
  question: Question,
  metric: string,
  selector: LabelSelectorSpec | undefined,
): Promise<Reading> {
  const list = await customMetric(question, { resource: 'pods', name: '*', metric, selector, pods: true });
  const pods = new Map<string, PodValue>();
  for (const { describedObject, value, timestamp, windowSeconds = 60 } of list.items ?? []) {
    if (describedObject === undefined) continue;
    pods.set(describedObject.name, {
      value: milliValue(value),
      time: parseTime(timestamp) ?? 0,
      windowMs: windowSeconds * 1000,
    });
  }
  if (pods.size === 0)
    return { problem: `unable to get metric ${metric}: no metrics returned from custom metrics API` };
  return { pods };
}

async function objectMetric(
  question: Question,
  source: { describedObject: CrossVersionObjectReference; metric: { name: string; selector?: LabelSelectorSpec } },
): Promise<Reading> {
  const { describedObject, metric } = source;
  const kind = referencedKind(question.kinds, describedObject);
  const where = `${describedObject.kind} ${question.namespace}/${describedObject.name}`;
  if (kind === undefined) return { problem: `unable to get metric ${metric.name}: no matches for kind on ${where}` };
  const resource = kind.group === '' ? kind.resource : `${kind.resource}.${kind.group}`;
  const asked = { resource, name: describedObject.name, metric: metric.name, selector: metric.selector };
  const { items = [] } = await customMetric(question, asked, ` on ${where}`);
  const [first] = items;
  if (first === undefined) return { problem: `unable to get metric ${metric.name}: no metrics returned on ${where}` };
  return { value: milliValue(first.value) };
}

async function customMetric(
  question: Question,
  asked: { resource: string; name: string; metric: string; selector: LabelSelectorSpec | undefined; pods?: boolean },
  where = '',
): Promise<MetricValues> {
  const query: Record<string, string> = {};
  if (asked.pods === true) query['labelSelector'] = question.selector;
  if (asked.selector !== undefined) query['metricLabelSelector'] = selectorText(asked.selector);
  try {
    return await question.api.request<MetricValues>({
      ...{ group: 'custom.metrics.k8s.io', version: 'v1beta2' },
      ...{ resource: asked.resource, name: asked.name, subresource: asked.metric },
      verb: 'get',
      namespace: question.namespace,
      query,
    });
  } catch (error) {
    const why = `unable to fetch metrics from custom metrics API: ${(error as Error).message}`;
    throw new Error(`unable to get metric ${asked.metric}: ${why}${where}`);
  }
}

async function externalMetric(
  { api, namespace }: Question,
  metric: string,
  selector: LabelSelectorSpec | undefined,
): Promise<Reading> {
  const query = selector === undefined ? {} : { labelSelector: selectorText(selector) };
  const name = `${namespace}/${metric}`;
  try {
    const { items = [] } = await api.request<MetricValues>({
      ...{ group: 'external.metrics.k8s.io', version: 'v1beta1', resource: metric },
      verb: 'list',
      namespace,
      query,
    });
    if (items.length === 0)
      return { problem: `unable to get external metric ${name}: no metrics returned from external metrics API` };
    return { value: items.reduce((sum, { value }) => sum + milliValue(value), 0) };
  } catch (error) {
    const why = `unable to fetch metrics from external metrics API: ${(error as Error).message}`;
    throw new Error(`unable to get external metric ${name}: ${why}`);
  }
}

/** As a query parameter has it. */
function selectorText({ matchLabels = {}, matchExpressions = [] }: LabelSelectorSpec): string {
  const labels = Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`);
  const expressions = matchExpressions.map(({ key, operator, values = [] }) => {
    const set = `(${values.join()})`;
    return (
      { In: `${key} in ${set}`, NotIn: `${key} notin ${set}`, Exists: key, DoesNotExist: `!${key}` }[
        operator as 'In'
      ] ?? key
    );
  });
  return [...labels, ...expressions].join();
}
