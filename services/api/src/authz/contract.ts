import type { FieldSelector } from '@kubus/shared/object';
import type { UserInfo } from '../authn/index.ts';

/** What is asked, as authorization sees it (apiserver/pkg/authorization/authorizer Attributes). */
export type Attributes = ResourceAttributes | PathAttributes;

export interface ResourceAttributes {
  user: UserInfo;
  /** A verb of the API, or one of its own such as 'bind', 'escalate', 'impersonate'. */
  verb: string;
  group: string;
  /** In which it is asked for; absent: in any. */
  version?: string;
  resource: string;
  /** '' for the object itself. */
  subresource: string;
  /** '' for cluster scope and for all namespaces. */
  namespace: string;
  /** '' for collections; of a list or watch by `metadata.name` that name. */
  name: string;
  /** What a list, watch or deletecollection asks for (KEP-4601). */
  fields?: FieldSelector;
  /** The same of labels, in text; what cannot be read limits nothing. */
  labels?: string;
  path?: undefined;
}

export interface PathAttributes {
  user: UserInfo;
  verb: string;
  path: string;
}

/**
 * 'allow', or no opinion with the reason to tell the client ('' for none): what nobody allows is forbidden. Where it is `denied`, nobody else is asked;
 * only authorizers that an administrator has set up do that. `error`: somebody could not decide, and nobody else allowed it.
 */
export type Decision = { allowed: true } | Refusal;
export type Refusal = { allowed: false; reason: string; denied?: true; error?: Error };

export interface Authorizer {
  authorize(attributes: Attributes): Decision | Promise<Decision>;
}

/** rbac.authorization.k8s.io/v1 PolicyRule. */
export interface PolicyRule {
  verbs: readonly string[];
  apiGroups?: readonly string[];
  resources?: readonly string[];
  resourceNames?: readonly string[];
  nonResourceURLs?: readonly string[];
}

export const allowed: Decision = { allowed: true };
export const noOpinion: Refusal = { allowed: false, reason: '' };
export const denied = (reason: string): Refusal => ({ allowed: false, reason, denied: true });
