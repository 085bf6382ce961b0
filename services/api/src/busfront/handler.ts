import type { ApiHandler, ApiRequest, ApiResponse, BusIdentity, JsonPart } from '@kubus/shared/bus';
import { StatusError } from '@kubus/shared/errors';
import type { AuditLog } from '../audit/index.ts';
import { Identities, type UserInfo } from '../authn/index.ts';
import type { FlowControl, FlowSubject, Seat } from '../flowcontrol/index.ts';
import type { Pipeline, RequestContext } from '../pipeline/index.ts';
import { type CacheEvent, type WatchItem, WatchQueue } from '../watchcache/index.ts';
import { beginAudit } from './audit.ts';
import { userOf } from './identity.ts';

/** Requests for what another server serves. */
export interface Foreign {
  serves(request: ApiRequest): boolean;
  serve(request: ApiRequest, user: UserInfo): Promise<ApiResponse>;
}

/** Characters of all parameters together: as much as fits into the headers of HTTP. */
const MAX_QUERY = 64 * 1024;

/** A request waits for its seat no longer than one over HTTP; milliseconds. */
const MAX_WAIT_MS = 15_000;

function flowSubject({ verb, group, resource, subresource = '', namespace = '', query }: ApiRequest, user: UserInfo) {
  const subject: FlowSubject = { user, verb, path: '', resource: { group, resource, subresource, namespace } };
  if (verb === 'list' && query !== undefined) subject.query = new URLSearchParams(query);
  return subject;
}

async function seatedWork<T>(seat: Seat, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    seat.leave();
  }
}

function isTooLong({ query }: ApiRequest): boolean {
  if (query === undefined) return false;
  let length = 0;
  for (const value of Object.values(query)) length += String(value).length;
  return length > MAX_QUERY;
}

const tooLong = (): StatusError =>
  new StatusError('RequestEntityTooLarge', `Request parameters too large: limit is ${MAX_QUERY}`);

const refusalOf = (error: StatusError): ApiResponse => ({ code: error.code, body: error.toStatus() });

/** The API as it is served on the bus: the same pipeline, with the user that the subject speaks for. */
export class PipelineHandler implements ApiHandler {
  readonly #pipeline: Pipeline;
  readonly #audit: AuditLog | undefined;
  readonly #contexts = new WeakMap<UserInfo, RequestContext>();
  readonly #users = new Map<string, UserInfo>();
  #foreign: Foreign | undefined;
  #flowControl: Pick<FlowControl, 'enter'> | undefined;
  readonly #identities = new Identities();

  /** Without an audit log nothing is written down. */
  constructor(pipeline: Pipeline, audit?: AuditLog) {
    this.#pipeline = pipeline;
    this.#audit = audit;
  }

  /** From now on what others serve can be asked for, too. */
  serveForeign(foreign: Foreign): void {
    this.#foreign = foreign;
  }

  /** From now on requests take seats among those that come over HTTP. */
  shareSeats(flowControl: Pick<FlowControl, 'enter'>): void {
    this.#flowControl = flowControl;
  }

  time(): number | undefined {
    return this.#pipeline.time();
  }

  handle(request: ApiRequest, identity: BusIdentity, until?: number): Promise<ApiResponse> {
    const context = this.#contextOf(identity, until);
    return this.#seated(request, context, () => this.#audited(request, context));
  }

  #audited(request: ApiRequest, context: RequestContext): Promise<ApiResponse> {
    const record = this.#audit && beginAudit(this.#audit, request, context);
    if (record === undefined) return this.#answer(request, context);
    return this.#answer(request, { ...context, audit: record }).then((response) => {
      record.complete(response.code);
      return response;
    });
  }

  #answer(request: ApiRequest, context: RequestContext): Promise<ApiResponse> {
    if (isTooLong(request)) return Promise.resolve(refusalOf(tooLong()));
    if (this.#foreign?.serves(request) === true) return this.#foreign.serve(request, context.user);
    return this.#pipeline.handle(request, context);
  }

  /** A batch takes one seat, by its first request: it is one commit. */
  handleBatch(requests: readonly ApiRequest[], identity: BusIdentity, until?: number): Promise<ApiResponse[]> {
    const context = this.#contextOf(identity, until);
    return this.#seated(requests[0], context, () => this.#batch(requests, context));
  }

  #batch(requests: readonly ApiRequest[], context: RequestContext): Promise<ApiResponse[]> {
    if (this.#audit === undefined && !requests.some((one) => isTooLong(one) || this.#foreign?.serves(one) === true)) {
      return this.#pipeline.handleBatch(requests, context);
    }
    return Promise.all(requests.map((request) => this.#audited(request, context)));
  }

  /** Rejects with TooManyRequests where no seat is had in time. */
  #seated<T>(request: ApiRequest | undefined, context: RequestContext, work: () => Promise<T>): Promise<T> {
    if (this.#flowControl === undefined || request === undefined) return work();
    const seat = this.#flowControl.enter(flowSubject(request, context.user), this.#patience(context));
    return seat instanceof Promise ? seat.then((had) => seatedWork(had, work)) : seatedWork(seat, work);
  }

  #patience({ until }: RequestContext): number {
    const now = until === undefined ? undefined : this.time();
    return until === undefined || now === undefined ? MAX_WAIT_MS : Math.min(MAX_WAIT_MS, until - now);
  }

  async *watch(request: ApiRequest, identity: BusIdentity, signal: AbortSignal): AsyncIterable<JsonPart> {
    if (isTooLong(request)) throw tooLong();
    const queue = new EncodedQueue();
    const context = this.#contextOf(identity);
    const record = this.#audit && beginAudit(this.#audit, request, context);
    const audited = record === undefined ? context : { ...context, audit: record };
    const watch = await this.#pipeline.watch(request, audited, queue).catch((error: unknown) => {
      record?.complete(error instanceof StatusError ? error.code : 500);
      throw error;
    });
    record?.started(200);
    queue.opened();
    const stop = (): void => {
      watch.stop();
      queue.end();
    };
    signal.addEventListener('abort', stop, { once: true });
    try {
      if (signal.aborted) return;
      const bookmark = this.#bookmarker(request);
      for await (const item of queue) yield encode(item, bookmark);
    } finally {
      signal.removeEventListener('abort', stop);
      watch.stop();
      record?.complete(200);
    }
  }

  #bookmarker(request: ApiRequest): Bookmarker {
    const resource = this.#pipeline.registry.resource(request);
    return (revision, end) =>
      JSON.stringify({
        type: 'BOOKMARK',
        object: {
          kind: resource?.kind,
          apiVersion: resource?.apiVersion,
          metadata: {
            resourceVersion: String(revision),
            ...(end ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {}),
          },
        },
      });
  }

  #contextOf(identity: BusIdentity, until?: number): RequestContext {
    const user = this.#userOf(identity);
    let context = this.#contexts.get(user);
    if (context === undefined) {
      // A request on the bus cannot be called back: its client gives up by itself, at the time that it has named.
      context = { user, userAgent: agentOf(identity), signal: new AbortController().signal };
      this.#contexts.set(user, context);
    }
    return until === undefined ? context : { ...context, until };
  }

  #userOf(identity: BusIdentity): UserInfo {
    const key = `${identity.kind} ${identity.name}`;
    let user = this.#users.get(key);
    if (user === undefined) {
      user = this.#identities.intern(userOf(identity));
      this.#users.set(key, user);
    }
    return user;
  }
}

/** The field manager of a bus client that names none. */
function agentOf({ kind, name }: BusIdentity): string {
  return kind === 'service' || kind === 'user' ? `kubus-${name}` : `kubus-${kind}`;
}

type Bookmarker = (revision: number, initialEventsEnd: boolean) => string;

function encode(item: WatchItem, bookmark: Bookmarker): JsonPart {
  if ('bookmark' in item) return bookmark(item.bookmark, item.initialEventsEnd);
  return item.event.encoded('bus', encodeEvent);
}

function encodeEvent({ type, object, text }: CacheEvent): Uint8Array {
  if (text === undefined) return Buffer.from(JSON.stringify({ type, object }));
  return Buffer.concat([Buffer.from(`{"type":"${type}","object":`), text, CLOSE]);
}

const CLOSE = Buffer.from('}');

/** Encodes an event when it comes: then the object's text may be at hand. */
class EncodedQueue extends WatchQueue {
  override event(event: CacheEvent): boolean {
    event.encoded('bus', encodeEvent);
    return super.event(event);
  }
}
