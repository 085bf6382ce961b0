import type { Container, LifecycleHandler, Probe } from '@kubus/shared/schema';

/** A running container, as probes and hooks reach it. */
export interface Target {
  /** Of the running container. */
  id: string;
  container: Container;
  /** Address of the pod, or of the node for a pod in its network; '' when it has none. */
  address: string;
}

/** What came of an action. A `warning` counts as success, and users are told of it. */
export interface Outcome {
  result: 'success' | 'failure' | 'warning';
  /** In kubelet's words. */
  output: string;
  /** It failed with an answer, which says no. */
  answered?: true;
  /** It was asked by HTTPS, and speaks HTTP alone. */
  plainServer?: true;
}

/** How a hook was carried out. */
export interface HookEnd {
  /** Host and port that speak HTTP alone, which took the place of the HTTPS that the hook names. */
  plainInstead?: string;
}

/** What is done to running containers for Kubernetes' probes and hooks. */
export interface Actions {
  /** Rejects when it could not be carried out, which says nothing about the container. */
  probe(probe: Probe, target: Target): Promise<Outcome>;
  /** Rejects when the hook fails; resolves early when it is given up. */
  hook(handler: LifecycleHandler, target: Target, signal: AbortSignal): Promise<HookEnd>;
}

export const success = (output = ''): Outcome => ({ result: 'success', output });
export const failure = (output: string): Outcome => ({ result: 'failure', output });
