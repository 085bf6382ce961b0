import {
  type AuthorizationCheck,
  type AuthorizationDecision,
  AuthorizerValue,
  type Binding,
  ResourceCheckValue,
} from '@kubus/shared/cel';
import type { KubeObject } from '@kubus/shared/object';
import type { ServedResource } from '@kubus/shared/registry';
import type { UserInfo } from '../../authn/index.ts';
import type { Authorizer } from '../../authz/index.ts';
import type { AdmissionRequest } from '../contract.ts';
import { attributesOf, optionsOf } from '../matching/attributes.ts';
import type { Shown } from '../matching/versioned.ts';

export interface Activation {
  request: AdmissionRequest;
  shown: Shown;
  /** The version in which the request is shown. */
  resource: ServedResource;
  authorizer: Authorizer;
  namespace: KubeObject | undefined;
  params?: KubeObject | null;
}

/** Gives the variables of an evaluation; `also` knows those that are not everybody's. Each is made when it is first asked for. */
export function bindingsOf(
  activation: Activation,
  also: (variable: string) => Binding | undefined = () => undefined,
): (variable: string) => Binding {
  const known = new Map<string, Binding>();
  return (variable) => {
    let binding = known.get(variable);
    if (binding === undefined) {
      binding = also(variable) ?? bind(activation, variable);
      known.set(variable, binding);
    }
    return binding;
  };
}

function bind({ request, shown, resource, authorizer, namespace, params }: Activation, variable: string): Binding {
  switch (variable) {
    case 'object':
      return { json: shown.object ?? null };
    case 'oldObject':
      return { json: shown.old ?? null };
    case 'request':
      return {
        json: { ...attributesOf(request, shown.kind, resource), dryRun: request.dryRun, options: optionsOf(request) },
      };
    case 'namespaceObject':
      return { json: namespace ?? null };
    case 'params':
      return { json: params ?? null };
    case 'authorizer':
      return { value: new AuthorizerValue(decider(authorizer, request.user)) };
    case 'authorizer.requestResource':
      return { value: new ResourceCheckValue(decider(authorizer, request.user), resourceAsked(request)) };
    default:
      throw new Error(`no variable ${variable}`);
  }
}

function resourceAsked({ resource, subresource, namespace, name }: AdmissionRequest) {
  return { group: resource.group, resource: resource.resource, subresource, namespace, name };
}

/** Expressions do not wait: a decision that has to be looked up counts as an error. */
function decider(authorizer: Authorizer, user: UserInfo): (check: AuthorizationCheck) => AuthorizationDecision {
  return ({ path, serviceAccount, verb, group, resource, subresource, namespace, name }) => {
    const asked = serviceAccount === undefined ? user : accountUser(serviceAccount);
    const decision = authorizer.authorize(
      path === undefined
        ? { user: asked, verb, group, resource, subresource, namespace, name }
        : { user: asked, verb, path: path.startsWith('/') ? path : `/${path}` },
    );
    if (decision instanceof Promise) {
      decision.catch(() => undefined);
      return { allowed: false, error: 'the decision cannot be made at once' };
    }
    if (decision.allowed) return { allowed: true };
    const { reason, error } = decision;
    return { allowed: false, reason, ...(error !== undefined && { error: error.message }) };
  };
}

function accountUser({ namespace, name }: { namespace: string; name: string }): UserInfo {
  return {
    username: `system:serviceaccount:${namespace}:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'],
  };
}
