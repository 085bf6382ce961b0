import type { LabelSelector } from '@kubus/shared/object';
import type { ServedResource } from '@kubus/shared/registry';
import { type EquivalentsOf, matchRules } from '../matching/match.ts';
import { type NamespaceOf, namespaceSelected, objectSelected, optionalSelector } from '../matching/selectors.ts';
import type { Versioned } from '../matching/versioned.ts';
import type { MatchResources } from './contract.ts';

export interface MatchingOptions {
  namespaces: NamespaceOf;
  equivalents: EquivalentsOf;
}

/** MatchResources, ready to be asked (apiserver/pkg/admission/plugin/policy/matching). */
export class ResourceMatcher {
  readonly #spec: MatchResources;
  readonly #namespaceSelector: LabelSelector;
  readonly #objectSelector: LabelSelector;

  /** Throws SelectorError. */
  constructor(spec: MatchResources) {
    this.#spec = spec;
    this.#namespaceSelector = optionalSelector(spec.namespaceSelector);
    this.#objectSelector = optionalSelector(spec.objectSelector);
  }

  /** The version in which the request is matched; undefined: it is not. */
  async match(versioned: Versioned, options: MatchingOptions): Promise<ServedResource | undefined> {
    const { request } = versioned;
    const { resourceRules = [], excludeResourceRules = [], matchPolicy } = this.#spec;
    if (excludeResourceRules.length > 0) {
      const excluded = matchRules(excludeResourceRules, matchPolicy, request, options.equivalents);
      if (excluded !== undefined) return undefined;
    }
    // A binding that names no resources takes those of its policy.
    const found =
      resourceRules.length === 0
        ? request.resource
        : matchRules(resourceRules, matchPolicy, request, options.equivalents);
    if (found === undefined) return undefined;
    if (!(await namespaceSelected(this.#namespaceSelector, request, options.namespaces))) return undefined;
    if (this.#objectSelector.isEverything) return found;
    const { object, old } = await versioned.as(found);
    return objectSelected(this.#objectSelector, object, old) ? found : undefined;
  }
}
