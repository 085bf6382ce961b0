import type { ContainerStatus, PodCondition, PodStatus } from '@kubus/shared/schema';

/** Steps on the way to something else; nobody acts on them. */
const passing: ReadonlySet<string> = new Set(['PodReadyToStartContainers', 'Initialized']);
const starting: ReadonlySet<string | undefined> = new Set([undefined, 'ContainerCreating', 'PodInitializing']);

/**
 * True when a status tells of nothing that anybody acts on: no other phase, no container in another state, nothing ready that was not, as when a pod has
 * been seen or its sandbox has an address. The next status mostly comes soon, and says this too.
 */
export function isPassing(known: PodStatus = {}, next: PodStatus): boolean {
  return (
    (known.phase ?? 'Pending') === (next.phase ?? 'Pending') &&
    known.reason === next.reason &&
    sameConditions(known.conditions ?? [], next.conditions ?? []) &&
    sameContainers(known.initContainerStatuses, next.initContainerStatuses) &&
    sameContainers(known.containerStatuses, next.containerStatuses) &&
    sameContainers(known.ephemeralContainerStatuses, next.ephemeralContainerStatuses)
  );
}

function sameConditions(known: readonly PodCondition[], next: readonly PodCondition[]): boolean {
  const holding = (conditions: readonly PodCondition[]) =>
    conditions
      .filter(({ type, status }) => status === 'True' && !passing.has(type) && type !== 'PodScheduled')
      .map(({ type }) => type)
      .sort()
      .join();
  return holding(known) === holding(next);
}

function sameContainers(known: readonly ContainerStatus[] = [], next: readonly ContainerStatus[] = []): boolean {
  return next.every((status) =>
    sameContainer(
      known.find(({ name }) => name === status.name),
      status,
    ),
  );
}

function sameContainer(known: ContainerStatus | undefined, next: ContainerStatus): boolean {
  const { running, terminated, waiting } = next.state ?? {};
  if (known === undefined) {
    const isNew = running === undefined && terminated === undefined && next.restartCount === 0;
    return isNew && starting.has(waiting?.reason);
  }
  return (
    known.containerID === next.containerID &&
    known.restartCount === next.restartCount &&
    known.ready === next.ready &&
    (known.started ?? false) === (next.started ?? false) &&
    (known.state?.running === undefined) === (running === undefined) &&
    (known.state?.terminated === undefined) === (terminated === undefined) &&
    known.state?.waiting?.reason === waiting?.reason &&
    JSON.stringify(known.resources) === JSON.stringify(next.resources)
  );
}
