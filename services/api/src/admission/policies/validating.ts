import { StatusError, type StatusReason } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import type { AdmissionPlugin, AdmissionRequest } from '../contract.ts';
import { isExempt } from '../matching/rules.ts';
import { Versioned } from '../matching/versioned.ts';
import { refusal } from '../refuse.ts';
import type { ValidatingPolicySpec } from './contract.ts';
import type { BoundHook, Hooks } from './hooks.ts';
import { type Invocation, invocationsFor, isExcluded, namespaceObject, type PolicyOptions } from './invocations.ts';
import type { Judgement, Refusal, Validator } from './validator.ts';

const MAX_ANNOTATION = 10 * 1024;

type Invoked = Invocation<ValidatingPolicySpec, Validator>;

interface Denial {
  policy: string;
  binding: string | undefined;
  message: string;
  reason: StatusReason;
}

/** Holds requests against the expressions of policies (Kubernetes: ValidatingAdmissionPolicy, KEP-3488). */
export class ValidatingPolicies implements AdmissionPlugin {
  readonly name = 'ValidatingAdmissionPolicy';
  readonly #hooks: Hooks<ValidatingPolicySpec, Validator>;
  readonly #options: PolicyOptions;

  constructor(hooks: Hooks<ValidatingPolicySpec, Validator>, options: PolicyOptions) {
    this.#hooks = hooks;
    this.#options = options;
  }

  concerns(resource: { group: string; resource: string }): boolean {
    return !isExempt(resource) && !isExcluded(resource);
  }

  validate(request: AdmissionRequest): void | Promise<void> {
    const hooks = this.#hooks.all();
    return hooks.length === 0 ? undefined : this.#validate(hooks, request);
  }

  async #validate(
    hooks: ReturnType<Hooks<ValidatingPolicySpec, Validator>['all']>,
    request: AdmissionRequest,
  ): Promise<void> {
    const versioned = new Versioned(request, this.#options.forms);
    const { invocations, errors } = await invocationsFor(hooks, versioned, this.#options);
    const denials: Denial[] = errors
      .filter(({ hook }) => hook.spec.failurePolicy !== 'Ignore')
      .map(({ hook, bound, message }) => ({ policy: hook.name, binding: bound?.name, message, reason: 'Invalid' }));
    if (invocations.length > 0) {
      const namespace = await namespaceObject(request, this.#options);
      const annotations = new Annotations();
      for (const invocation of invocations) {
        denials.push(...(await this.#judge(invocation, versioned, namespace, annotations)));
      }
      annotations.publish(request);
    }
    const [first] = denials;
    if (first !== undefined) throw denied(request, first);
  }

  async #judge(
    invocation: Invoked,
    versioned: Versioned,
    namespace: KubeObject | undefined,
    annotations: Annotations,
  ): Promise<Denial[]> {
    const { hook, bound, resource, params } = invocation;
    const shown = await versioned.as(resource);
    const { authorizer } = this.#options;
    const activation = { request: versioned.request, shown, resource, authorizer, namespace, params };
    const judgement = hook.compiled.judge(activation);
    annotations.add(hook.name, judgement);
    const denials = judgement.refusals.flatMap((one) => act(versioned.request, hook.name, bound, one));
    const failed = judgement.annotationErrors.map((message) => denialOf(hook.name, bound, message, 'Invalid'));
    return [...denials, ...failed];
  }
}

/** What the binding says is to be done about a refusal. */
function act(
  request: AdmissionRequest,
  policy: string,
  bound: BoundHook,
  { index, message, reason }: Refusal,
): Denial[] {
  const { validationActions = ['Deny'] } = bound.binding;
  if (validationActions.includes('Warn')) {
    request.notes.warn(
      `Validation failed for ValidatingAdmissionPolicy '${policy}' with binding '${bound.name}': ${message}`,
    );
  }
  if (validationActions.includes('Audit')) {
    const failure = { message, policy, binding: bound.name, expressionIndex: index, validationActions };
    request.notes.annotate('validation.policy.admission.k8s.io/validation_failure', JSON.stringify([failure]));
  }
  return validationActions.includes('Deny') ? [denialOf(policy, bound, message, reason)] : [];
}

function denialOf(policy: string, bound: BoundHook, message: string, reason: StatusReason): Denial {
  return { policy, binding: bound.name, message, reason };
}

function denied(request: AdmissionRequest, { policy, binding, message, reason }: Denial): StatusError {
  const by = binding === undefined ? '' : ` with binding '${binding}'`;
  const said = `ValidatingAdmissionPolicy '${policy}'${by} denied request: ${message}`;
  const forbidden = refusal(request, said);
  return new StatusError(reason, forbidden.message, { ...forbidden.details, causes: [{ message: said }] });
}

/** Values of one annotation from several bindings are joined. */
class Annotations {
  readonly #values = new Map<string, Set<string>>();

  add(policy: string, { annotations }: Judgement): void {
    for (const [key, value] of annotations) {
      const full = `${policy}/${key}`;
      const values = this.#values.get(full) ?? new Set();
      values.add(value.slice(0, MAX_ANNOTATION));
      this.#values.set(full, values);
    }
  }

  publish({ notes }: AdmissionRequest): void {
    for (const [key, values] of this.#values) notes.annotate(key, [...values].join(', '));
  }
}
