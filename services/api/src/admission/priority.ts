import type { Pod, PriorityClass } from '@kubus/shared/schema';
import type { AdmissionOperation, AdmissionPlugin, AdmissionRequest } from './contract.ts';
import type { NamedClass } from './named-class.ts';
import { refusal } from './refuse.ts';

export const priorityClasses = { group: 'scheduling.k8s.io', resource: 'priorityclasses' };

/** Turns the name of a pod's priority class into its number; one class may be everybody's (Kubernetes: Priority). */
export class Priority implements AdmissionPlugin {
  readonly name = 'Priority';
  readonly #classes: NamedClass<PriorityClass>;

  constructor(classes: NamedClass<PriorityClass>) {
    this.#classes = classes;
  }

  concerns(
    { group, resource }: { group: string; resource: string },
    subresource: string,
    operation: AdmissionOperation,
  ) {
    if (subresource !== '' || (operation !== 'CREATE' && operation !== 'UPDATE')) return false;
    const isClass = group === priorityClasses.group && resource === priorityClasses.resource;
    return isClass || (group === '' && resource === 'pods');
  }

  admit(request: AdmissionRequest): void | Promise<void> {
    if (request.resource.resource !== 'pods') return undefined;
    const { spec } = request.object as Pod;
    if (spec === undefined) return undefined;
    if (request.operation === 'UPDATE') return keep(spec, request.old as Pod);
    const name = spec.priorityClassName ?? '';
    if (name === '') return take(request, this.#default());
    return this.#classes.with(name, (found) => {
      if (found === undefined) throw refusal(request, `no PriorityClass with name ${name} was found`);
      take(request, found);
    });
  }

  validate(request: AdmissionRequest): void {
    if (request.resource.resource !== priorityClasses.resource) return;
    const { metadata, globalDefault } = request.object as PriorityClass;
    if (globalDefault !== true) return;
    const other = this.#default();
    if (other === undefined || other.metadata.name === metadata.name) return;
    throw refusal(
      request,
      `PriorityClass ${other.metadata.name} is already marked as default. Only one default can exist`,
    );
  }

  /** The lowest of those that are marked: there may be several for a moment. */
  #default(): PriorityClass | undefined {
    const marked = [...this.#classes.values()].filter(({ globalDefault }) => globalDefault === true);
    return marked.sort((a, b) => (a.value ?? 0) - (b.value ?? 0))[0];
  }
}

function take(request: AdmissionRequest, from: PriorityClass | undefined): void {
  const { spec } = request.object as Pod;
  if (spec === undefined) return;
  const priority = from?.value ?? 0;
  const policy = from?.preemptionPolicy ?? 'PreemptLowerPriority';
  const computed = 'priority admission controller computed';
  if (spec.priority !== undefined && spec.priority !== priority) {
    const why = `the integer value of priority (${spec.priority}) must not be provided in pod spec; ${computed} ${priority} from the given PriorityClass name`;
    throw refusal(request, why);
  }
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy) {
    const why = `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; ${computed} ${policy} from the given PriorityClass name`;
    throw refusal(request, why);
  }
  if (from !== undefined) spec.priorityClassName = from.metadata.name;
  spec.priority = priority;
  spec.preemptionPolicy = policy;
}

/** Older clients send back pods without what they do not know. */
function keep(spec: NonNullable<Pod['spec']>, old: Pod): void {
  if (old.spec?.priority !== undefined) spec.priority ??= old.spec.priority;
  if (old.spec?.preemptionPolicy !== undefined) spec.preemptionPolicy ??= old.spec.preemptionPolicy;
}
