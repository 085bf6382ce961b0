import type { OwnerReference } from '@kubus/shared/object';
import { revisionHashLabel } from '../common/history/index.ts';
import { podFromTemplate } from '../common/pod-template.ts';
import type { Pod, PodTemplateSpec, StatefulSet, Volume } from '../common/types.ts';
import { claimName } from './claims.ts';

const podNameLabel = 'statefulset.kubernetes.io/pod-name';
const podIndexLabel = 'apps.kubernetes.io/pod-index';

const ordinalSuffix = /-([0-9]{1,10})$/;

/** The number at the end of the pod's name; undefined when the name is not one that the set gives. */
export function ordinalOf(set: StatefulSet, pod: Pod): number | undefined {
  const { name } = pod.metadata;
  const [, digits] = ordinalSuffix.exec(name) ?? [];
  return digits !== undefined && podNameOf(set, Number(digits)) === name ? Number(digits) : undefined;
}

export const podNameOf = (set: StatefulSet, ordinal: number): string => `${set.metadata.name}-${ordinal}`;

export const startOf = (set: StatefulSet): number => set.spec.ordinals?.start ?? 0;

export const sizeOf = (set: StatefulSet): number => set.spec.replicas ?? 1;

/** Whether the ordinal is one that the set is to have now. */
export const isInRange = (set: StatefulSet, ordinal: number): boolean =>
  ordinal >= startOf(set) && ordinal < startOf(set) + sizeOf(set);

/** The name of the revision that the pod was made of; '' when it does not say. */
export const revisionOf = (pod: Pod): string => pod.metadata.labels?.[revisionHashLabel] ?? '';

export function newStatefulPod(
  set: StatefulSet,
  ordinal: number,
  made: { template: PodTemplateSpec; revision: string; controllerRef: OwnerReference },
): Pod {
  const { name, namespace = '' } = set.metadata;
  const names = { namespace, generateName: `${name}-`, name: podNameOf(set, ordinal) };
  const pod = podFromTemplate(made.template, made.controllerRef, names);
  pod.metadata.labels = { ...pod.metadata.labels, [revisionHashLabel]: made.revision };
  const spec = { ...pod.spec, hostname: names.name };
  if (set.spec.serviceName !== undefined) spec.subdomain = set.spec.serviceName;
  return withIdentity(set, ordinal, { ...pod, spec });
}

/** What makes the pod the one of its ordinal: its labels, and the volumes of its claims. Everything else it keeps. */
export function withIdentity(set: StatefulSet, ordinal: number, pod: Pod): Pod {
  const labels = {
    ...pod.metadata.labels,
    [podNameLabel]: podNameOf(set, ordinal),
    [podIndexLabel]: String(ordinal),
  };
  const volumes = volumesWithClaims(set, ordinal, pod.spec.volumes ?? []);
  return {
    ...pod,
    metadata: { ...pod.metadata, labels },
    spec: { ...pod.spec, ...(volumes.length === 0 ? {} : { volumes }) },
  };
}

/** The pod says who it is. (A pod from before the index label existed is not changed for want of it, as in Kubernetes.) */
export function identityMatches(set: StatefulSet, ordinal: number, pod: Pod): boolean {
  return pod.metadata.labels?.[podNameLabel] === podNameOf(set, ordinal);
}

function volumesWithClaims(set: StatefulSet, ordinal: number, volumes: readonly Volume[]): Volume[] {
  const templates = set.spec.volumeClaimTemplates ?? [];
  const claimed = new Set(templates.map(({ metadata }) => metadata.name));
  return [
    ...templates.map(({ metadata: { name } }) => ({
      name,
      persistentVolumeClaim: { claimName: claimName(set, name, ordinal) },
    })),
    ...volumes.filter(({ name }) => !claimed.has(name)),
  ];
}
