import type { FieldError } from '../../errors/index.ts';
import { equal } from '../../object/equal.ts';
import type { Container, Pod, ResourceRequirements } from '../../schema/index.ts';
import { field } from '../field.ts';
import { qosClass } from './resources.ts';

/**
 * Of all that is sent, the resources and resize policies of containers and sidecars are taken (KEP-1287, pods/resize), and those of the pod as a whole where it
 * has some (KEP-5419). Containers that are others than those of the pod are left in, for validation to tell.
 */
export function keepAllButResources(object: Pod, old: Pod): void {
  const { spec } = old;
  if (spec !== undefined && changedNames(object, old) === undefined) {
    const merge = (list: readonly Container[] | undefined, sent: readonly Container[] | undefined) =>
      list?.map((container) => {
        const wanted = sent?.find(({ name }) => name === container.name);
        return wanted === undefined ? container : withResources(container, wanted);
      });
    const initContainers = merge(spec.initContainers, object.spec?.initContainers);
    const whole = object.spec?.resources ?? spec.resources;
    object.spec = {
      ...spec,
      containers: merge(spec.containers, object.spec?.containers) ?? [],
      ...(initContainers === undefined ? {} : { initContainers }),
      ...(spec.resources === undefined || whole === undefined ? {} : { resources: whole }),
    };
  }
  if (old.status !== undefined) object.status = old.status;
  object.metadata = { ...old.metadata };
}

/** Why the containers are not those of the pod, or undefined. */
function changedNames({ spec }: Pod, { spec: old }: Pod): string | undefined {
  for (const list of ['containers', 'initContainers'] as const) {
    const [now, before] = [spec?.[list] ?? [], old?.[list] ?? []];
    if (now.length !== before.length) return `${list} may not be added or removed on resize`;
    if (now.some(({ name }, i) => name !== before[i]?.name)) return `${list} may not be renamed or reordered on resize`;
  }
  return undefined;
}

function withResources(container: Container, { resources, resizePolicy }: Container): Container {
  const { resources: _, resizePolicy: __, ...rest } = container;
  return {
    ...rest,
    ...(resources === undefined ? {} : { resources: withRequests(resources) }),
    ...(resizePolicy === undefined ? {} : { resizePolicy }),
  };
}

/** What is limited and not asked for is asked for as much as it is limited, as at creation. */
function withRequests(resources: ResourceRequirements): ResourceRequirements {
  const { limits, requests } = resources;
  return limits === undefined ? resources : { ...resources, requests: { ...limits, ...requests } };
}

/** pkg/apis/core/validation ValidatePodResize. */
export function validateResize(pod: Pod, old: Pod): FieldError[] {
  if (old.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined)
    return [field.forbidden('', 'static pods cannot be resized')];
  if (old.spec?.os?.name === 'windows') return [field.forbidden('', 'windows pods cannot be resized')];
  const changed = changedNames(pod, old);
  if (changed !== undefined) return [field.forbidden('spec', changed)];
  const ofPod = [
    ...(qosClass(pod) === qosClass(old)
      ? []
      : [field.invalid('spec', qosClass(pod), 'Pod QOS Class may not change as a result of resizing')]),
    ...(isOnAbleNode(old) ? [] : [field.forbidden('spec', 'Pod running on node without support for resize')]),
  ];
  const ofContainers = (['containers', 'initContainers'] as const).flatMap((list) =>
    (pod.spec?.[list] ?? []).flatMap((container, i) => {
      const before = old.spec?.[list]?.[i];
      return before === undefined ? [] : containerErrors(container, before, `spec.${list}[${i}]`, list);
    }),
  );
  return [...ofPod, ...changeErrors(pod.spec?.resources, old.spec?.resources, 'spec'), ...ofContainers];
}

/** A node that can resize tells what running containers have, be it nothing; as kube-apiserver, the first that runs is asked (KEP-1287, version skew). */
function isOnAbleNode({ status }: Pod): boolean {
  const running = status?.containerStatuses?.find(({ state }) => state?.running !== undefined);
  return running === undefined || running.resources !== undefined;
}

function containerErrors(container: Container, before: Container, where: string, list: string): FieldError[] {
  if (equal(container.resources, before.resources)) return [];
  if (list === 'initContainers' && before.restartPolicy !== 'Always')
    return [field.forbidden(`${where}.resources`, 'resources for non-sidecar init containers are immutable')];
  return changeErrors(container.resources, before.resources, where);
}

function changeErrors(
  resources: ResourceRequirements | undefined,
  before: ResourceRequirements | undefined,
  where: string,
): FieldError[] {
  return (['limits', 'requests'] as const).flatMap((kind) => {
    const now = new Map(Object.entries(resources?.[kind] ?? {}));
    const then = new Map(Object.entries(before?.[kind] ?? {}));
    const removed = [...then.keys()].filter((name) => !now.has(name));
    const others = [...new Set([...now.keys(), ...then.keys()])].filter(
      (name) => name !== 'cpu' && name !== 'memory' && !equal(now.get(name), then.get(name)),
    );
    return [
      ...removed.map(() => field.forbidden(`${where}.resources.${kind}`, `resource ${kind} cannot be removed`)),
      ...others.map(() => field.forbidden(`${where}.resources.${kind}`, 'only cpu and memory resources are mutable')),
    ];
  });
}
