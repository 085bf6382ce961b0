import type { ApiRequest, ApiResponse } from '@kubus/shared/bus';
import type { KubeObject } from '@kubus/shared/object';
import type { Registry } from '@kubus/shared/registry';
import type { AuditTrail } from '../audit/index.ts';
import type { Authenticator, UserInfo } from '../authn/index.ts';
import type { Watch, WatchSink } from '../watchcache/index.ts';

/** Where a request comes from, beside what it asks. */
export interface RequestContext {
  user: UserInfo;
  /** Becomes the field manager when none is named, up to the first '/'. */
  userAgent: string;
  /** Ends with the request's time limit or when the client goes away. */
  signal: AbortSignal;
  /** By the store's clock (`Pipeline.time`): after this nothing of the request is done any more, because its client has given up. */
  until?: number | undefined;
  /** What is written down of the request; absent where nothing is. */
  audit?: AuditTrail;
}

/** A request whose body was read from text. */
export interface DecodedRequest extends ApiRequest {
  /** What a lenient parser passes over, e.g. `duplicate field "spec.x"`; judged by `fieldValidation`. */
  strictErrors?: readonly string[];
}

export interface ForeignRequest {
  verb: string;
  group: string;
  version: string;
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
}

/** The one way into the cluster's state, for the HTTP front and the bus front alike: authorize, decode, admit, commit. */
export interface Pipeline extends Authenticator {
  /** Every kind that is served; changes when definitions do. */
  readonly registry: Registry;
  /** The time of the store; see `Store.now`. */
  time(): number | undefined;
  /** Resolves when the registry has every definition that was committed before the call. */
  catchUp(): Promise<void>;
  /** Throws Forbidden. `verb` is the HTTP method in lower case. */
  authorizePath(user: UserInfo, verb: string, path: string): Promise<void>;
  /** The same for a request that another server will carry out. */
  authorizeForeign(user: UserInfo, asked: ForeignRequest): Promise<void>;
  /**
   * Never throws for a refusal: it is a Status in the response. The body of a list is a `<Kind>List`, of a deletion the object or a Status;
   * bodies are shared with caches and must not be changed.
   */
  handle(request: DecodedRequest, context: RequestContext): Promise<ApiResponse>;
  /** Several requests, each answered for itself, in order; what can be committed together is. */
  handleBatch(requests: readonly DecodedRequest[], context: RequestContext): Promise<ApiResponse[]>;
  /**
   * Authorizes, reads the watch options (selectors, resourceVersion, sendInitialEvents, bookmarks) and registers `sink` at the watch cache.
   * Throws the StatusError that refuses it. `timeoutSeconds` is the front's.
   */
  watch(request: ApiRequest, context: RequestContext, sink: WatchSink): Promise<Watch>;
  /**
   * Authorizes a connection to a subresource that is served by the object's node (`verb` on pods/exec and the like), runs its admission,
   * and gives the object. `params` are the options of the connection, where some may be given several times. Throws StatusError.
   */
  connect(request: ApiRequest, context: RequestContext, params?: URLSearchParams): Promise<KubeObject>;
}
