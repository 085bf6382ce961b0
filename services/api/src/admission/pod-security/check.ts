import type { Container, Pod, PodSpec } from '@kubus/shared/schema';

export type Subject = Pick<Pod, 'metadata' | 'spec'> & { spec: PodSpec };

/** What a check found, as it is told: '<reason> (<detail>)'. */
interface Violation {
  reason: string;
  detail: string;
}

/** One rule of the Pod Security Standards. */
export interface Check {
  id: string;
  /** The minor version since which it holds. */
  since?: number;
  /** Of the restricted level: ids of baseline checks that it says more than. */
  overrides?: readonly string[];
  /** `minor` is the version whose rules are asked for. */
  find(pod: Subject, minor: number): Violation | undefined;
}

/** In the order in which they are looked at. */
export function containersOf({ initContainers = [], containers, ephemeralContainers = [] }: PodSpec): Container[] {
  return [...initContainers, ...(containers ?? []), ...(ephemeralContainers as readonly Container[])];
}

export const quoted = (names: Iterable<string>): string => [...names].map((name) => JSON.stringify(name)).join(', ');
export const plural = (one: string, many: string, count: number): string => (count === 1 ? one : many);
/** Each once, sorted. */
export const distinct = (values: Iterable<string>): string[] => [...new Set(values)].sort();

/** 'container "a"', 'containers "a", "b"'. */
export const theContainers = (names: readonly string[]): string =>
  `${plural('container', 'containers', names.length)} ${quoted(names)}`;

/** 'pod', 'container "a"', 'pod and containers "a", "b"'. */
export function theSetters(pod: boolean, containers: readonly string[], joint = 'and'): string {
  const parts = [...(pod ? ['pod'] : []), ...(containers.length > 0 ? [theContainers(containers)] : [])];
  return parts.join(` ${joint} `);
}

export function namesWhere(pod: Subject, test: (container: Container) => boolean): string[] {
  return containersOf(pod.spec)
    .filter(test)
    .map(({ name }) => name);
}
