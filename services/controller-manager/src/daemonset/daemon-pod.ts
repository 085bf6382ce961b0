import type { OwnerReference } from '@kubus/shared/object';
import type { Toleration } from '@kubus/shared/schema';
import { revisionHashLabel } from '../common/history/index.ts';
import { podFromTemplate } from '../common/pod-template.ts';
import type { DaemonSet, Pod, PodSpec } from '../common/types.ts';

const templateGenerationAnnotation = 'deprecated.daemonset.template.generation';
const templateGenerationLabel = 'pod-template-generation';
const nameField = 'metadata.name';

const exists = (key: string, effect: string): Toleration => ({ key, operator: 'Exists', effect });

/** What every daemon pod bears with: it is to run where others are not wanted (kubernetes.io: "DaemonSet", taints and tolerations). */
const daemonTolerations: readonly Toleration[] = [
  exists('node.kubernetes.io/not-ready', 'NoExecute'),
  exists('node.kubernetes.io/unreachable', 'NoExecute'),
  exists('node.kubernetes.io/disk-pressure', 'NoSchedule'),
  exists('node.kubernetes.io/memory-pressure', 'NoSchedule'),
  exists('node.kubernetes.io/pid-pressure', 'NoSchedule'),
  exists('node.kubernetes.io/unschedulable', 'NoSchedule'),
];
const networkToleration = exists('node.kubernetes.io/network-unavailable', 'NoSchedule');

/** The template's own tolerations, and the daemons' in place of those that differ from them in time or value alone. */
export function withDaemonTolerations(spec: PodSpec): PodSpec {
  const added = spec.hostNetwork === true ? [...daemonTolerations, networkToleration] : daemonTolerations;
  const own = (spec.tolerations ?? []).filter(
    ({ key = '', effect = '', operator = '' }) =>
      !added.some((one) => one.key === key && one.effect === effect && operator === one.operator),
  );
  return { ...spec, tolerations: [...own, ...added] };
}

/** A pod for one node: the scheduler is told by affinity where it is to go. The API gives it a name. */
export function newDaemonPod(set: DaemonSet, node: string, hash: string, controllerRef: OwnerReference): Pod {
  const { name, namespace = '' } = set.metadata;
  const pod = podFromTemplate(set.spec.template, controllerRef, { namespace, generateName: `${name}-` });
  const generation = set.metadata.annotations?.[templateGenerationAnnotation];
  pod.metadata.labels = {
    ...pod.metadata.labels,
    [revisionHashLabel]: hash,
    ...(generation === undefined ? {} : { [templateGenerationLabel]: generation }),
  };
  return { ...pod, spec: withTarget(withDaemonTolerations(pod.spec), node) };
}

function withTarget(spec: PodSpec, node: string): PodSpec {
  const nodeSelectorTerms = [{ matchFields: [{ key: nameField, operator: 'In', values: [node] }] }];
  const nodeAffinity = {
    ...spec.affinity?.nodeAffinity,
    requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms },
  };
  return { ...spec, affinity: { ...spec.affinity, nodeAffinity } };
}

/** The node that the pod is on or made for; undefined when it names none. */
export function targetNode({ spec }: Pod): string | undefined {
  if (spec.nodeName !== undefined && spec.nodeName !== '') return spec.nodeName;
  const terms = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  for (const { matchFields = [] } of terms) {
    const field = matchFields.find(({ key, operator }) => key === nameField && operator === 'In');
    if (field?.values?.length === 1) return field.values[0];
  }
  return undefined;
}
