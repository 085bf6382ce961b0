import type { Pod } from '@kubus/shared/schema';
import type { Cgroup } from '../runtime/cgroup.ts';
import type { ContainerRecord } from '../runtime/contract.ts';
import { backoffOf, hasOtherImage, isAhead, type NotedWait, waitAfter } from './backoff.ts';
import { deadlineOf, doomOf } from './doom.ts';
import { hasStarted, isUp } from './health.ts';
import { imageVolumeKey, unfilledImageVolumes } from './image-volumes.ts';
import type { PodMemory } from './memory.ts';
import type { ObservedContainer, ObservedPod } from './observe.ts';
import { resizeOf } from './resize.ts';
import { restarts } from './restarts.ts';
import { endOf } from './times.ts';
import { volumesAreThere, volumesWish } from './volumes-wish.ts';

/** What may be done to a pod; each step is idempotent and named for what it leaves behind. */
export interface StepMap {
  'set-up-volumes': Record<never, never>;
  'run-sandbox': { attempt: number };
  'start-container': { id: string; container: string };
  'pull-image': { container: string; image: string };
  'fill-image-volume': { volume: string };
  'run-container': {
    container: string;
    attempt: number;
    sandboxId: string;
    sandboxAttempt: number;
    round?: number;
    restartOf?: ContainerRecord;
  };
  /** Its end wakes the pod. */
  'run-post-start': { id: string; container: string; attempt: number };
  'resize-container': { id: string; container: string; to: Cgroup };
  'note-back-off': { container: string } & NotedWait;
  /** `message` is what users are told of it. */
  'stop-container': { id: string; container: string; graceSeconds: number; message?: string; replace?: boolean };
  'remove-container': { id: string };
  'remove-volumes': Record<never, never>;
  'report-deleted': Record<never, never>;
}

export type StepName = keyof StepMap;
export type Step = { [Name in StepName]: { step: Name } & StepMap[Name] }[StepName];

export interface Plan {
  /** To be carried out now, independent of each other. */
  steps: Step[];
  /** When to plan again though nothing has changed; milliseconds since 1970. */
  wakeAt?: number;
}

export interface PlanInput {
  /** With the resources that were allocated to it. */
  pod: Pod;
  observed: ObservedPod;
  memory: PodMemory;
  /** Milliseconds since 1970. */
  now: number;
  /** The API does not know the pod any more. */
  gone: boolean;
}

/** Decides the next steps towards the pod as it is desired; pure. */
export function plan(input: PlanInput): Plan {
  const { pod, observed } = input;
  if (input.gone) return end(input, gracePeriod(pod, 1), false);
  if (pod.metadata.deletionTimestamp !== undefined) return end(input, gracePeriod(pod, 30), true);
  const doom = doomOf(pod, input.memory, input.now);
  if (doom !== undefined) return rest(input, doom.graceSeconds);
  if (isFinished(pod, observed)) return rest(input);
  const next = run(input);
  const wakes = [next.wakeAt, deadlineOf(pod)].filter((time) => time !== undefined);
  return wakes.length === 0 ? next : { ...next, wakeAt: Math.min(...wakes) };
}

/** The grace period that was asked for at deletion, else the pod's own (Kubernetes: "Pod termination flow"). */
function gracePeriod(pod: Pod, otherwise: number): number {
  return pod.metadata.deletionGracePeriodSeconds ?? pod.spec?.terminationGracePeriodSeconds ?? otherwise;
}

/** Ends what runs, then removes everything, then says so. */
function end(input: PlanInput, graceSeconds: number, report: boolean): Plan {
  const { records } = input.observed;
  const stops = stopAll(input, graceSeconds);
  const running = records.filter((r) => r.container !== '' && r.state === 'running');
  if (running.length > 0) return { steps: stops };
  if (records.length > 0) return { steps: records.map(({ id }) => ({ step: 'remove-container', id })) };
  if (input.observed.volumes) return { steps: [{ step: 'remove-volumes' }] };
  return { steps: report && !input.memory.reportedDeleted ? [{ step: 'report-deleted' }] : [] };
}

/** kubelet: minimumGracePeriodInSeconds, which containers get that had to wait for others. */
export const leastGraceSeconds = 2;

/** What is left of the pod's grace period for containers that have waited for others to end. */
function graceLeft({ memory, now }: PlanInput, graceSeconds: number): number {
  const elapsed = Math.floor((now - (memory.endingSince ?? now)) / 1000);
  return elapsed <= 0 ? graceSeconds : Math.max(Math.min(leastGraceSeconds, graceSeconds), graceSeconds - elapsed);
}

/** Regular containers first, then sidecars, the last one first (KEP-753). */
function stopAll(input: PlanInput, graceSeconds: number): Step[] {
  const running = input.observed.records.filter((r) => r.container !== '' && r.state === 'running');
  const sidecars = input.observed.containers.filter((c) => c.kind === 'sidecar').map((c) => c.spec.name);
  const regular = running.filter((r) => !sidecars.includes(r.container));
  const last = sidecars.findLast((name) => running.some((r) => r.container === name));
  if (regular.length > 0) return regular.flatMap((r) => stop(input, r, graceSeconds));
  const left = graceLeft(input, graceSeconds);
  return running.filter((r) => r.container === last).flatMap((r) => stop(input, r, left));
}

/** Nothing when it is already being stopped at least as soon. */
function stop({ memory, now }: PlanInput, record: ContainerRecord, graceSeconds: number, message?: string): Step[] {
  const killAt = now + graceSeconds * 1000;
  const known = memory.stopping.get(record.id);
  // A repeated request with the same period must not count as a new one.
  if (known !== undefined && known <= killAt) return [];
  const { id, container } = record;
  return [{ step: 'stop-container', id, container, graceSeconds, ...(message === undefined ? {} : { message }) }];
}

/** A pod that has run to its end keeps its dead containers, for their logs, and nothing else. */
function rest(input: PlanInput, graceSeconds = gracePeriod(input.pod, 30)): Plan {
  const { observed } = input;
  const stops = stopAll(input, graceSeconds);
  if (stops.length > 0 || observed.records.some((r) => r.container !== '' && r.state === 'running'))
    return { steps: stops };
  const sandboxes = observed.records.filter((r) => r.container === '');
  if (sandboxes.length > 0) return { steps: sandboxes.map(({ id }) => ({ step: 'remove-container', id })) };
  return { steps: observed.volumes ? [{ step: 'remove-volumes' }] : [] };
}

/** Whether every container has ended for good. */
function isFinished(pod: Pod, observed: ObservedPod): boolean {
  const phase = pod.status?.phase;
  if (phase === 'Succeeded' || phase === 'Failed') return true;
  const ended = (c: ObservedContainer) => c.latest?.state === 'exited' && !restarts(pod, c);
  if (observed.containers.some((c) => c.kind === 'init' && ended(c) && c.latest?.exitCode !== 0)) return true;
  return observed.containers.filter((c) => c.kind === 'regular').every(ended);
}

/** Volumes are set up while the sandbox is; only containers wait for them. */
function run(input: PlanInput): Plan {
  return earliest([setUpVolumes(input), runContainers(input)]);
}

/** Several plans as one. */
function earliest(plans: readonly Plan[]): Plan {
  const wakes = plans.flatMap(({ wakeAt }) => (wakeAt === undefined ? [] : [wakeAt]));
  return { steps: plans.flatMap(({ steps }) => steps), ...(wakes.length === 0 ? {} : { wakeAt: Math.min(...wakes) }) };
}

function setUpVolumes({ pod, memory, now }: PlanInput): Plan {
  const { wish, retryAt } = memory.volumes;
  if ((wish ?? '') === volumesWish(pod)) return { steps: [] };
  return isAhead(retryAt, now) ? { steps: [], wakeAt: retryAt } : { steps: [{ step: 'set-up-volumes' }] };
}

/** Before the containers that mount them, and after the sandbox, as kubelet does. */
function fillImageVolumes({ pod, memory, now }: PlanInput): Plan {
  const plans = unfilledImageVolumes(pod, memory).map(({ name }): Plan => {
    const retryAt = memory.retryAt.get(imageVolumeKey(name)) ?? 0;
    return isAhead(retryAt, now)
      ? { steps: [], wakeAt: retryAt }
      : { steps: [{ step: 'fill-image-volume', volume: name }] };
  });
  return earliest(plans);
}

function runContainers(input: PlanInput): Plan {
  const { observed, memory, now } = input;
  const { sandbox } = observed;
  const old = observed.oldSandboxes.map(({ id }): Step => ({ step: 'remove-container', id }));
  if (sandbox?.state === 'running') {
    const over = endRound(input);
    if (over.length > 0) return { steps: [...old, ...over] };
    const wanted = earliest([fillImageVolumes(input), startContainers(input, sandbox)]);
    return { ...wanted, steps: [...old, ...removeStale(observed), ...wanted.steps] };
  }
  if (sandbox?.state === 'created') return { steps: [{ step: 'start-container', id: sandbox.id, container: '' }] };
  // Without their sandbox the containers have lost their network: they end, and start again in a new one.
  const running = observed.records.filter((r) => r.container !== '' && r.state === 'running');
  if (running.length > 0) return { steps: running.flatMap((r) => stop(input, r, gracePeriod(input.pod, 30))) };
  const wait = memory.retryAt.get('') ?? 0;
  if (isAhead(wait, now)) return { steps: old, wakeAt: wait };
  // Later than any sandbox that a container still names: a new one must not pass for that.
  const known = observed.records.map((r) => r.sandboxAttempt);
  const attempt = Math.max(-1, memory.attempts.get('') ?? -1, ...known) + 1;
  return { steps: [...old, { step: 'run-sandbox', attempt }] };
}

/** What still runs of a round that is over; nobody has time to say goodbye (KEP-5532). */
const endRound = (input: PlanInput): Step[] =>
  input.observed.containers
    .filter(({ outdated, latest }) => outdated && latest?.state === 'running')
    .flatMap(({ latest }) => (latest === undefined ? [] : stop(input, latest, 0)));

const removeStale = (observed: ObservedPod): Step[] =>
  observed.containers.flatMap((c) =>
    c.stale.filter((r) => r.id !== '').map(({ id }): Step => ({ step: 'remove-container', id })),
  );

/** Init containers one after the other, then all others at once. */
function startContainers(input: PlanInput, sandbox: ContainerRecord): Plan {
  const { observed } = input;
  const inThisSandbox = (c: ObservedContainer) =>
    !c.outdated && c.latest !== undefined && c.latest.sandboxAttempt === sandbox.attempt;
  const started = observed.containers.some((c) => c.kind === 'regular' && inThisSandbox(c));
  // A new sandbox runs the init containers again, but not in a pod that restarts nothing.
  const once = input.pod.spec?.restartPolicy === 'Never';
  const stays = (c: ObservedContainer) => inThisSandbox(c) || (once && !c.outdated);
  const plans: Plan[] = [];
  const ephemeral = observed.containers.filter((c) => c.kind === 'ephemeral');
  for (const container of ephemeral) plans.push(startContainer(input, container, sandbox, false));
  for (const container of observed.containers) {
    if (container.kind === 'ephemeral') continue;
    if (container.kind === 'init' && (started || (stays(container) && succeeded(container)))) continue;
    const again = container.kind === 'init' && !stays(container);
    const next = startContainer(input, container, sandbox, again);
    plans.push(next);
    if (holdsUp(container, input, started, next.steps.length > 0)) break;
  }
  return earliest(plans);
}

/** Whether those after it wait: for an init container to succeed, for a sidecar to have started, for a hook to end. */
function holdsUp(container: ObservedContainer, { memory }: PlanInput, started: boolean, busy: boolean): boolean {
  if (container.kind === 'init') return true;
  if (container.kind === 'sidecar') return !started && !hasStarted(container, memory);
  if (container.spec.lifecycle?.postStart === undefined) return false;
  return busy || (container.latest?.state === 'running' && !isUp(container, memory));
}

const succeeded = (c: ObservedContainer) => c.latest?.state === 'exited' && c.latest.exitCode === 0;

function startContainer(
  input: PlanInput,
  container: ObservedContainer,
  sandbox: ContainerRecord,
  again: boolean,
): Plan {
  const { memory, now } = input;
  const { latest, spec } = container;
  if (latest?.state === 'running') return keepRunning(input, container, latest);
  const retryAt = memory.retryAt.get(spec.name) ?? 0;
  if (isAhead(retryAt, now)) return { steps: [], wakeAt: retryAt };
  if (latest?.state === 'created' && volumesAreThere(input.pod, memory))
    return { steps: [{ step: 'start-container', id: latest.id, container: spec.name }] };
  if (latest !== undefined && !again && !restarts(input.pod, container)) return { steps: [] };
  if (latest !== undefined && !container.outdated) {
    const endedAt = endOf(latest);
    const noted = memory.backOffNoted.get(spec.name);
    const until = waitAfter(endedAt, { backoff: backoffOf(memory.backoffs, spec, latest), noted, now });
    const note: Step = { step: 'note-back-off', container: spec.name, endedAt, until: until ?? now };
    if (until !== undefined) return { steps: noted?.endedAt === endedAt ? [] : [note], wakeAt: until };
  }
  const image = spec.image ?? '';
  if (!memory.images.has(imageKey(spec.name, image)))
    return { steps: [{ step: 'pull-image', container: spec.name, image }] };
  if (!volumesAreThere(input.pod, memory) || unfilledImageVolumes(input.pod, memory, spec).length > 0)
    return { steps: [] };
  const attempt = Math.max(latest?.attempt ?? -1, memory.attempts.get(spec.name) ?? -1) + 1;
  const common = { container: spec.name, attempt, sandboxId: sandbox.id, sandboxAttempt: sandbox.attempt };
  const round = input.observed.round === 0 ? {} : { round: input.observed.round };
  const restartOf = latest === undefined || container.outdated ? {} : { restartOf: latest };
  return { steps: [{ step: 'run-container', ...common, ...round, ...restartOf }] };
}

/** Ends what its probes or its hook have given up; runs the hook of what has just been started. */
function keepRunning(input: PlanInput, container: ObservedContainer, latest: ContainerRecord): Plan {
  const { pod, memory } = input;
  const { spec } = container;
  if (!isUp(container, memory) && !memory.postStarting.has(latest.id))
    return { steps: [{ step: 'run-post-start', id: latest.id, container: spec.name, attempt: latest.attempt }] };
  if (memory.postStartFailed.has(latest.id))
    return { steps: stop(input, latest, gracePeriod(pod, 30), 'FailedPostStartHook') };
  const failed = memory.health.get(latest.id)?.failed;
  if (failed === undefined) return adjust(input, container, latest);
  const probe = failed === 'liveness' ? spec.livenessProbe : spec.startupProbe;
  const grace = probe?.terminationGracePeriodSeconds ?? gracePeriod(pod, 30);
  const again = restarts(pod, container) ? ', will be restarted' : '';
  return { steps: stop(input, latest, grace, `Container ${spec.name} failed ${failed} probe${again}`) };
}

/** Another image; limits that were allocated to it since its start. */
function adjust(input: PlanInput, { spec, kind }: ObservedContainer, latest: ContainerRecord): Plan {
  const { memory, now } = input;
  if (kind !== 'init' && hasOtherImage(spec, latest))
    return replace(input, latest, `Container ${spec.name} definition changed, will be restarted`);
  const change = resizeOf(input.pod, spec, latest);
  if (change === undefined) return { steps: [] };
  if (change.restart) return replace(input, latest, `Container ${spec.name} resize requires restart`);
  const retryAt = memory.resizeRetryAt.get(spec.name) ?? 0;
  if (isAhead(retryAt, now)) return { steps: [], wakeAt: retryAt };
  return { steps: [{ step: 'resize-container', id: latest.id, container: spec.name, to: change.to }] };
}

const replace = (input: PlanInput, latest: ContainerRecord, message: string): Plan => ({
  steps: stop(input, latest, gracePeriod(input.pod, 30), message).map((step) => ({ ...step, replace: true })),
});

/** One entry per container and image: each container has its own pull policy. */
export const imageKey = (container: string, image: string): string => `${container} ${image}`;
