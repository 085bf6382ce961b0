import type { ContainerStatus } from '@kubus/shared/schema';
import type { ObservedPod } from './observe.ts';

export const runs = ({ records }: ObservedPod): boolean =>
  records.some(({ container, state }) => container !== '' && state === 'running');

/** The pod has its last phase, and nothing of it runs any more. */
export const isOver = (phase: string, observed: ObservedPod): boolean =>
  (phase === 'Succeeded' || phase === 'Failed') && !runs(observed);

export interface ContainerStates {
  init: ContainerStatus[];
  regular: ContainerStatus[];
}

/**
 * How the containers are left when the pod is over: what waits then never starts, and counts as ended, as kubelet says (TerminatePod). Containers that it never
 * came to, because those before them did not succeed, go on waiting.
 */
export function lastStates(init: readonly ContainerStatus[], regular: readonly ContainerStatus[]): ContainerStates {
  const begun = Math.max(1, init.findLastIndex(hasStarted) + 1);
  return {
    init: init.map((status, i) => (i < begun ? ended(status) : status)),
    regular: hasInitialized(init, regular) ? regular.map(ended) : [...regular],
  };
}

const hasStarted = ({ state, lastState }: ContainerStatus): boolean =>
  state?.waiting === undefined || lastState?.terminated !== undefined;

function hasInitialized(init: readonly ContainerStatus[], regular: readonly ContainerStatus[]): boolean {
  const last = init.at(-1);
  const succeeded = [last?.state, last?.lastState].some((state) => state?.terminated?.exitCode === 0);
  return last === undefined || succeeded || regular.some(hasStarted);
}

const ended = (status: ContainerStatus): ContainerStatus =>
  status.state?.terminated !== undefined ? status : { ...status, state: { terminated: unlocated } };

const unlocated = {
  exitCode: 137,
  reason: 'ContainerStatusUnknown',
  message: 'The container could not be located when the pod was terminated',
};
