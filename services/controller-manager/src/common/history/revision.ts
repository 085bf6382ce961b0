import type { KubeObject, OwnerReference } from '@kubus/shared/object';
import { canonicalJson, semanticEqual } from '../equality.ts';
import { fnv32a, safeEncode } from '../safe-names.ts';
import type { ControllerRevision, PodTemplateSpec } from '../types.ts';

export const controllerRevisions = { group: 'apps', version: 'v1', resource: 'controllerrevisions' };

/** On pods: which revision they are of. On revisions of a DaemonSet: its hash. */
export const revisionHashLabel = 'controller-revision-hash';

/** Room for the hyphen and a hash. */
const maxPrefixLength = 223;

/**
 * The revision that holds a template, as `kubectl rollout` understands it: a strategic merge patch that brings the template back.
 * `collisionCount` goes into the hash, so that a template whose name is taken by another gets a new one.
 */
export function newRevision(
  owner: KubeObject,
  controllerRef: OwnerReference,
  options: { template: PodTemplateSpec; revision: number; collisionCount: number; hashLabel: string },
): ControllerRevision {
  const data = sorted({ spec: { template: { ...options.template, $patch: 'replace' } } });
  const collision = options.collisionCount === 0 ? '' : `/${options.collisionCount}`;
  const hash = safeEncode(fnv32a(canonicalJson(data) + collision));
  const { name, namespace = '', annotations } = owner.metadata;
  return {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name: `${name.slice(0, maxPrefixLength)}-${hash}`,
      namespace,
      labels: { ...options.template.metadata?.labels, [options.hashLabel]: hash },
      ...(annotations === undefined ? {} : { annotations }),
      ownerReferences: [controllerRef],
    },
    data,
    revision: options.revision,
  };
}

/** The template that a revision holds; undefined for one that somebody made by hand and holds none. */
export function templateOf({ data }: ControllerRevision): PodTemplateSpec | undefined {
  const template = (data as { spec?: { template?: PodTemplateSpec & { $patch?: unknown } } } | undefined)?.spec
    ?.template;
  if (template === undefined) return undefined;
  const { $patch: _, ...rest } = template;
  return rest;
}

export const sameData = (a: ControllerRevision, b: ControllerRevision): boolean => semanticEqual(a.data, b.data);

/** Oldest first; revisions of one number by age, then by name. */
export function byRevision(a: ControllerRevision, b: ControllerRevision): number {
  return (
    a.revision - b.revision ||
    compareText(a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? '') ||
    compareText(a.metadata.name, b.metadata.name)
  );
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Fields in the order in which Go writes maps, so that clients that compare bytes see equal data as equal. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).sort(([a], [b]) => compareText(a, b));
  return Object.fromEntries(fields.map(([name, inner]) => [name, sorted(inner)]));
}
