import type { KubeObject } from '@kubus/shared/object';
import type { Namespace, NamespaceCondition } from '@kubus/shared/schema';
import type { ServedKind } from '../common/served-kinds.ts';
import { parseTime } from '../common/time.ts';

/** In spec.finalizers of every namespace: the content is to go before it. */
const kubernetesFinalizer = 'kubernetes';

/** What became of the content of one resource. */
export interface Emptied {
  resource: ServedKind;
  /** Objects that are still there, on their way out. */
  remaining: readonly KubeObject[];
  /** Why they could not be deleted. */
  error?: string;
}

/** What became of all of it. */
export interface Content {
  emptied: readonly Emptied[];
  /** Group versions of other servers that do not say what they serve, with the reason: what is in them is not known. */
  undiscovered: readonly string[];
}

export type Step = { type: 'none' } | { type: 'markTerminating' } | { type: 'empty' };

/** What a namespace needs next; its content is looked at in `empty`. */
export function planStep(namespace: Namespace | undefined): Step {
  if (namespace?.metadata.deletionTimestamp === undefined) return { type: 'none' };
  if (namespace.status?.phase !== 'Terminating') return { type: 'markTerminating' };
  return (namespace.spec?.finalizers ?? []).includes(kubernetesFinalizer) ? { type: 'empty' } : { type: 'none' };
}

/**
 * Resources to be emptied, in two turns: pods first, everything else when no pod is left, so that nothing a pod relies on (network policies, secrets)
 * is taken from under it (KEP-5080).
 */
export function deletionTurns(served: readonly ServedKind[]): [ServedKind[], ServedKind[]] {
  const content = served.filter(({ namespaced, verbs }) => namespaced && verbs.has('delete') && verbs.has('list'));
  const isPods = ({ group, resource }: ServedKind) => group === '' && resource === 'pods';
  return [content.filter(isPods), content.filter((one) => !isPods(one))];
}

export const isEmptied = (emptied: readonly Emptied[]): boolean =>
  emptied.every(({ remaining, error }) => remaining.length === 0 && error === undefined);

/** Longest that finalizers other than pods' are expected to take; seconds. */
const finalizerSeconds = 15;

/** Milliseconds until another look pays: half of the time that the slowest is expected to take, as Kubernetes does. */
export function untilNextLook(namespace: Namespace, emptied: readonly Emptied[], now: number): number {
  const estimates = emptied.map(({ resource, remaining }) => {
    if (remaining.length === 0) return 0;
    return resource.resource === 'pods' ? untilPodsGone(namespace, remaining, now) : finalizerSeconds;
  });
  return (Math.floor(Math.max(0, ...estimates) / 2) + 1) * 1000;
}

function untilPodsGone(namespace: Namespace, pods: readonly KubeObject[], now: number): number {
  const grace = Math.max(...pods.map(({ metadata }) => metadata.deletionGracePeriodSeconds ?? 0));
  const since = (now - (parseTime(namespace.metadata.deletionTimestamp) ?? now)) / 1000;
  return since >= grace ? 0 : grace;
}

/** Conditions of a terminating namespace, with Kubernetes' types, reasons and messages. Unchanged ones keep their times. */
export function conditionsFor(
  old: readonly NamespaceCondition[],
  { emptied, undiscovered }: Content,
  time: string,
): NamespaceCondition[] {
  const ours = [contentFailure(emptied), contentRemaining(emptied), finalizersRemaining(emptied)];
  const wanted = [
    discoveryFailure(undiscovered),
    good(
      'NamespaceDeletionGroupVersionParsingFailure',
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ),
    ...ours,
  ].map((condition) => withTime(condition, old, time));
  return [...old.filter(({ type }) => wanted.every((one) => one.type !== type)), ...wanted];
}

type Untimed = Omit<NamespaceCondition, 'lastTransitionTime'>;

const good = (type: string, reason: string, message: string): Untimed => ({ type, status: 'False', reason, message });
const bad = (type: string, reason: string, message: string): Untimed => ({ type, status: 'True', reason, message });

function discoveryFailure(undiscovered: readonly string[]): Untimed {
  const type = 'NamespaceDeletionDiscoveryFailure';
  if (undiscovered.length === 0) return good(type, 'ResourcesDiscovered', 'All resources successfully discovered');
  const message = `Discovery failed for some groups, ${undiscovered.length} failing: unable to retrieve the complete list of server APIs: ${undiscovered.join(', ')}`;
  return bad(type, 'DiscoveryFailed', message);
}

function contentFailure(emptied: readonly Emptied[]): Untimed {
  const type = 'NamespaceDeletionContentFailure';
  const errors = emptied.flatMap(({ error }) => error ?? []).sort();
  if (errors.length === 0) {
    return good(type, 'ContentDeleted', 'All content successfully deleted, may be waiting on finalization');
  }
  const message = `Failed to delete all resource types, ${errors.length} remaining: ${errors.join(', ')}`;
  return bad(type, 'ContentDeletionFailed', message);
}

function contentRemaining(emptied: readonly Emptied[]): Untimed {
  const type = 'NamespaceContentRemaining';
  const left = emptied
    .filter(({ remaining }) => remaining.length > 0)
    .map(
      ({ resource: { group, resource }, remaining }) =>
        `${resource}.${group} has ${remaining.length} resource instances`,
    )
    .sort();
  if (left.length === 0) return good(type, 'ContentRemoved', 'All content successfully removed');
  return bad(type, 'SomeResourcesRemain', `Some resources are remaining: ${left.join(', ')}`);
}

function finalizersRemaining(emptied: readonly Emptied[]): Untimed {
  const type = 'NamespaceFinalizersRemaining';
  const counts = new Map<string, number>();
  for (const finalizer of emptied.flatMap(({ remaining }) =>
    remaining.flatMap(({ metadata }) => metadata.finalizers ?? []),
  )) {
    counts.set(finalizer, (counts.get(finalizer) ?? 0) + 1);
  }
  if (counts.size === 0) return good(type, 'ContentHasNoFinalizers', 'All content-preserving finalizers finished');
  const left = [...counts].map(([finalizer, count]) => `${finalizer} in ${count} resource instances`).sort();
  return bad(
    type,
    'SomeFinalizersRemain',
    `Some content in the namespace has finalizers remaining: ${left.join(', ')}`,
  );
}

function withTime(condition: Untimed, old: readonly NamespaceCondition[], time: string): NamespaceCondition {
  const before = old.find(({ type }) => type === condition.type);
  const kept = before?.status === condition.status ? before.lastTransitionTime : undefined;
  return { ...condition, lastTransitionTime: kept ?? time };
}

/** The namespace without our finalizer, as /finalize takes it. */
export function finalized(namespace: Namespace): Namespace {
  const finalizers = (namespace.spec?.finalizers ?? []).filter((finalizer) => finalizer !== kubernetesFinalizer);
  return { ...namespace, spec: { ...namespace.spec, finalizers } };
}
