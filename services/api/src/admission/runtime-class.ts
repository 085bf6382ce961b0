import { equal } from '@kubus/shared/registry';
import type { Pod, RuntimeClass, Toleration } from '@kubus/shared/schema';
import type { AdmissionOperation, AdmissionPlugin, AdmissionRequest } from './contract.ts';
import type { NamedClass } from './named-class.ts';
import { refusal } from './refuse.ts';

export const runtimeClasses = { group: 'node.k8s.io', resource: 'runtimeclasses' };

/** A pod takes from its runtime class what running it costs, and the nodes that can (Kubernetes: RuntimeClass). */
export class RuntimeClassAdmission implements AdmissionPlugin {
  readonly name = 'RuntimeClass';
  readonly #classes: NamedClass<RuntimeClass>;

  constructor(classes: NamedClass<RuntimeClass>) {
    this.#classes = classes;
  }

  concerns(
    { group, resource }: { group: string; resource: string },
    subresource: string,
    operation: AdmissionOperation,
  ) {
    return group === '' && resource === 'pods' && subresource === '' && operation === 'CREATE';
  }

  admit(request: AdmissionRequest): void | Promise<void> {
    const { spec } = request.object as Pod;
    const name = spec?.runtimeClassName;
    if (name === undefined) return refuseOverhead(request, undefined);
    return this.#classes.with(name, (found) => {
      if (found === undefined) throw refusal(request, `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`);
      take(request, found);
    });
  }
}

function take(request: AdmissionRequest, { overhead, scheduling }: RuntimeClass): void {
  refuseOverhead(request, overhead?.podFixed);
  const { spec } = request.object as Pod;
  if (spec === undefined) return;
  if (overhead?.podFixed !== undefined) spec.overhead = { ...overhead.podFixed };
  if (scheduling === undefined) return;
  const own = new Map(Object.entries(spec.nodeSelector ?? {}));
  for (const [key, value] of Object.entries(scheduling.nodeSelector ?? {})) {
    if (own.has(key) && own.get(key) !== value) {
      const why = 'conflict: runtimeClass.scheduling.nodeSelector[%s] = %s; pod.spec.nodeSelector[%s] = %s';
      const parts = [key, value, key, own.get(key) ?? ''];
      throw refusal(
        request,
        why.replace(/%s/g, () => parts.shift() ?? ''),
      );
    }
    own.set(key, value);
  }
  if (own.size > 0) spec.nodeSelector = Object.fromEntries(own);
  const more = (scheduling.tolerations ?? []).filter((one) => !isTolerated(one, spec.tolerations ?? []));
  if (more.length > 0) spec.tolerations = [...(spec.tolerations ?? []), ...more];
}

function isTolerated(wanted: Toleration, tolerations: readonly Toleration[]): boolean {
  return tolerations.some((toleration) => equal(toleration, wanted));
}

/** What a pod costs beside its containers is its class's to say. */
function refuseOverhead(request: AdmissionRequest, fixed: RuntimeClassOverhead): void {
  const { spec } = request.object as Pod;
  if (spec?.overhead === undefined || equal(spec.overhead, fixed)) return;
  const why =
    fixed === undefined
      ? 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead'
      : "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead";
  throw refusal(request, why);
}

type RuntimeClassOverhead = NonNullable<RuntimeClass['overhead']>['podFixed'] | undefined;
