import type { ApiRequest, ApiResponse } from '@kubus/shared/bus';
import type { StatusError } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';

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
  /** Opens a watch, or throws the StatusError that refuses it. */
  watch(request: ApiRequest, context: RequestContext): Promise<WatchFeed>;
}

/** A watch that has been accepted and not begun. */
export interface WatchFeed {
  /** Delivers events in order, the first ones perhaps before it returns; the result stops it. `end` is called once, unless stopped before. */
  start(sink: WatchSink): () => void;
}

export interface WatchSink {
  /** `object` is shared by all watchers and must not be changed: its encoding is cached by its identity. */
  event(type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK', object: KubeObject): void;
  /** No more events; with an error (Expired: list again) the client is told. */
  end(error?: StatusError): void;
}
