import type { EventRecorder } from '@kubus/shared/events';
import type { Container, Pod } from '@kubus/shared/schema';
import type { Target } from '../../actions/contract.ts';
import type { StepContext } from './contract.ts';

const firstSandboxRetryMs = 1_000;
const longestSandboxRetryMs = 10_000;

/** Notes why a container waits, and when its step may be tried again. */
export function failed(
  context: StepContext,
  container: string,
  reason: string,
  message: string,
  delayMs = context.retryMs,
): void {
  context.memory.waiting.set(container, { reason, message });
  context.memory.retryAt.set(container, context.now() + delayMs);
}

/**
 * The sandbox is tried again soon at first: what it lacks (a network, an address) is often back at once. Then twice as late each time, up to about what kubelet waits
 * each time (pkg/kubelet backOffPeriod, ten seconds), for every failure is an event.
 */
export function sandboxFailed(context: StepContext, error: unknown): void {
  const message = messageOf(error);
  emit(context, '', 'Warning', 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${message}`);
  const delayMs = Math.min(firstSandboxRetryMs * 2 ** context.memory.sandboxFailures, longestSandboxRetryMs);
  context.memory.sandboxFailures += 1;
  failed(context, '', 'FailedCreatePodSandBox', message, delayMs);
}

export function succeeded(context: StepContext, container: string): void {
  context.memory.waiting.delete(container);
  context.memory.retryAt.delete(container);
  if (container === '') context.memory.sandboxFailures = 0;
}

export function specOf(context: StepContext, name: string): Container {
  const found = context.observed.containers.find((c) => c.spec.name === name)?.spec;
  if (found === undefined) throw new Error(`the pod has no container ${name}`);
  return found;
}

/** A running container as a hook reaches it. */
export function targetOf(context: StepContext, id: string, container: string): Target {
  const { pod, observed } = context;
  const address = pod.spec?.hostNetwork === true ? context.facts(pod).hostIPs[0] : observed.sandbox?.ips[0];
  return { id, container: specOf(context, container), address: address ?? '' };
}

export function emit(
  context: StepContext,
  container: string,
  type: 'Normal' | 'Warning',
  reason: string,
  message: string,
): void {
  emitFor(context.events, context.pod, container, type, reason, message);
}

/** Events about a container name the part of the pod that they mean; '' is the pod itself. */
export function emitFor(
  events: EventRecorder,
  { apiVersion, kind, metadata, spec }: Pod,
  container: string,
  type: 'Normal' | 'Warning',
  reason: string,
  message: string,
): void {
  const isIn = (list: readonly { name: string }[] = []) => list.some(({ name }) => name === container);
  const list = isIn(spec?.containers)
    ? 'containers'
    : isIn(spec?.ephemeralContainers)
      ? 'ephemeralContainers'
      : 'initContainers';
  events.event(
    {
      apiVersion: apiVersion ?? 'v1',
      kind: kind ?? 'Pod',
      name: metadata.name,
      ...(metadata.namespace === undefined ? {} : { namespace: metadata.namespace }),
      ...(metadata.uid === undefined ? {} : { uid: metadata.uid }),
      ...(metadata.resourceVersion === undefined ? {} : { resourceVersion: metadata.resourceVersion }),
      ...(container === '' ? {} : { fieldPath: `spec.${list}{${container}}` }),
    },
    type,
    reason,
    message,
  );
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
