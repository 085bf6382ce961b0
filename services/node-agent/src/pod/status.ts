import { qosClass } from '@kubus/shared/object';
import type {
  Container,
  ContainerState,
  ContainerStateTerminated,
  ContainerStatus,
  Pod,
  PodCondition,
  PodStatus,
} from '@kubus/shared/schema';
import type { ContainerRecord } from '../runtime/contract.ts';
import { backoffOf, waitAfter } from './backoff.ts';
import { type Doom, doomOf } from './doom.ts';
import { hasStarted, isReady } from './health.ts';
import { isOver, lastStates, runs } from './last-states.ts';
import type { PodMemory } from './memory.ts';
import type { ObservedContainer, ObservedPod } from './observe.ts';
import { isResizing, resizeOf } from './resize.ts';
import { restarts } from './restarts.ts';
import { mayRestartAll } from './rounds.ts';
import { endOf, formatTime, goDuration } from './times.ts';
import { volumesAreThere } from './volumes-wish.ts';

export interface StatusInput {
  /** With the resources that were allocated to it. */
  pod: Pod;
  observed: ObservedPod;
  memory: PodMemory;
  hostIPs: readonly string[];
  /** Of the runtime: it makes read-only what is mounted below a mount, too. */
  recursiveReadOnly?: boolean;
  /** Milliseconds since 1970. */
  now: number;
}

/** `time`: now, as Kubernetes writes it. */
type Input = StatusInput & { time: string };

/** The status of a pod as a kubelet reports it; pure. Times of conditions that did not change are kept. */
export function podStatus(options: StatusInput): PodStatus {
  const input = { ...options, time: formatTime(options.now) };
  const { pod, observed, hostIPs, now, time } = input;
  const init = observed.containers
    .filter((c) => c.kind === 'init' || c.kind === 'sidecar')
    .map((c) => containerStatus(c, input));
  const regular = observed.containers.filter((c) => c.kind === 'regular').map((c) => containerStatus(c, input));
  const ephemeral = observed.containers.filter((c) => c.kind === 'ephemeral').map((c) => containerStatus(c, input));
  const doom = doomOf(pod, input.memory, now);
  const phase = podPhase(pod, observed, doom);
  if (wasRefused(input, doom)) return refused(input, doom);
  const ips = podIPs(input);
  const shown = isOver(phase, observed) ? lastStates(init, regular) : { init, regular };
  return {
    phase,
    ...endReason(pod, doom),
    conditions: conditions(input, phase, init, regular, doom),
    ...(hostIPs.length === 0 ? {} : { hostIP: hostIPs[0] ?? '', hostIPs: hostIPs.map((ip) => ({ ip })) }),
    ...(ips.length === 0 ? {} : { podIP: ips[0] ?? '', podIPs: ips.map((ip) => ({ ip })) }),
    startTime: pod.status?.startTime ?? time,
    qosClass: qosClass(pod),
    ...wholeResources(input),
    ...(init.length === 0 ? {} : { initContainerStatuses: shown.init }),
    containerStatuses: byName(shown.regular),
    ...(ephemeral.length === 0 ? {} : { ephemeralContainerStatuses: byName(ephemeral) }),
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
  };
}

/** Nothing was made of it, also as an agent knows it that starts later. */
const wasRefused = ({ pod: { status }, observed }: StatusInput, doom: Doom | undefined): boolean =>
  doom?.refused ??
  (status?.phase === 'Failed' &&
    status.containerStatuses === undefined &&
    observed.containers.every(({ latest }) => latest === undefined));

/** As kubelet tells of it: why, and nothing of containers, whose states would hide that in lists. */
function refused({ pod, time }: Input, doom: Doom | undefined): PodStatus {
  return {
    phase: 'Failed',
    ...endReason(pod, doom),
    ...(pod.status?.conditions === undefined ? {} : { conditions: pod.status.conditions }),
    startTime: pod.status?.startTime ?? time,
    qosClass: qosClass(pod),
    ...(pod.metadata.generation === undefined ? {} : { observedGeneration: pod.metadata.generation }),
  };
}

/** As kubelet orders them; init containers stay in the order in which they run. */
const byName = (statuses: readonly ContainerStatus[]) =>
  statuses.toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));

/** As kubelet: those of the sandbox that runs, else those that the pod had last, whether anybody was told of them or not. */
function podIPs({ pod, observed, memory, hostIPs }: StatusInput): readonly string[] {
  if (pod.spec?.hostNetwork === true) return hostIPs;
  const now = observed.sandbox?.state === 'running' ? observed.sandbox.ips : [];
  if (now.length > 0) return now;
  return memory.podIPs.length > 0 ? memory.podIPs : (pod.status?.podIPs ?? []).map(({ ip }) => ip);
}

/** Phases only move forward (Kubernetes: "Pod phase"). A pod that is being deleted ends in a last one, whether it ever ran or not. */
export function podPhase(pod: Pod, observed: ObservedPod, doom?: Doom): string {
  const phase = phaseOf(pod, observed, doom);
  return pod.metadata.deletionTimestamp !== undefined && phase !== 'Succeeded' && !runs(observed) ? 'Failed' : phase;
}

function phaseOf(pod: Pod, observed: ObservedPod, doom?: Doom): string {
  const known = pod.status?.phase;
  if (known === 'Succeeded' || known === 'Failed') return known;
  if (doom !== undefined) return 'Failed';
  const ended = (c: ObservedContainer) => c.latest?.state === 'exited' && !restartsNow(pod, c);
  const regular = observed.containers.filter((c) => c.kind === 'regular');
  const failedInit = observed.containers.some((c) => c.kind === 'init' && ended(c) && c.latest?.exitCode !== 0);
  if (failedInit) return 'Failed';
  if (regular.some((c) => c.latest === undefined || c.latest.state === 'created')) {
    return known === 'Running' ? 'Running' : 'Pending';
  }
  if (!regular.every(ended)) return 'Running';
  return regular.every((c) => c.latest?.exitCode === 0) ? 'Succeeded' : 'Failed';
}

/** Why the node ended the pod; what was said stays. */
function endReason({ status }: Pod, doom: Doom | undefined): Pick<PodStatus, 'reason' | 'message'> {
  const { reason, message } = doom ?? status ?? {};
  return { ...(reason === undefined ? {} : { reason }), ...(message === undefined ? {} : { message }) };
}

/** A pod that is being deleted, or has ended, restarts nothing. */
const restartsNow = (pod: Pod, container: ObservedContainer) =>
  pod.metadata.deletionTimestamp === undefined &&
  pod.status?.phase !== 'Failed' &&
  pod.status?.phase !== 'Succeeded' &&
  restarts(pod, container);

function containerStatus(container: ObservedContainer, input: StatusInput): ContainerStatus {
  const { spec, latest, kind } = container;
  const state = currentState(container, input);
  const last = state.waiting !== undefined && latest?.state === 'exited' ? latest : container.previous;
  const done = state.terminated?.exitCode === 0;
  return {
    name: spec.name,
    state,
    lastState: lastState(last, input),
    // kubelet never counts an ephemeral container as ready.
    ready: kind === 'ephemeral' ? false : kind === 'init' ? done : isReady(container, input.memory),
    restartCount: latest?.attempt ?? 0,
    image: spec.image ?? '',
    imageID: latest?.imageId ?? '',
    ...(latest === undefined || latest.id === '' ? {} : { containerID: `docker://${latest.id}` }),
    started: hasStarted(container, input.memory),
    // kubelet with the feature ContainerStopSignals says it of all; it is off in 1.36.
    ...(spec.lifecycle?.stopSignal === undefined || latest?.stopSignal === undefined
      ? {}
      : { stopSignal: latest.stopSignal }),
    ...resourcesOf(container, input),
    ...mountsOf(container, input),
  };
}

function currentState(container: ObservedContainer, input: StatusInput): ContainerState {
  const { spec, latest } = container;
  const waiting = input.memory.waiting.get(spec.name);
  if (latest?.state === 'running') return { running: { startedAt: latest.startedAt ?? '' } };
  if (latest?.state === 'exited') {
    const again = restartsNow(input.pod, container);
    if (again && container.outdated) return { waiting: waiting ?? restartingAll };
    if (again && waiting !== undefined) return { waiting };
    if (again && isBackingOff(spec, latest, input)) return { waiting: crashLoop(input, container) };
    return { terminated: terminated(latest, input.memory) };
  }
  return { waiting: waiting ?? { reason: startingReason(input.pod) } };
}

function isBackingOff(spec: Container, latest: ContainerRecord, { memory, now }: StatusInput): boolean {
  const backoff = backoffOf(memory.backoffs, spec, latest);
  return waitAfter(endOf(latest), { backoff, noted: memory.backOffNoted.get(spec.name), now }) !== undefined;
}

/** As kubelet words it, which removes such containers. */
const restartingAll = {
  reason: 'RestartingAllContainers',
  message: 'The container is removed because RestartAllContainers in place',
};

/** An end that began another round is told as the end of all others is. */
function lastState(last: ContainerRecord | undefined, { observed, memory }: StatusInput): ContainerState {
  if (last?.state !== 'exited') return {};
  const over = (last.round ?? 0) < observed.round;
  return { terminated: over ? { exitCode: 137, ...restartingAll } : terminated(last, memory) };
}

/** kubelet: a pod with init containers says so of every container that has not run yet. */
const startingReason = (pod: Pod) =>
  (pod.spec?.initContainers ?? []).length > 0 ? 'PodInitializing' : 'ContainerCreating';

function crashLoop({ pod, memory }: StatusInput, { spec }: ObservedContainer) {
  const { name, namespace, uid } = pod.metadata;
  const seconds = memory.backoffs.get(spec.name)?.seconds ?? 10;
  return {
    reason: 'CrashLoopBackOff',
    message: `back-off ${goDuration(seconds)} restarting failed container=${spec.name} pod=${name}_${namespace}(${uid})`,
  };
}

function terminated(record: ContainerRecord, { messages }: PodMemory): ContainerStateTerminated {
  const exitCode = record.exitCode ?? 0;
  if (record.error === 'vanished') {
    return {
      exitCode,
      reason: 'ContainerStatusUnknown',
      message: 'The container could not be located when the pod was deleted.  The container used to be Running',
      ...(record.finishedAt === undefined ? {} : { finishedAt: record.finishedAt }),
    };
  }
  return {
    exitCode,
    reason:
      record.oomKilled === true
        ? 'OOMKilled'
        : exitCode === 0
          ? 'Completed'
          : record.error === undefined
            ? 'Error'
            : 'StartError',
    ...messageOf(record.error ?? messages.get(record.id)),
    ...(record.startedAt === undefined ? {} : { startedAt: record.startedAt }),
    ...(record.finishedAt === undefined ? {} : { finishedAt: record.finishedAt }),
    containerID: `docker://${record.id}`,
  };
}

const messageOf = (message: string | undefined) => (message === undefined || message === '' ? {} : { message });

/** Of which generation of the pod it is; default the one that was seen. */
type Verdict = {
  status: 'True' | 'False';
  reason?: string;
  message?: string;
  generation?: number | undefined;
};

function conditions(
  input: Input,
  phase: string,
  init: ContainerStatus[],
  regular: ContainerStatus[],
  doom: Doom | undefined,
): PodCondition[] {
  const { pod, observed, memory } = input;
  const done = phase === 'Succeeded' || phase === 'Failed';
  const network =
    observed.sandbox?.state === 'running' && (pod.spec?.hostNetwork === true || observed.sandbox.ips.length > 0);
  // kubelet makes the sandbox when the volumes are there; here both are made at once. An agent that has just started knows by what has started.
  const volumes = volumesAreThere(pod, memory) || observed.containers.some(({ latest }) => latest !== undefined);
  const sidecars = init.filter((_, i) => observed.containers[i]?.kind === 'sidecar');
  const ready = readiness(phase, [...sidecars, ...regular]);
  const verdicts: [string, Verdict][] = [
    ['PodReadyToStartContainers', { status: network && volumes ? 'True' : 'False' }],
    ['Initialized', initialized(phase, init, observed)],
    ['Ready', gated(input, ready)],
    ['ContainersReady', ready],
    ['PodScheduled', { status: 'True' }],
    ...restartCondition(input, phase),
    ...resizeConditions(input),
    ...(doom?.disruption === undefined
      ? []
      : [['DisruptionTarget', { status: 'True', ...doom.disruption }] satisfies [string, Verdict]]),
  ];
  const own = new Set([...verdicts.map(([type]) => type), 'PodResizePending', 'PodResizeInProgress']);
  const others = (pod.status?.conditions ?? []).filter((condition) => !own.has(condition.type));
  const set = verdicts.map(([type, verdict]) =>
    condition(input, type, done && type === 'PodReadyToStartContainers' ? { status: 'False' } : verdict),
  );
  return [...set, ...others];
}

/** Of pods that have a rule for it (KEP-5532): true until what ran has ended. */
function restartCondition({ pod, observed }: StatusInput, phase: string): [string, Verdict][] {
  if (!mayRestartAll(pod)) return [];
  const type = 'AllContainersRestarting';
  if (phase === 'Succeeded') return [[type, { status: 'False', reason: 'PodCompleted' }]];
  if (phase === 'Failed') return [[type, { status: 'False', reason: 'PodFailed' }]];
  if (!observed.containers.some(({ outdated, latest }) => outdated && latest?.state === 'running'))
    return [[type, { status: 'False' }]];
  const message = 'container exited with restart policy rule';
  return [[type, { status: 'True', reason: 'RestartAllContainersStarted', message }]];
}

function initialized(phase: string, init: ContainerStatus[], observed: ObservedPod): Verdict {
  if (phase === 'Succeeded') return { status: 'True', reason: 'PodCompleted' };
  const kinds = new Map(observed.containers.map((c) => [c.spec.name, c.kind]));
  const incomplete = init
    .filter((s) => (kinds.get(s.name) === 'sidecar' ? s.started !== true : !s.ready))
    .map((s) => s.name);
  const started = observed.containers.some((c) => c.kind === 'regular' && c.latest !== undefined);
  if (incomplete.length === 0 || started) return { status: 'True' };
  return {
    status: 'False',
    reason: 'ContainersNotInitialized',
    message: `containers with incomplete status: [${incomplete.join(' ')}]`,
  };
}

function readiness(phase: string, regular: ContainerStatus[]): Verdict {
  if (phase === 'Succeeded') return { status: 'False', reason: 'PodCompleted' };
  if (phase === 'Failed') return { status: 'False', reason: 'PodFailed' };
  const unready = regular.filter((s) => !s.ready).map((s) => s.name);
  if (unready.length === 0) return { status: 'True' };
  return {
    status: 'False',
    reason: 'ContainersNotReady',
    message: `containers with unready status: [${unready.join(' ')}]`,
  };
}

/** Present only while a resize waits or is under way; both when one waits behind another (KEP-1287). */
function resizeConditions({ memory: { resizePending, resizing } }: StatusInput): [string, Verdict][] {
  const pending: [string, Verdict][] =
    resizePending === undefined ? [] : [['PodResizePending', { status: 'True', ...resizePending }]];
  if (resizing === undefined) return pending;
  const { generation, error } = resizing;
  const failure = error === undefined ? {} : { reason: 'Error', message: error };
  return [...pending, ['PodResizeInProgress', { status: 'True', generation, ...failure }]];
}

/** What was allocated to a container, and what it has: the same, unless a resize of what runs is not done yet. */
function resourcesOf({ spec, latest }: ObservedContainer, { pod }: StatusInput) {
  if (latest === undefined) return {};
  const { initContainerStatuses = [], containerStatuses = [] } = pod.status ?? {};
  const before = [...initContainerStatuses, ...containerStatuses].find(({ name }) => name === spec.name);
  const allocated = spec.resources ?? {};
  const isResized = latest.state === 'running' && resizeOf(pod, spec, latest) !== undefined;
  return {
    ...(allocated.requests === undefined ? {} : { allocatedResources: allocated.requests }),
    // Never absent: that would tell the api that this node cannot resize.
    resources: (isResized ? before?.resources : allocated) ?? {},
  };
}

/** What the pod has as a whole, where it says so (KEP-5419): that of before until a resize is done. */
function wholeResources({ pod, observed }: StatusInput): Pick<PodStatus, 'resources' | 'allocatedResources'> {
  const allocated = pod.spec?.resources;
  if (allocated === undefined) return {};
  const resources = isResizing(pod, observed) ? pod.status?.resources : allocated;
  return {
    ...(allocated.requests === undefined ? {} : { allocatedResources: allocated.requests }),
    ...(resources === undefined ? {} : { resources }),
  };
}

const isWished = (mode: string | undefined) => mode === 'Enabled' || mode === 'IfPossible';

/** Kubernetes: `status.containerStatuses[].volumeMounts`. */
const mountsOf = ({ spec }: ObservedContainer, { recursiveReadOnly: able = false }: StatusInput) =>
  (spec.volumeMounts ?? []).length === 0
    ? {}
    : {
        volumeMounts: (spec.volumeMounts ?? []).map(({ name, mountPath, readOnly, recursiveReadOnly }) => ({
          name,
          mountPath,
          ...(readOnly === true
            ? { readOnly, recursiveReadOnly: able && isWished(recursiveReadOnly) ? 'Enabled' : 'Disabled' }
            : {}),
        })),
      };

/** Conditions that others set and the pod names as its own (Kubernetes: "Pod readiness gate"). */
function gated({ pod }: StatusInput, containers: Verdict): Verdict {
  if (containers.status === 'False') return containers;
  const missing = (pod.spec?.readinessGates ?? []).flatMap(({ conditionType: type }) => {
    const found = pod.status?.conditions?.find((c) => c.type === type);
    if (found === undefined) return `corresponding condition of pod readiness gate "${type}" does not exist.`;
    if (found.status === 'True') return [];
    return `the status of pod readiness gate "${type}" is not "True", but ${found.status}`;
  });
  if (missing.length === 0) return containers;
  const message = missing.length === 1 ? (missing[0] ?? '') : `[${missing.join(', ')}]`;
  return { status: 'False', reason: 'ReadinessGatesNotReady', message };
}

function condition({ pod, time }: Input, type: string, verdict: Verdict): PodCondition {
  const known = pod.status?.conditions?.find((c) => c.type === type);
  const same = known?.status === verdict.status;
  const generation = verdict.generation ?? pod.metadata.generation;
  return {
    type,
    status: verdict.status,
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    lastTransitionTime: (same ? known?.lastTransitionTime : undefined) ?? time,
    ...(verdict.reason === undefined ? {} : { reason: verdict.reason }),
    ...(verdict.message === undefined ? {} : { message: verdict.message }),
  };
}
