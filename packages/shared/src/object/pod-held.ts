import type { Container, ContainerStatus, Pod, PodSpec, ResourceRequirements } from '../schema/index.ts';
import { compareQuantities } from './quantity.ts';
import type { ResourceList } from './totals.ts';

/** What a status says of a container, or of the pod as a whole. */
type Held = Pick<ContainerStatus, 'allocatedResources' | 'resources'>;

/**
 * The spec with what is to be counted of a pod that is being resized: the most of what each container asks for, was allocated and has; what it asks for does not
 * count while its node says that it cannot have that (KEP-1287, "Scheduler and API Server Interaction"; component-helpers/resource PodRequests with UseStatusResources).
 * The very same spec where that is no other.
 */
export function heldSpec({ spec = { containers: [] }, status }: Pod): PodSpec {
  const { initContainerStatuses = [], containerStatuses = [], conditions = [] } = status ?? {};
  const known = [...initContainerStatuses, ...containerStatuses].filter(({ resources }) => resources !== undefined);
  if (known.length === 0) return spec;
  const infeasible = conditions.some(({ type, reason }) => type === 'PodResizePending' && reason === 'Infeasible');
  const held = <T extends { resources?: ResourceRequirements }>(asking: T, has: Held | undefined): T => {
    const resources = has?.resources === undefined ? asking.resources : most(asking.resources, has, infeasible);
    return resources === asking.resources || resources === undefined ? asking : { ...asking, resources };
  };
  const ofContainer = (container: Container) =>
    held(
      container,
      known.find(({ name }) => name === container.name),
    );
  const containers = each(spec.containers ?? [], ofContainer);
  const initContainers = each(spec.initContainers ?? [], (container) =>
    container.restartPolicy === 'Always' ? ofContainer(container) : container,
  );
  const whole = spec.resources === undefined ? spec : held(spec, status);
  if (containers === spec.containers && initContainers === (spec.initContainers ?? initContainers) && whole === spec)
    return spec;
  return { ...whole, containers, ...(spec.initContainers === undefined ? {} : { initContainers }) };
}

/** The same list where nothing of it was changed. */
function each<T>(list: readonly T[], change: (one: T) => T): T[] {
  const changed = list.map(change);
  return changed.every((one, i) => one === list[i]) ? (list as T[]) : changed;
}

function most(
  asked: ResourceRequirements | undefined,
  { allocatedResources, resources }: Held,
  infeasible: boolean,
): ResourceRequirements | undefined {
  const of = (kind: 'limits' | 'requests', ...more: (ResourceList | undefined)[]) =>
    largest([infeasible ? undefined : asked?.[kind], resources?.[kind], ...more]);
  const requests = of('requests', allocatedResources);
  const limits = of('limits');
  const same = isSame(requests, asked?.requests) && isSame(limits, asked?.limits);
  return same ? asked : { ...asked, requests, limits };
}

function largest(lists: readonly (ResourceList | undefined)[]): Record<string, string | number> {
  const found = new Map<string, string | number>();
  for (const list of lists)
    for (const [name, quantity] of Object.entries(list ?? {})) {
      const before = found.get(name);
      if (before === undefined || compareQuantities(quantity, before) > 0) found.set(name, quantity);
    }
  return Object.fromEntries(found);
}

function isSame(found: ResourceList, asked: ResourceList = {}): boolean {
  const names = Object.keys(found);
  return names.length === Object.keys(asked).length && names.every((name) => found[name] === asked[name]);
}
