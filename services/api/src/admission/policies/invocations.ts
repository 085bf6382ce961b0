import type { KubeObject } from '@kubus/shared/object';
import { SelectorError } from '@kubus/shared/object';
import type { Registry, ServedResource } from '@kubus/shared/registry';
import type { Authorizer } from '../../authz/index.ts';
import type { AdmissionRequest } from '../contract.ts';
import { isNamespace } from '../matching/rules.ts';
import type { ObjectForms, Versioned } from '../matching/versioned.ts';
import type { PolicySpec } from './contract.ts';
import type { BoundHook, Hook } from './hooks.ts';
import type { MatchingOptions } from './matcher.ts';
import { ConfigurationError, collectParams, type ParamReader } from './params.ts';

export interface PolicyOptions extends MatchingOptions {
  registry: () => Registry;
  params: ParamReader;
  authorizer: Authorizer;
  forms: ObjectForms;
}

/** A policy, a binding of it, and one object of parameters, for one request. */
export interface Invocation<S extends PolicySpec, C> {
  hook: Hook<S, C>;
  bound: BoundHook;
  resource: ServedResource;
  params: KubeObject | null;
}

export interface Misconfigured<S extends PolicySpec, C> {
  hook: Hook<S, C>;
  bound: BoundHook | undefined;
  message: string;
}

/** What concerns a request, and what could not be told whether it does (policy/generic Dispatch). */
export async function invocationsFor<S extends PolicySpec, C>(
  hooks: readonly Hook<S, C>[],
  versioned: Versioned,
  options: PolicyOptions,
): Promise<{ invocations: Invocation<S, C>[]; errors: Misconfigured<S, C>[] }> {
  const invocations: Invocation<S, C>[] = [];
  const errors: Misconfigured<S, C>[] = [];
  for (const hook of hooks) {
    const resource = await hook.matcher.match(versioned, options);
    if (resource === undefined) continue;
    for (const bound of hook.bindings) {
      try {
        for (const params of await boundParams(hook, bound, versioned, options)) {
          invocations.push({ hook, bound, resource, params });
        }
      } catch (error) {
        if (!(error instanceof ConfigurationError || error instanceof SelectorError)) throw error;
        errors.push({ hook, bound, message: `failed to configure binding: ${error.message}` });
      }
    }
  }
  return { invocations, errors };
}

async function boundParams<S extends PolicySpec, C>(
  { spec }: Hook<S, C>,
  { binding, matcher }: BoundHook,
  versioned: Versioned,
  options: PolicyOptions,
): Promise<readonly (KubeObject | null)[]> {
  if (matcher !== undefined && (await matcher.match(versioned, options)) === undefined) return [];
  const { namespace } = versioned.request;
  return collectParams(spec.paramKind, binding.paramRef, namespace, options.registry(), options.params);
}

/** The namespace in which the object lives; undefined for a namespace itself and for what lives in none. */
export async function namespaceObject(
  request: AdmissionRequest,
  { namespaces }: MatchingOptions,
): Promise<KubeObject | undefined> {
  return isNamespace(request.resource) || request.namespace === '' ? undefined : namespaces(request.namespace);
}

/** Reviews are no part of the cluster's state: a policy about them could keep everybody out (kubeapiserver/admission/exclusion). */
export function isExcluded({ group }: { group: string }): boolean {
  return group === 'authentication.k8s.io' || group === 'authorization.k8s.io';
}
