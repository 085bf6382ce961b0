import { milliValue } from '@kubus/shared/object';
import { isPodReady } from '../common/pod-state.ts';
import { parseTime } from '../common/time.ts';
import type { Pod } from '../common/types.ts';
import type { PodValue } from './types.ts';

/** A pod's CPU counts from this long after its start on, or as soon as it has been ready for a measurement. */
const cpuInitializationMs = 300_000;
/** A pod that was unready for no longer after its start has never been ready. */
const initialReadinessDelayMs = 30_000;

export interface Grouped {
  /** Pods whose values count. */
  values: Map<string, number>;
  unready: Set<string>;
  /** They run, and nothing is known of them. */
  missing: Set<string>;
}

/** Which pods' values count (Kubernetes: groupPods). Those that go or have failed count nowhere. */
export function groupPods(
  pods: readonly Pod[],
  measured: ReadonlyMap<string, PodValue>,
  options: { cpu: boolean; now: number },
): Grouped {
  const grouped: Grouped = { values: new Map(), unready: new Set(), missing: new Set() };
  for (const pod of pods) {
    const { name, deletionTimestamp } = pod.metadata;
    const phase = pod.status?.phase;
    if (deletionTimestamp !== undefined || phase === 'Failed' || phase === 'Succeeded') continue;
    const value = measured.get(name);
    if (phase === 'Pending') grouped.unready.add(name);
    else if (value === undefined) grouped.missing.add(name);
    else if (options.cpu && isWarmingUp(pod, value, options.now)) grouped.unready.add(name);
    else grouped.values.set(name, value.value);
  }
  return grouped;
}

/** A starting pod works hard for a while; that is no load. */
function isWarmingUp(pod: Pod, measured: PodValue, now: number): boolean {
  const ready = pod.status?.conditions?.find(({ type }) => type === 'Ready');
  const started = parseTime(pod.status?.startTime);
  if (ready === undefined || started === undefined) return true;
  const since = parseTime(ready.lastTransitionTime) ?? 0;
  if (started + cpuInitializationMs > now) return ready.status === 'False' || measured.time < since + measured.windowMs;
  return ready.status === 'False' && started + initialReadinessDelayMs > since;
}

export const readyPods = (pods: readonly Pod[]): number =>
  pods.filter((pod) => pod.status?.phase === 'Running' && isPodReady(pod)).length;

/** What each pod asks for of a resource, in thousandths; a problem when one does not say. Restartable init containers run beside the others. */
export function requestsOf(
  pods: readonly Pod[],
  resource: string,
  container: string | undefined,
): ReadonlyMap<string, number> | { problem: string } {
  const requests = new Map<string, number>();
  for (const pod of pods) {
    const sidecars = (pod.spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
    let sum = 0;
    for (const { name, resources } of [...pod.spec.containers, ...sidecars]) {
      if (container !== undefined && container !== name) continue;
      const asked = Object.hasOwn(resources?.requests ?? {}, resource) ? resources?.requests?.[resource] : undefined;
      if (asked === undefined)
        return { problem: `missing request for ${resource} in container ${name} of Pod ${pod.metadata.name}` };
      sum += milliValue(asked);
    }
    requests.set(pod.metadata.name, sum);
  }
  return requests;
}
