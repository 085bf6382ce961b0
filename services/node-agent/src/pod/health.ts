import type { ObservedContainer } from './observe.ts';

/** What probes have found out about one running container. */
export interface Health {
  /** Its startup probe has succeeded, or it has none. */
  started: boolean;
  /** Its readiness probe succeeds, or it has none. */
  ready: boolean;
  /** A probe because of which it has to be ended. */
  failed?: 'liveness' | 'startup';
  /** Taken from the API's status, until a probe of this agent has decided. */
  inherited?: boolean;
}

/** What is known of containers beyond what the runtime shows of them. */
export interface Known {
  /** By the container's id. */
  health: ReadonlyMap<string, Health>;
  /** Name -> attempt whose postStart hook has ended. */
  postStarted: ReadonlyMap<string, number>;
}

export const hasProbes = ({ spec }: ObservedContainer): boolean =>
  spec.livenessProbe !== undefined || spec.readinessProbe !== undefined || spec.startupProbe !== undefined;

/** Whether it runs and its postStart hook is over: until then it is not probed, and those after it wait. */
export function isUp({ latest, spec }: ObservedContainer, { postStarted }: Known): boolean {
  if (latest?.state !== 'running') return false;
  return spec.lifecycle?.postStart === undefined || postStarted.get(spec.name) === latest.attempt;
}

/** Whether it has come up, as far as its startup probe tells (Kubernetes: `status.containerStatuses[].started`). */
export function hasStarted(container: ObservedContainer, known: Known): boolean {
  if (!isUp(container, known)) return false;
  return container.spec.startupProbe === undefined || known.health.get(container.latest?.id ?? '')?.started === true;
}

export function isReady(container: ObservedContainer, known: Known): boolean {
  if (!hasStarted(container, known)) return false;
  return container.spec.readinessProbe === undefined || known.health.get(container.latest?.id ?? '')?.ready === true;
}
