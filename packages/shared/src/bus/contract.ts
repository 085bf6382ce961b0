import type { Status } from '../errors/index.ts';
import type { GroupVersionResource, KubeObject } from '../object/index.ts';

/** A request of the Kubernetes API, the same whether it came over HTTPS or over the bus. */
export interface ApiRequest extends GroupVersionResource {
  verb: 'get' | 'list' | 'watch' | 'create' | 'update' | 'patch' | 'delete' | 'deletecollection';
  /** '' or absent: cluster scope or all namespaces. */
  namespace?: string;
  name?: string;
  subresource?: string;
  /** Query parameters as in the REST API: labelSelector, fieldSelector, limit, dryRun, fieldManager, ... */
  query?: Record<string, string>;
  /** Media type of `body`; decides the kind of a patch. Default application/json. */
  contentType?: string;
  /** Parsed JSON. */
  body?: unknown;
}

/** Success body, or a Status of failure. `code` is the HTTP status code. */
export interface ApiResponse<T = unknown> {
  code: number;
  body: T | Status;
  /** Texts of `Warning: 299` headers. */
  warnings?: string[];
  /** The JSON text of `body`, in parts (UTF-8 where they are bytes), where it is had for less than by making it; each may be made when it is asked for. */
  json?: () => Iterable<JsonPart>;
}

/** A piece of a JSON text. */
export type JsonPart = string | Uint8Array;

export interface WatchEvent<T extends KubeObject = KubeObject> {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: T;
}

export interface WatchOptions {
  signal: AbortSignal;
  /** Objects come without managedFields, unless somebody has applied them, and share their specs (`SharedSpecs`): they must not be changed. */
  trim?: boolean;
}

export interface BatchOptions {
  /** Of objects that are answered only what names them comes back: kind, name, namespace, uid and resourceVersion. For who writes many and reads none. */
  brief?: boolean;
}

/** The API as a service uses it. Failures are thrown as StatusError. */
export interface ApiClient {
  request<T>(request: ApiRequest): Promise<T>;
  /** Several requests in one message, each answered for itself, in order. The api commits them in one batch where it can (bindings, events). */
  batch(requests: readonly ApiRequest[], options?: BatchOptions): Promise<ApiResponse[]>;
  /** Streams until `signal` aborts or the server ends it; throws StatusError (Expired: list again). */
  watch<T extends KubeObject>(request: ApiRequest, options: WatchOptions): AsyncIterable<WatchEvent<T>>;
}

/** Who speaks on the bus; it is part of the subject, and NATS permissions hold a connection to its own. */
export interface BusIdentity {
  kind: 'service' | 'node' | 'user' | 'desired';
  name: string;
}

/** What the bus front calls; implemented by the api's request pipeline. */
export interface ApiHandler {
  /** The time of the cluster in milliseconds, which clients are told and `until` is judged by. Where it is not known, requests have no end. */
  time?(): number | undefined;
  /** What is not done by `until` must not be done any more: the client has given up. */
  handle(request: ApiRequest, identity: BusIdentity, until?: number): Promise<ApiResponse>;
  handleBatch(requests: readonly ApiRequest[], identity: BusIdentity, until?: number): Promise<ApiResponse[]>;
  /** Yields encoded watch events (one JSON text each) until the signal aborts. */
  watch(request: ApiRequest, identity: BusIdentity, signal: AbortSignal): AsyncIterable<JsonPart>;
}

/**
 * A two-way stream of channels over the bus, with credit in both directions, for exec, attach, logs and port-forward.
 * Channel numbers are those of Kubernetes' remote command protocol: 0 stdin, 1 stdout, 2 stderr, 3 error (a Status), 4 resize.
 */
export interface BusStream {
  /** Resolves when the other side has room; from then on `data` may be changed. Rejects when the stream has ended. */
  send(channel: number, data: Uint8Array): Promise<void>;
  /** No more data on a channel from this side. */
  end(channel: number): Promise<void>;
  /** Data of all channels in order of arrival; `data` undefined marks the end of that channel. Ends when the other side closes; throws if it is lost. */
  readonly incoming: AsyncIterable<{ channel: number; data?: Uint8Array }>;
  /** Ends both directions; `status` travels to the other side. */
  close(status?: Status): Promise<void>;
  /** The status with which the other side closed, once it has. */
  readonly closed: Promise<Status | undefined>;
}

/** First message of a stream: what is asked of the node. `kubelet` is a connection to the node itself: it names no pod. */
export interface NodeStreamRequest {
  operation: 'exec' | 'attach' | 'logs' | 'portforward' | 'kubelet';
  namespace: string;
  pod: string;
  uid: string;
  container?: string;
  /** Operation's own options: command, tty, stdin..., follow, tailLines, ... as in the REST query. */
  options: Record<string, unknown>;
}
