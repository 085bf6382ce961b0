import { labelSelector, scaledIntOrPercent } from '@kubus/shared/object';
import { controllerOf } from '../common/owners.ts';
import { isPodReady } from '../common/pod-state.ts';
import { parseTime } from '../common/time.ts';
import type { Pod, PodDisruptionBudget, PodDisruptionBudgetStatus } from '../common/types.ts';
import { disruptionAllowed, syncFailed } from './conditions.ts';

/** So long after an eviction was granted its pod may still be without a deletion timestamp; after that it counts again. */
const deletionTimeoutMs = 2 * 60_000;

/** The number of pods that the owner of a pod asks for, or why nobody knows. */
export type Scale = { uid: string; replicas: number } | { error: string };

export interface Observed {
  budget: PodDisruptionBudget;
  /** Those of its namespace that it selects. */
  pods: readonly Pod[];
  /** By the uid of the pod's manager. */
  scales: ReadonlyMap<string, Scale>;
}

interface Report {
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
  /** The event is about this pod; about the budget where there is none. */
  pod?: Pod;
}

export interface Plan {
  status: PodDisruptionBudgetStatus;
  reports: Report[];
  /** Milliseconds until an eviction that was granted is forgotten. */
  wait: number | undefined;
  /** Why the counts could not be made; the status then allows nothing. */
  error?: string;
}

export const selects = ({ spec }: PodDisruptionBudget, labels: Record<string, string> | undefined): boolean =>
  spec.selector !== undefined && labelSelector(spec.selector).matches(labels);

/** Whether the scale of the pods' owners counts: for shares of it, and for what may be missing. */
export function needsScale({ spec }: PodDisruptionBudget): boolean {
  return spec.maxUnavailable !== undefined || typeof spec.minAvailable === 'string';
}

/** What a budget allows now: as many evictions as there are healthy pods above what is to stay healthy. */
export function plan({ budget, pods, scales }: Observed, now: number): Plan {
  const reports: Report[] = [];
  if (pods.length === 0) reports.push({ type: 'Normal', reason: 'NoPods', message: 'No matching pods found' });
  const expectation = expect(budget, pods, scales);
  if ('error' in expectation) {
    const message = `Failed to calculate the number of expected pods: ${expectation.error}`;
    reports.push({ type: 'Warning', reason: 'CalculateExpectedPodCountFailed', message });
    return { status: syncFailed(budget, expectation.error, now), reports, wait: undefined, error: expectation.error };
  }
  if (expectation.unmanaged) reports.push({ type: 'Warning', reason: 'UnmanagedPods', message: unmanagedText(budget) });
  const disrupted = disruptedPods(budget, pods, now);
  reports.push(...disrupted.overdue.map((pod) => notDeleted(budget, pod)));
  const healthy = pods.filter(
    (pod) => pod.metadata.deletionTimestamp === undefined && !disrupted.at.has(pod.metadata.name) && isPodReady(pod),
  ).length;
  const { expected, desired } = expectation;
  const allowed = expected <= 0 ? 0 : Math.max(0, healthy - desired);
  const status: PodDisruptionBudgetStatus = {
    observedGeneration: budget.metadata.generation ?? 0,
    ...(disrupted.at.size === 0 ? {} : { disruptedPods: Object.fromEntries(disrupted.at) }),
    disruptionsAllowed: allowed,
    currentHealthy: healthy,
    desiredHealthy: desired,
    expectedPods: expected,
  };
  return { status: disruptionAllowed(budget, status, now), reports, wait: disrupted.wait };
}

type Expectation = { expected: number; desired: number; unmanaged: boolean } | { error: string };

function expect({ spec }: PodDisruptionBudget, pods: readonly Pod[], scales: ReadonlyMap<string, Scale>): Expectation {
  const { minAvailable, maxUnavailable } = spec;
  if (maxUnavailable === undefined && typeof minAvailable !== 'string') {
    const known = minAvailable !== undefined;
    return { expected: known ? pods.length : 0, desired: minAvailable ?? 0, unmanaged: false };
  }
  const total = totalScale(pods, scales);
  if ('error' in total) return total;
  const share = scaledIntOrPercent(maxUnavailable ?? minAvailable ?? 0, total.expected, 'up');
  const desired = maxUnavailable === undefined ? share : Math.max(0, total.expected - share);
  return { ...total, desired };
}

/** Of all managers of the pods together. A pod that nobody manages counts nowhere. */
function totalScale(
  pods: readonly Pod[],
  scales: ReadonlyMap<string, Scale>,
): { expected: number; unmanaged: boolean } | { error: string } {
  const replicas = new Map<string, number>();
  let unmanaged = false;
  for (const pod of pods) {
    const manager = controllerOf(pod);
    const scale = manager === undefined ? undefined : scales.get(manager.uid);
    if (manager === undefined) unmanaged = true;
    else if (scale === undefined) return { error: `found no controllers for pod "${pod.metadata.name}"` };
    else if ('error' in scale) return scale;
    else replicas.set(scale.uid, scale.replicas);
  }
  return { expected: [...replicas.values()].reduce((sum, count) => sum + count, 0), unmanaged };
}

/** Pods whose eviction was granted and which are not being deleted yet. */
function disruptedPods(
  { status }: PodDisruptionBudget,
  pods: readonly Pod[],
  now: number,
): { at: Map<string, string>; overdue: Pod[]; wait: number | undefined } {
  const granted = new Map(Object.entries(status?.disruptedPods ?? {}));
  const at = new Map<string, string>();
  const overdue: Pod[] = [];
  const waits: number[] = [];
  for (const pod of pods) {
    const since = granted.get(pod.metadata.name);
    if (since === undefined || pod.metadata.deletionTimestamp !== undefined) continue;
    const left = (parseTime(since) ?? 0) + deletionTimeoutMs - now;
    if (left < 0) overdue.push(pod);
    else {
      at.set(pod.metadata.name, since);
      waits.push(left + 1);
    }
  }
  return { at, overdue, wait: waits.length === 0 ? undefined : Math.min(...waits) };
}

function notDeleted({ metadata }: PodDisruptionBudget, pod: Pod): Report {
  const message = `Pod was expected by PDB ${metadata.namespace}/${metadata.name} to be deleted but it wasn't`;
  return { type: 'Warning', reason: 'NotDeleted', message, pod };
}

function unmanagedText({ spec }: PodDisruptionBudget): string {
  return [
    `Pods selected by this PodDisruptionBudget (selector: ${labelSelector(spec.selector).toString()}) were found to be unmanaged.`,
    'As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior.',
    'To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.',
  ].join(' ');
}
