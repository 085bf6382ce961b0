import type { ApiRequest, ApiResponse } from '@kubus/shared/bus';
import type { KubeObject } from '@kubus/shared/object';
import type { Watch, WatchSink } from '../watchcache/index.ts';

/** What the HTTP front needs of the rest of the api service. */

/** Who asks (authentication.k8s.io/v1 UserInfo). */
export interface UserInfo {
  username: string;
  uid?: string;
  groups: readonly string[];
  extra?: ReadonlyMap<string, readonly string[]>;
}

/** What a request carried to say who it is; nothing of it is checked yet, but for the certificate, which TLS has verified. */
export interface Credentials {
  bearerToken?: string;
  certificate?: { commonName: string; organizations: readonly string[] };
  /** From the Impersonate-* headers. */
  impersonate?: UserInfo;
}

/** Where a request comes from, beside what it asks. */
export interface RequestContext {
  user: UserInfo;
  /** Becomes the field manager when none is named, up to the first '/'. */
  userAgent: string;
  /** Ends with the request's time limit or when the client goes away. */
  signal: AbortSignal;
}

/** A request whose body was read from text. */
export interface DecodedRequest extends ApiRequest {
  /** What a lenient parser passes over, e.g. `duplicate field "spec.x"`; judged by `fieldValidation`. */
  strictErrors?: readonly string[];
}

export interface Pipeline {
  /** `system:anonymous` without credentials; throws Unauthorized for credentials that do not hold, Forbidden for an impersonation that is not allowed. */
  authenticate(credentials: Credentials): Promise<UserInfo>;
  /** Throws Forbidden. `verb` is the HTTP method in lower case. */
  authorizePath(user: UserInfo, verb: string, path: string): Promise<void>;
  /** Never throws for a refusal: it is a Status in the response. */
  handle(request: DecodedRequest, context: RequestContext): Promise<ApiResponse>;
  /**
   * Authorizes, reads the watch options (selectors, resourceVersion, sendInitialEvents, bookmarks) and registers `sink` at the watch cache.
   * Throws the StatusError that refuses it. `timeoutSeconds` is the front's.
   */
  watch(request: ApiRequest, context: RequestContext, sink: WatchSink): Promise<Watch>;
  /**
   * Authorizes a connection to a subresource that is served by the object's node (`verb` on pods/exec and the like), runs its admission,
   * and gives the object. Throws StatusError.
   */
  connect(request: ApiRequest, context: RequestContext): Promise<KubeObject>;
}
