import type { Container, Pod } from '@kubus/shared/schema';
import type { ContainerRecord } from '../runtime/contract.ts';
import type { PodMemory } from './memory.ts';
import { roundOf } from './rounds.ts';
import { formatTime } from './times.ts';

/** One container of the pod and its starts, newest first. */
export interface ObservedContainer {
  spec: Container;
  kind: 'init' | 'sidecar' | 'regular' | 'ephemeral';
  latest: ContainerRecord | undefined;
  previous: ContainerRecord | undefined;
  /** Dead starts older than the previous one. */
  stale: ContainerRecord[];
  /** The newest start was ended for a probe or hook that failed: how it ended does not count as success. */
  unhealthy: boolean;
  /** The newest start was ended because another image or other resources are desired: it starts again in any case. */
  replaced: boolean;
  /** The newest start is of a round that is over: all containers of the pod are restarted. */
  outdated: boolean;
}

export interface ObservedPod {
  sandbox: ContainerRecord | undefined;
  /** Sandboxes that a newer one has replaced. */
  oldSandboxes: ContainerRecord[];
  /** How many times all containers have been restarted together; a container of this round stays. */
  round: number;
  containers: ObservedContainer[];
  /** Every record, also of containers that the pod does not name. */
  records: ContainerRecord[];
  /** Volumes of the pod, or what is left of them, are on the node. */
  volumes: boolean;
}

/** Sorts what the runtime shows by the pod's containers; a start that was made and is not there any more is shown as ended. */
export function observe(
  pod: Pod,
  records: readonly ContainerRecord[],
  memory: PodMemory,
  volumes = false,
): ObservedPod {
  const round = roundOf(pod, records);
  const [sandbox, ...oldSandboxes] = newestFirst(records.filter((r) => r.container === ''));
  const named = (spec: Container, kind: ObservedContainer['kind']): ObservedContainer => {
    const starts = records.filter((r) => r.container === spec.name);
    const all = newestFirst([...starts, ...vanishedStart(pod, spec, starts, memory, round)]);
    const id = all[0]?.id ?? '';
    const unhealthy = memory.health.get(id)?.failed !== undefined || memory.postStartFailed.has(id);
    return {
      spec,
      kind,
      latest: all[0],
      previous: all[1],
      stale: all.slice(2),
      unhealthy,
      replaced: memory.replaced.has(id),
      outdated: kind !== 'ephemeral' && all[0] !== undefined && (all[0].round ?? 0) < round,
    };
  };
  return {
    sandbox,
    oldSandboxes,
    round,
    records: [...records],
    volumes,
    containers: [
      ...(pod.spec?.initContainers ?? []).map((spec) =>
        named(spec, spec.restartPolicy === 'Always' ? 'sidecar' : 'init'),
      ),
      ...(pod.spec?.containers ?? []).map((spec) => named(spec, 'regular')),
      ...(pod.spec?.ephemeralContainers ?? []).map((spec) => named(spec, 'ephemeral')),
    ],
  };
}

const newestFirst = (records: ContainerRecord[]) => records.toSorted((a, b) => b.attempt - a.attempt);

/** kubelet reports a container that it cannot find with this exit code and reason. */
const unknownExitCode = 137;

/** Notes starts that are known and not there any more. */
export function noteVanished(records: readonly ContainerRecord[], memory: PodMemory, now: number): void {
  for (const [container, attempt] of memory.attempts) {
    const there = records.some((r) => r.container === container && r.attempt >= attempt);
    if (there || container === '' || memory.vanished.get(container)?.attempt === attempt) continue;
    memory.vanished.set(container, { attempt, at: now });
  }
}

function vanishedStart(
  pod: Pod,
  spec: Container,
  starts: readonly ContainerRecord[],
  memory: PodMemory,
  round: number,
): ContainerRecord[] {
  const vanished = memory.vanished.get(spec.name);
  if (vanished === undefined || starts.some(({ attempt }) => attempt === vanished.attempt)) return [];
  return [
    {
      id: '',
      podUid: pod.metadata.uid ?? '',
      podName: pod.metadata.name,
      podNamespace: pod.metadata.namespace ?? '',
      container: spec.name,
      attempt: vanished.attempt,
      sandboxAttempt: memory.attempts.get('') ?? 0,
      round,
      state: 'exited',
      image: spec.image ?? '',
      imageId: '',
      finishedAt: formatTime(vanished.at),
      exitCode: unknownExitCode,
      error: 'vanished',
      ips: [],
    },
  ];
}
