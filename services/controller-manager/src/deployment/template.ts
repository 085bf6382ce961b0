import type { OwnerReference } from '@kubus/shared/object';
import { canonicalJson, semanticEqual } from '../common/equality.ts';
import { fnv32a, safeEncode } from '../common/safe-names.ts';
import type { Deployment, PodTemplateSpec, ReplicaSet } from '../common/types.ts';

export const hashLabel = 'pod-template-hash';
const maxNameLength = 253;

/**
 * Tells templates of one Deployment apart. `collisionCount` goes in as well, so that a template whose hash is taken by another gets
 * a new one. Kubernetes hashes a dump of its Go structures, which nothing but Go can reproduce: the values differ, the form does not.
 */
export function templateHash(template: PodTemplateSpec, collisionCount: number): string {
  const collision = collisionCount === 0 ? '' : `/${collisionCount}`;
  return safeEncode(fnv32a(canonicalJson(template) + collision));
}

/** Same pods, whatever the hash label says. */
export function sameTemplate(a: PodTemplateSpec | undefined, b: PodTemplateSpec | undefined): boolean {
  return semanticEqual(withoutHash(a), withoutHash(b));
}

function withoutHash(template: PodTemplateSpec | undefined): unknown {
  if (template?.metadata?.labels === undefined) return template;
  const labels = Object.entries(template.metadata.labels).filter(([key]) => key !== hashLabel);
  return { ...template, metadata: { ...template.metadata, labels: Object.fromEntries(labels) } };
}

/** The oldest ReplicaSet with the Deployment's template: there is more than one only by a mishap, and all must agree on which. */
export function findNewReplicaSet(deployment: Deployment, replicaSets: readonly ReplicaSet[]): ReplicaSet | undefined {
  return [...replicaSets]
    .sort(byCreation)
    .find((replicaSet) => sameTemplate(replicaSet.spec.template, deployment.spec.template));
}

/** Oldest first; of the same second by name. */
export function byCreation(a: ReplicaSet, b: ReplicaSet): number {
  return (
    compareText(a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? '') ||
    compareText(a.metadata.name, b.metadata.name)
  );
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** A ReplicaSet for the Deployment's template: its pods, its selector and itself carry the hash. */
export function newReplicaSet(
  deployment: Deployment,
  controllerRef: OwnerReference,
  options: { replicas: number; annotations: Record<string, string> },
): ReplicaSet {
  const { name, namespace = '' } = deployment.metadata;
  const { template, selector, minReadySeconds } = deployment.spec;
  const hash = templateHash(template, deployment.status?.collisionCount ?? 0);
  const labels = { ...template.metadata?.labels, [hashLabel]: hash };
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${name.slice(0, maxNameLength - 1 - hash.length)}-${hash}`,
      namespace,
      labels,
      annotations: options.annotations,
      ownerReferences: [controllerRef],
    },
    spec: {
      replicas: options.replicas,
      ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [hashLabel]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
}
