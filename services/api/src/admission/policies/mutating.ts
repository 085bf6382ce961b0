import { type Budget, REQUEST_BUDGET } from '@kubus/shared/cel';
import { StatusError } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import { builtinSchema, cloneJson, jsonEqual, type SchemaNode } from '@kubus/shared/schema';
import type { AdmissionPlugin, AdmissionRequest } from '../contract.ts';
import { bindingsOf } from '../expressions/activation.ts';
import { Composition } from '../expressions/composition.ts';
import { MatchConditions } from '../expressions/conditions.ts';
import { isExempt } from '../matching/rules.ts';
import { Versioned } from '../matching/versioned.ts';
import { refusal } from '../refuse.ts';
import { type Memory, memoryOf } from '../reinvocation.ts';
import type { MutatingPolicySpec } from './contract.ts';
import type { Hooks } from './hooks.ts';
import { type Invocation, invocationsFor, isExcluded, namespaceObject, type PolicyOptions } from './invocations.ts';
import { MutationError, MutationTypes, Mutator } from './mutation.ts';

/** The expressions of a MutatingAdmissionPolicy, compiled. */
export class MutatingProgram {
  readonly conditions: MatchConditions;
  readonly composition: Composition;
  readonly mutators: readonly Mutator[];

  constructor(spec: MutatingPolicySpec) {
    const hasParams = spec.paramKind !== undefined;
    this.conditions = new MatchConditions(spec.matchConditions ?? [], hasParams);
    this.composition = new Composition(spec.variables ?? [], hasParams, undefined, { types: new MutationTypes() });
    this.mutators = (spec.mutations ?? []).map((mutation) => new Mutator(mutation, this.composition));
  }
}

type Invoked = Invocation<MutatingPolicySpec, MutatingProgram>;

interface Failure {
  policy: string;
  binding: string | undefined;
  message: string;
}

/** Changes objects as policies say (Kubernetes: MutatingAdmissionPolicy, KEP-3962). */
export class MutatingPolicies implements AdmissionPlugin {
  readonly name = 'MutatingAdmissionPolicy';
  readonly #hooks: Hooks<MutatingPolicySpec, MutatingProgram>;
  readonly #options: PolicyOptions;

  constructor(hooks: Hooks<MutatingPolicySpec, MutatingProgram>, options: PolicyOptions) {
    this.#hooks = hooks;
    this.#options = options;
  }

  concerns(resource: { group: string; resource: string }): boolean {
    return !isExempt(resource) && !isExcluded(resource);
  }

  admit(request: AdmissionRequest): void | Promise<void> {
    const hooks = this.#hooks.all();
    return hooks.length === 0 ? undefined : this.#admit(hooks, request);
  }

  async #admit(
    hooks: ReturnType<Hooks<MutatingPolicySpec, MutatingProgram>['all']>,
    request: AdmissionRequest,
  ): Promise<void> {
    const versioned = new Versioned(request, this.#options.forms);
    const { invocations, errors } = await invocationsFor(hooks, versioned, this.#options);
    const failures: Failure[] = errors
      .filter(({ hook }) => hook.spec.failurePolicy !== 'Ignore')
      .map(({ hook, bound, message }) => ({ policy: hook.name, binding: bound?.name, message }));
    if (invocations.length > 0) failures.push(...(await this.#mutateAll(invocations, versioned)));
    if (failures.length > 0) throw denied(request, failures);
  }

  async #mutateAll(invocations: readonly Invoked[], versioned: Versioned): Promise<Failure[]> {
    const { request } = versioned;
    const memory = memoryOf(request, this.name);
    const again = request.rounds?.current === 1;
    if (again && !jsonEqual(memory.output, request.object)) memory.reinvocation.require();
    const namespace = await namespaceObject(request, this.#options);
    const failures: Failure[] = [];
    for (const invocation of invocations) {
      const { hook, bound } = invocation;
      try {
        await this.#mutate(invocation, versioned, namespace, memory, again);
      } catch (error) {
        if (!(error instanceof MutationError)) throw error;
        if (hook.spec.failurePolicy === 'Ignore') continue;
        failures.push({ policy: hook.name, binding: bound.name, message: error.message });
      }
    }
    memory.output = cloneJson(request.object);
    return failures;
  }

  async #mutate(
    { hook, bound, resource, params }: Invoked,
    versioned: Versioned,
    namespace: KubeObject | undefined,
    { reinvocation }: Memory,
    again: boolean,
  ): Promise<void> {
    const { request } = versioned;
    const { authorizer } = this.#options;
    const { conditions, composition, mutators } = hook.compiled;
    const budget: Budget = { remaining: REQUEST_BUDGET };
    const activation = async () => ({
      request,
      shown: await versioned.as(resource),
      resource,
      authorizer,
      namespace,
      params,
    });
    const first = await activation();
    const matched = conditions.evaluate(bindingsOf(first), budget);
    if ('error' in matched) throw new MutationError(matched.error);
    const id = `${hook.name}/${bound.name}/${params?.metadata.namespace ?? ''}/${params?.metadata.name ?? ''}`;
    if (!matched.matches || (again && !reinvocation.isRequired(id))) return;
    const before = first.shown.object;
    for (const mutator of mutators) {
      const now = await activation();
      if (now.shown.object === undefined) break;
      const bindings: ReturnType<typeof bindingsOf> = bindingsOf(
        now,
        composition.bind(budget, () => bindings),
      );
      const mutated = mutator.mutate(now.shown.object, nodeOf(request, resource), bindings, budget);
      await replace(versioned, resource, mutated);
    }
    const after = (await versioned.as(resource)).object;
    if (!jsonEqual(before, after)) {
      reinvocation.require();
      if (request.rounds !== undefined) request.rounds.again = true;
    }
    if (hook.spec.reinvocationPolicy === 'IfNeeded') reinvocation.called(id);
  }
}

async function replace(versioned: Versioned, resource: Invoked['resource'], mutated: unknown): Promise<void> {
  try {
    await versioned.replace(resource, mutated);
  } catch (error) {
    if (error instanceof StatusError) throw new MutationError(error.message);
    throw error;
  }
}

/** The type of what is mutated: the object, or the body of a subresource. */
function nodeOf(request: AdmissionRequest, resource: Invoked['resource']): SchemaNode {
  const subresource = request.resource.subresources.get(request.subresource);
  const schema = subresource === undefined || subresource.type === 'part' ? resource.served.schema : subresource.schema;
  return typeof schema === 'string' ? builtinSchema.struct(schema) : schema;
}

function denied(request: AdmissionRequest, failures: readonly Failure[]): StatusError {
  const messages = failures.map(({ policy, binding, message }) => {
    const by = binding === undefined ? '' : ` with binding '${binding}'`;
    return `policy '${policy}'${by} denied request: ${message}`;
  });
  const { details } = refusal(request, 'admission request denied by policy');
  return new StatusError('Invalid', messages[0] as string, {
    ...details,
    causes: messages.map((message) => ({ message })),
  });
}
