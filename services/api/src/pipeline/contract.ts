import type { ApiRequest, ApiResponse } from '@kubus/shared/bus';
import type { StatusError } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import type { Registry } from '@kubus/shared/registry';
import type { Authenticator, UserInfo } from '../authn/contract.ts';

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

/** The one way into the cluster's state, for the HTTP front and the bus front alike: authorize, decode, admit, commit. */
export interface Pipeline extends Authenticator {
  /** Every kind that is served; changes when definitions do. */
  readonly registry: Registry;
  /** Throws Forbidden. `verb` is the HTTP method in lower case. */
  authorizePath(user: UserInfo, verb: string, path: string): Promise<void>;
  /**
   * Never throws for a refusal: it is a Status in the response. The body of a list is a `<Kind>List`, of a deletion the object or a Status;
   * bodies are shared with caches and must not be changed.
   */
  handle(request: DecodedRequest, context: RequestContext): Promise<ApiResponse>;
  /** Several requests, each answered for itself, in order; what can be committed together is. */
  handleBatch(requests: readonly DecodedRequest[], context: RequestContext): Promise<ApiResponse[]>;
  /** Opens a watch, or throws the StatusError that refuses it. */
  watch(request: ApiRequest, context: RequestContext): Promise<WatchFeed>;
  /** For log, exec, attach, portforward and proxy: authorizes, admits, and gives the object whose stream is asked for. Throws StatusError. */
  connect(request: ApiRequest, context: RequestContext): Promise<KubeObject>;
}

/** A watch that has been accepted and not begun. */
export interface WatchFeed {
  /** Delivers events in order, the first ones perhaps before it returns; the result stops it. `end` is called once, unless stopped before. */
  start(sink: WatchSink): () => void;
}

export interface WatchSink {
  /**
   * `encoded` gives what `encode` makes of the event, made once per representation for all watchers of the resource (absent for bookmarks).
   * Returns false when the watcher cannot take more: the watch is then ended.
   */
  event(event: FeedEvent): boolean;
  /** No more events; with an error (Expired: list again) the client is told. */
  end(error?: StatusError): void;
}

export interface FeedEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  /** Shared by all watchers: must not be changed. */
  object: KubeObject;
  /** What `encode` makes of this event, once per `representation` ('json', 'table/v1/Metadata', ...) however many watch. */
  encoded(representation: string, encode: (event: FeedEvent) => Uint8Array): Uint8Array;
}
