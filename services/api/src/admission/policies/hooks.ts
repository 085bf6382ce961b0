import type { LiveView } from '../../storage/index.ts';
import type { Binding, Policy, PolicySpec } from './contract.ts';
import { ResourceMatcher } from './matcher.ts';

/** A policy with its bindings; `compiled` is what its expressions come to. */
export interface Hook<S extends PolicySpec, C> {
  name: string;
  spec: S;
  matcher: ResourceMatcher;
  compiled: C;
  bindings: readonly BoundHook[];
}

export interface BoundHook {
  name: string;
  binding: NonNullable<Binding['spec']>;
  /** Absent: everything that the policy matches. */
  matcher: ResourceMatcher | undefined;
}

/** Policies in the order of their names, each with the bindings that name it; a policy without any does nothing. Expressions are compiled once for each generation. */
export class Hooks<S extends PolicySpec, C> {
  readonly #policies: LiveView<Policy<S>>;
  readonly #bindings: LiveView<Binding>;
  readonly #compile: (spec: S) => C;
  #compiled = new Map<string, { spec: S; compiled: C }>();
  #revisions = '';
  #hooks: readonly Hook<S, C>[] = [];

  constructor(policies: LiveView<Policy<S>>, bindings: LiveView<Binding>, compile: (spec: S) => C) {
    this.#policies = policies;
    this.#bindings = bindings;
    this.#compile = compile;
  }

  all(): readonly Hook<S, C>[] {
    const revisions = `${this.#policies.revision} ${this.#bindings.revision}`;
    if (this.#revisions !== revisions) {
      this.#revisions = revisions;
      this.#hooks = this.#make();
    }
    return this.#hooks;
  }

  #make(): Hook<S, C>[] {
    const bindings = [...this.#bindings.values()].sort(byName);
    const known = new Map<string, { spec: S; compiled: C }>();
    const hooks = [...this.#policies.values()].sort(byName).flatMap(({ metadata, spec }) => {
      const own = bindings.filter((binding) => binding.spec?.policyName === metadata.name);
      if (spec === undefined || own.length === 0) return [];
      const key = `${metadata.uid} ${metadata.generation ?? metadata.resourceVersion}`;
      const { compiled } = this.#compiled.get(key) ?? { compiled: this.#compile(spec) };
      known.set(key, { spec, compiled });
      const matcher = new ResourceMatcher(spec.matchConstraints ?? {});
      return [{ name: metadata.name, spec, matcher, compiled, bindings: own.map(boundHook) }];
    });
    this.#compiled = known;
    return hooks;
  }
}

function boundHook({ metadata, spec = {} }: Binding): BoundHook {
  const { matchResources } = spec;
  return {
    name: metadata.name,
    binding: spec,
    matcher: matchResources === undefined ? undefined : new ResourceMatcher(matchResources),
  };
}

function byName(a: { metadata: { name: string } }, b: { metadata: { name: string } }): number {
  return a.metadata.name < b.metadata.name ? -1 : a.metadata.name > b.metadata.name ? 1 : 0;
}
