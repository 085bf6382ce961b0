import type { OwnerReference } from '@kubus/shared/object';
import type { PodTemplateSpec } from '@kubus/shared/schema';
import type { Pod } from '../common/types.ts';
import { nextPodNames } from '../replicaset/pod-names.ts';
import type { PastFailure } from './past-failures.ts';
import { failureAnnotations, hasBackoffPerIndex } from './per-index.ts';
import { completionIndex } from './pods.ts';
import type { Tally } from './tally.ts';
import { indexKey, type Job, trackingFinalizer } from './types.ts';

export interface NewPods {
  controllerRef: OwnerReference;
  /** Whether any pod of the namespace has the name. */
  isTaken: (name: string) => boolean;
  /** Their names do not come back. */
  pastFailures: readonly PastFailure[];
}

const namesOf = (pods: readonly Pod[], past: readonly PastFailure[]) => [
  ...pods.map((pod) => pod.metadata.name),
  ...past.map(({ name }) => name),
];

export function newPods({ job, pods }: Tally, count: number, { controllerRef, isTaken, pastFailures }: NewPods): Pod[] {
  const prefix = `${job.metadata.name}-`;
  const existing = namesOf(pods, pastFailures);
  const names = nextPodNames({ controllerUid: controllerRef.uid, prefix, existing, isTaken, count });
  return names.map((name) => newPod(job, { name, generateName: prefix }, controllerRef));
}

/** The running number in a name belongs to the index, so that two workers who see the same pods ask for the same ones. */
export function newIndexedPods(tally: Tally, indexes: readonly number[], source: NewPods): Pod[] {
  const { job } = tally;
  const { controllerRef, isTaken, pastFailures } = source;
  const existing = Map.groupBy(tally.pods, (pod) => completionIndex(pod) ?? -1);
  return indexes.flatMap((index) => {
    const generateName = `${job.metadata.name}-${index}-`;
    const [name] = nextPodNames({
      controllerUid: controllerRef.uid,
      prefix: generateName,
      existing: namesOf(existing.get(index) ?? [], pastFailures),
      isTaken,
      count: 1,
    });
    return name === undefined ? [] : [indexed(tally, newPod(job, { name, generateName }, controllerRef), index)];
  });
}

function newPod(job: Job, names: { name: string; generateName: string }, controllerRef: OwnerReference): Pod {
  const { metadata, spec } = job.spec.template;
  const { labels, annotations, finalizers = [] } = metadata ?? {};
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...names,
      namespace: job.metadata.namespace ?? '',
      ...(labels === undefined ? {} : { labels }),
      ...(annotations === undefined ? {} : { annotations }),
      finalizers: [...new Set([...finalizers, trackingFinalizer])],
      ownerReferences: [controllerRef],
    },
    spec: spec ?? { containers: [] },
  };
}

function indexed({ job, indexFailures }: Tally, pod: Pod, index: number): Pod {
  const failures = hasBackoffPerIndex(job) ? failureAnnotations(job, indexFailures?.latest.get(index)) : {};
  return {
    ...pod,
    metadata: {
      ...pod.metadata,
      labels: { ...pod.metadata.labels, [indexKey]: `${index}` },
      annotations: { ...pod.metadata.annotations, [indexKey]: `${index}`, ...failures },
    },
    spec: { ...withIndexVariable(pod.spec), hostname: `${job.metadata.name}-${index}` },
  };
}

const indexVariable = 'JOB_COMPLETION_INDEX';

/** For all containers that do not set it themselves: it comes from the annotation. */
function withIndexVariable(spec: NonNullable<PodTemplateSpec['spec']>): NonNullable<PodTemplateSpec['spec']> {
  const variable = {
    name: indexVariable,
    valueFrom: { fieldRef: { fieldPath: `metadata.annotations['${indexKey}']` } },
  };
  const given = <T extends { env?: { name: string }[] }>(container: T): T =>
    container.env?.some(({ name }) => name === indexVariable)
      ? container
      : { ...container, env: [...(container.env ?? []), variable] };
  return {
    ...spec,
    containers: spec.containers.map(given),
    ...(spec.initContainers === undefined ? {} : { initContainers: spec.initContainers.map(given) }),
  };
}
