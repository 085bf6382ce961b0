import type { Container, Pod } from '@kubus/shared/schema';
import type { ContainerRecord } from '../runtime/contract.ts';
import type { PodMemory } from './memory.ts';

/** One container of the pod and its starts, newest first. */
export interface ObservedContainer {
  spec: Container;
  kind: 'init' | 'sidecar' | 'regular';
  latest: ContainerRecord | undefined;
  previous: ContainerRecord | undefined;
  /** Dead starts older than the previous one. */
  stale: ContainerRecord[];
}

export interface ObservedPod {
  sandbox: ContainerRecord | undefined;
  /** Sandboxes that a newer one has replaced. */
  oldSandboxes: ContainerRecord[];
  containers: ObservedContainer[];
  /** Every record, also of containers that the pod does not name. */
  records: ContainerRecord[];
}

/** Sorts what the runtime shows by the pod's containers; a start that was made and is not there any more is shown as ended. */
export function observe(pod: Pod, records: readonly ContainerRecord[], memory: PodMemory): ObservedPod {
  const [sandbox, ...oldSandboxes] = newestFirst(records.filter((r) => r.container === ''));
  const named = (spec: Container, kind: ObservedContainer['kind']): ObservedContainer => {
    const starts = newestFirst(records.filter((r) => r.container === spec.name));
    const vanished = vanishedStart(pod, spec, starts[0], memory);
    const all = vanished === undefined ? starts : [vanished, ...starts];
    return { spec, kind, latest: all[0], previous: all[1], stale: all.slice(2) };
  };
  return {
    sandbox,
    oldSandboxes,
    records: [...records],
    containers: [
      ...(pod.spec?.initContainers ?? []).map((spec) =>
        named(spec, spec.restartPolicy === 'Always' ? 'sidecar' : 'init'),
      ),
      ...(pod.spec?.containers ?? []).map((spec) => named(spec, 'regular')),
    ],
  };
}

const newestFirst = (records: ContainerRecord[]) => records.toSorted((a, b) => b.attempt - a.attempt);

/** kubelet reports a container that it cannot find with this exit code and reason. */
export const unknownExitCode = 137;

function vanishedStart(
  pod: Pod,
  spec: Container,
  latest: ContainerRecord | undefined,
  memory: PodMemory,
): ContainerRecord | undefined {
  const attempt = memory.attempts.get(spec.name);
  const at = memory.vanishedAt.get(spec.name);
  if (attempt === undefined || at === undefined || (latest !== undefined && latest.attempt >= attempt))
    return undefined;
  const time = `${new Date(at).toISOString().slice(0, 19)}Z`;
  return {
    id: '',
    podUid: pod.metadata.uid ?? '',
    podName: pod.metadata.name,
    podNamespace: pod.metadata.namespace ?? '',
    container: spec.name,
    attempt,
    sandboxAttempt: memory.attempts.get('') ?? 0,
    state: 'exited',
    image: spec.image ?? '',
    imageId: '',
    finishedAt: time,
    exitCode: unknownExitCode,
    error: 'vanished',
    ips: [],
  };
}
