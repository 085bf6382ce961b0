import { compareQuantities } from '@kubus/shared/object';
import type { Container, Pod, ResourceRequirements } from '@kubus/shared/schema';

/** The resources that a node has allocated to a pod (KEP-1287): its containers and sidecars run with these, whatever its spec asks for since. */
export interface Allocation {
  /** By name, of all containers whose resources may be changed. */
  containers: Readonly<Record<string, ResourceRequirements>>;
  /** Of the pod as a whole, where it has some (KEP-5419). */
  whole?: ResourceRequirements;
}

const isResizable = ({ restartPolicy }: Container, init: boolean) => !init || restartPolicy === 'Always';

/** What a pod asks for. */
export function allocationOf({ spec }: Pod): Allocation {
  const sidecars = (spec?.initContainers ?? []).filter((container) => isResizable(container, true));
  const all = [...sidecars, ...(spec?.containers ?? [])];
  return {
    containers: Object.fromEntries(all.map(({ name, resources = {} }) => [name, resources])),
    ...(spec?.resources === undefined ? {} : { whole: spec.resources }),
  };
}

/** The pod with what was allocated to it in place of what it asks for; the very same pod where that is no other. */
export function asAllocated(pod: Pod, { containers, whole }: Allocation): Pod {
  const { spec } = pod;
  if (spec === undefined) return pod;
  let other = false;
  const given = (list: readonly Container[], init: boolean) =>
    list.map((container) => {
      const resources = Object.hasOwn(containers, container.name) ? containers[container.name] : undefined;
      if (!isResizable(container, init) || resources === undefined || isSame(container.resources, resources))
        return container;
      other = true;
      return { ...container, resources };
    });
  const initContainers = given(spec.initContainers ?? [], true);
  const regular = given(spec.containers ?? [], false);
  const asWhole = whole !== undefined && !isSame(spec.resources, whole);
  if (!other && !asWhole) return pod;
  return {
    ...pod,
    spec: {
      ...spec,
      containers: regular,
      ...(spec.initContainers === undefined ? {} : { initContainers }),
      ...(asWhole ? { resources: whole } : {}),
    },
  };
}

/** Nothing but cpu and memory can change. */
function isSame(a: ResourceRequirements | undefined, b: ResourceRequirements): boolean {
  if (a === b) return true;
  return (['limits', 'requests'] as const).every((kind) =>
    ['cpu', 'memory'].every((name) => isEqual(a?.[kind]?.[name], b[kind]?.[name])),
  );
}

const isEqual = (a: string | number | undefined, b: string | number | undefined) =>
  a === undefined || b === undefined ? a === b : compareQuantities(a, b) === 0;
