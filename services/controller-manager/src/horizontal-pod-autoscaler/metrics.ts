import { milliValue } from '@kubus/shared/object';
import { byAverage, byShare, byUtilization, byValue, type Circumstances, type Proposal } from './proposal.ts';
import type { MetricSpec, MetricStatus, MetricTarget, Reading } from './types.ts';

export interface Judged {
  /** 'cpu resource utilization (percentage of request)': as events name it. */
  name: string;
  replicas: number;
  status: MetricStatus;
}

/** Why a metric says nothing: the reason of the condition, and the message without its preamble. */
export interface Unable {
  reason: string;
  problem: string;
}

/** How many replicas a metric asks for. */
export function judge(spec: MetricSpec, reading: Reading, circumstances: Circumstances): Judged | Unable {
  const source = sources.get(spec.type);
  if (source === undefined)
    return { reason: 'InvalidMetricSourceType', problem: `unknown metric source type "${spec.type}"` };
  const { reason, preamble, propose } = source;
  const proposed = reading.problem === undefined ? propose(spec, reading, circumstances) : reading;
  if ('problem' in proposed) return { reason, problem: `${preamble(spec)}${proposed.problem}` };
  return proposed as Judged;
}

interface Source {
  reason: string;
  preamble(spec: MetricSpec): string;
  propose(spec: MetricSpec, reading: Reading, circumstances: Circumstances): Judged | { problem: string };
}

const sources: ReadonlyMap<string, Source> = new Map<string, Source>([
  [
    'Resource',
    {
      reason: 'FailedGetResourceMetric',
      preamble: ({ resource }) => `failed to get ${resource?.name} ${kindOf(resource?.target)}: `,
      propose: ({ type, resource }, reading, circumstances) => {
        const { name, target } = resource as NonNullable<typeof resource>;
        const proposal = ofPods(reading, { target, resource: name }, circumstances);
        const label = target.averageValue === undefined ? ' utilization (percentage of request)' : '';
        return told(proposal, `${name} resource${label}`, (current) => ({ type, resource: { name, current } }));
      },
    },
  ],
  [
    'ContainerResource',
    {
      reason: 'FailedGetContainerResourceMetric',
      preamble: ({ containerResource: source }) => `failed to get ${source?.name} ${kindOf(source?.target)}: `,
      propose: ({ type, containerResource }, reading, circumstances) => {
        const { name, target, container } = containerResource as NonNullable<typeof containerResource>;
        const proposal = ofPods(reading, { target, resource: name, container }, circumstances);
        const label =
          target.averageValue === undefined ? ' container resource utilization (percentage of request)' : ' resource';
        return told(proposal, `${name}${label}`, (current) => ({
          type,
          containerResource: { name, container, current },
        }));
      },
    },
  ],
  [
    'Pods',
    {
      reason: 'FailedGetPodsMetric',
      preamble: () => '',
      propose: ({ type, pods }, reading, circumstances) => {
        const { metric, target } = pods as NonNullable<typeof pods>;
        const proposal = ofPods(reading, { target }, circumstances);
        return told(proposal, `pods metric ${metric.name}`, ({ averageValue }) => ({
          type,
          pods: { metric, current: { ...(averageValue === undefined ? {} : { averageValue }) } },
        }));
      },
    },
  ],
  [
    'Object',
    {
      reason: 'FailedGetObjectMetric',
      preamble: () => '',
      propose: ({ type, object }, reading, circumstances) => {
        const { metric, target, describedObject } = object as NonNullable<typeof object>;
        const name = `${describedObject.kind} metric ${metric.name}`;
        return told(ofAll(reading, target, circumstances), name, (_, value) => ({
          type,
          object: { describedObject, metric, current: currentOf(target, value) },
        }));
      },
    },
  ],
  [
    'External',
    {
      reason: 'FailedGetExternalMetric',
      preamble: () => '',
      propose: ({ type, external }, reading, circumstances) => {
        const { metric, target } = external as NonNullable<typeof external>;
        const name = `external metric ${metric.name}(${JSON.stringify(metric.selector ?? null)})`;
        return told(ofAll(reading, target, circumstances), name, (_, value) => ({
          type,
          external: { metric, current: currentOf(target, value) },
        }));
      },
    },
  ],
]);

const kindOf = (target: MetricTarget | undefined): string =>
  target?.averageValue === undefined ? 'utilization' : 'usage';

function ofPods(
  reading: Reading,
  asked: { target: MetricTarget; resource?: string; container?: string },
  circumstances: Circumstances,
): Proposal | { problem: string } {
  const { target, resource, container } = asked;
  if (reading.pods === undefined) return { problem: 'a value for each pod was expected' };
  if (target.averageValue !== undefined) {
    const wanted = { value: milliValue(target.averageValue), ...(resource === undefined ? {} : { resource }) };
    return byAverage(reading.pods, wanted, circumstances);
  }
  if (target.averageUtilization === undefined || resource === undefined)
    return { problem: 'neither an average utilization target nor an average value target was set' };
  return byUtilization(reading.pods, { percent: target.averageUtilization, resource, container }, circumstances);
}

function ofAll(reading: Reading, target: MetricTarget, circumstances: Circumstances): Proposal | { problem: string } {
  if (reading.value === undefined) return { problem: 'one value was expected' };
  if (target.averageValue !== undefined) return byShare(reading.value, milliValue(target.averageValue), circumstances);
  if (target.value === undefined) return { problem: 'neither a value target nor an average value target was set' };
  return byValue(reading.value, milliValue(target.value), circumstances);
}

interface Current {
  averageValue?: string;
  averageUtilization?: number;
}

function told(
  proposal: Proposal | { problem: string },
  name: string,
  statusOf: (current: Current, value: string) => MetricStatus,
): Judged | { problem: string } {
  if ('problem' in proposal) return proposal;
  const { replicas, value, utilization } = proposal;
  const averageValue = quantity(value);
  const current = { averageValue, ...(utilization === undefined ? {} : { averageUtilization: utilization }) };
  return { name, replicas, status: statusOf(current, averageValue) };
}

const currentOf = (target: MetricTarget, value: string) =>
  target.averageValue === undefined ? { value } : { averageValue: value };

/** Thousandths as a quantity. */
const quantity = (thousandths: number): string =>
  thousandths % 1000 === 0 ? `${thousandths / 1000}` : `${Math.round(thousandths)}m`;
