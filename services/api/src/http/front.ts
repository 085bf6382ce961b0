import { setTimeout as delay } from 'node:timers/promises';
import { type Status, StatusError } from '@kubus/shared/errors';
import type { Standstill } from '@kubus/shared/lifecycle';
import type { Logger } from '@kubus/shared/telemetry';
import type { AuditLog, AuditRecord } from '../audit/index.ts';
import type { FlowControl, FlowSubject, Seat } from '../flowcontrol/index.ts';
import { auditIdOf, auditSubject, sourcesOf } from './audit.ts';
import type { PathCall, ResourceCall } from './call.ts';
import { type Call, isConnect, isLog, isLongRunning, isReadOnly } from './call.ts';
import type { AnonymousAccess, Asked, Pipeline, UserInfo } from './contract.ts';
import { CertificateReader, credentialsOf } from './credentials.ts';
import { abort, type FrontRequest, type FrontResponse, headerOf } from './exchange.ts';
import type { InFlight, RequestClass } from './in-flight.ts';
import { parseRequestInfo, type RequestInfo, resourceNotFound } from './request-info.ts';
import { send, statusAnswer, statusOf } from './respond.ts';
import { timeLimitOf } from './time-limit.ts';
import type { Upgrade } from './upgrade.ts';

/** One part of the front, for a kind of request. */
export interface Handler<C extends Call> {
  serve(call: C): Promise<void>;
}

export interface FrontOptions {
  pipeline: Pipeline;
  inFlight: InFlight;
  log: Logger;
  resources: Handler<ResourceCall>;
  watches: Handler<ResourceCall>;
  /** pods/log, exec, attach, portforward, proxy. */
  connections: Handler<ResourceCall>;
  /** Everything outside /api/<v>/... and /apis/<g>/<v>/... */
  paths: Handler<PathCall>;
  /** Group versions that other servers serve. */
  aggregation?: ForeignVersions;
  /** Who may ask without credentials; default: everybody for what is public, nobody for anything else. */
  anonymous?: AnonymousAccess;
  /** Shares out seats among clients; default: requests are counted alone. */
  flowControl?: FlowControl;
  observe: Observer;
  /** Absent: nothing is written down. */
  audit?: AuditLog;
  standstill: Pick<Standstill, 'endedAt'>;
}

/** After the process has stood still, the ends of connections are read that came behind their requests: for so many milliseconds, and turns of the event loop. */
const settleMs = 100;
const settleTurns = 10;

/** What other servers serve; see services/api/src/aggregation. */
export interface ForeignVersions {
  serves(group: string, version: string): boolean;
  serve(call: Call, group: string, version: string): Promise<void>;
}

export type Observer = (request: { info: RequestInfo | undefined; code: number; seconds: number }) => void;

/** Open to everybody: load balancers and clients ask before they have credentials (the system:public-info-viewer role upstream). */
const publicPaths = /^\/(livez|readyz|healthz)(\/|$)|^\/version$/;

/** Who could not say who he is. */
const nobody: UserInfo = { username: '', groups: [] };
const anonymous: UserInfo = { username: 'system:anonymous', groups: ['system:unauthenticated'] };

/** Takes every request through the same steps: what is asked, who asks, is there room, then the part that answers. Every failure ends as a Status. */
export class Front {
  readonly #options: FrontOptions;
  readonly #certificates = new CertificateReader();

  constructor(options: FrontOptions) {
    this.#options = options;
  }

  /** Never rejects. */
  readonly serve = async (request: FrontRequest, response: FrontResponse, upgrade?: Upgrade): Promise<void> => {
    const start = performance.now();
    const abortion = new AbortController();
    let info: RequestInfo | undefined;
    const auditId = auditIdOf(request);
    const audited: Audited = {};
    response.setHeader('audit-id', auditId);
    response.once('close', () => response.writableEnded || abortion.abort(gone()));
    response.on('error', () => undefined);
    try {
      const [path = '', search = ''] = splitTarget(request.url ?? '');
      const query = search === '' ? noParameters : new URLSearchParams(search);
      info = parseRequestInfo(request.method ?? 'GET', path, query);
      const begun = { request, response, info, query, abortion, audited, auditId };
      await this.#admitAndServe(upgrade === undefined ? begun : { ...begun, upgrade });
    } catch (error) {
      await this.#fail(request, response, error, auditId);
    }
    audited.record?.complete(response.statusCode);
    this.#options.observe({ info, code: response.statusCode, seconds: (performance.now() - start) / 1000 });
  };

  async #admitAndServe(begun: Begun): Promise<void> {
    const { info, abortion } = begun;
    const longRunning = isLongRunning(info);
    const settled = this.#settled(abortion.signal);
    if (settled !== undefined) await settled;
    const leave = isPublic(info) ? noop : this.#options.inFlight.enter(classOf(info));
    const limit = longRunning ? undefined : timeLimitOf(begun.query);
    const until = limit === undefined ? undefined : this.#inStoreTime(limit);
    let seat: Seat | undefined;
    const timer = limit === undefined ? undefined : setTimeout(() => abortion.abort(timedOut()), limit);
    try {
      const user = await this.#userOf(begun);
      const { audited } = begun;
      const call: Call = { ...begun, user, userAgent: userAgentOf(begun.request), signal: abortion.signal, until };
      const audit = audited.record;
      if (!longRunning || this.#partFor(info) === this.#options.watches) {
        const entering = this.#enter(call, limit);
        seat = entering instanceof Promise ? await entering : entering;
        tellSeat(call.response, seat);
      }
      if (longRunning) call.onInitialized = seat?.leave;
      await orAborted(abortion.signal, this.#dispatch(audit === undefined ? call : { ...call, audit }));
    } finally {
      seat?.leave();
      clearTimeout(timer);
      leave();
    }
  }

  /** Of what has waited for a process that stood still, only that is carried out whose client is still there. */
  #settled(signal: AbortSignal): Promise<void> | undefined {
    if (performance.now() - this.#options.standstill.endedAt() > settleMs) return undefined;
    return untilRead(signal);
  }

  #inStoreTime(fromNow: number): number | undefined {
    const now = this.#options.pipeline.time();
    return now && now + fromNow;
  }

  async #userOf(begun: Begun): Promise<UserInfo> {
    const { request, info } = begun;
    const anonymousHere = (): boolean | undefined => this.#options.anonymous?.(info.path);
    if (isPublic(info) && anonymousHere() !== false) return anonymous;
    let own: UserInfo | undefined;
    let user: UserInfo;
    try {
      const credentials = credentialsOf(request, this.#certificates);
      const note = (known: UserInfo): void => {
        own = known;
      };
      const asked = credentials.impersonate === undefined ? undefined : askedFor(info);
      const found = this.#options.pipeline.authenticate(credentials, note, asked);
      user = found instanceof Promise ? await found : found;
      // An administrator who impersonates nobody in particular has said who he is himself.
      if (own?.username === anonymous.username && anonymousHere() !== true)
        throw new StatusError('Unauthorized', 'Unauthorized');
    } catch (error) {
      this.#beginAudit(begun, own ?? nobody, undefined);
      throw error;
    }
    this.#beginAudit(begun, own ?? user, own === undefined || own === user ? undefined : user);
    if (info.type === 'path') await this.#options.pipeline.authorizePath(user, info.verb, info.path);
    return user;
  }

  #beginAudit(begun: Begun, user: UserInfo, impersonated: UserInfo | undefined): void {
    const { audit } = this.#options;
    if (audit === undefined) return;
    const record = audit.begin(auditSubject(begun.info, user), () => ({
      id: begun.auditId,
      uri: begun.request.url ?? '',
      sourceIPs: sourcesOf(begun.request),
      userAgent: userAgentOf(begun.request),
      ...(impersonated === undefined ? {} : { impersonated }),
      received: audit.now(),
    }));
    if (record !== undefined) begun.audited.record = record;
  }

  /** A quarter of its time a request may wait (apiserver/pkg/server/filters priority-and-fairness). */
  #enter(call: Call, limit = 60_000): Seat | undefined | Promise<Seat> {
    const { flowControl } = this.#options;
    if (flowControl === undefined || isPublic(call.info)) return undefined;
    return flowControl.enter(flowSubject(call), limit / 4, call.signal);
  }

  #dispatch(call: Call): Promise<void> {
    const { aggregation } = this.#options;
    const foreign = aggregation && foreignVersion(call.info, aggregation);
    if (aggregation !== undefined && foreign !== undefined) return this.#serveForeign(call, aggregation, ...foreign);
    if (isPath(call)) return this.#options.paths.serve(call);
    if ((call as ResourceCall).info.deeper) throw resourceNotFound();
    if (call.request.method === 'HEAD' && !isConnect(call.info)) return this.#refuseHead(call as ResourceCall);
    return this.#partFor(call.info).serve(call as ResourceCall);
  }

  /** Admission and everything behind it is the other server's affair; who may ask is not. */
  async #serveForeign(call: Call, aggregation: ForeignVersions, group: string, version: string): Promise<void> {
    const { info, user } = call;
    if (info.type === 'resource') await this.#options.pipeline.authorizeForeign(user, info);
    call.onInitialized?.();
    await aggregation.serve(call, group, version);
  }

  /** Resources have no HEAD, whatever they have to GET (apiserver/pkg/endpoints/installer.go); what is proxied may. */
  async #refuseHead({ user, info }: ResourceCall): Promise<void> {
    await this.#options.pipeline.authorizeForeign(user, info);
    throw new StatusError('MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
  }

  #partFor(info: RequestInfo): Handler<ResourceCall> {
    if (isConnect(info) || isLog(info)) return this.#options.connections;
    return info.verb === 'watch' ? this.#options.watches : this.#options.resources;
  }

  async #fail(request: FrontRequest, response: FrontResponse, error: unknown, auditId: string): Promise<void> {
    const status = statusOf(error);
    if (!(error instanceof StatusError)) this.#options.log.error({ err: error, auditId }, 'request failed');
    if (response.headersSent || response.destroyed || response.writableEnded) return abort(response);
    await refuse(request, response, status);
  }
}

/** Group and version of a request that another server answers: for its resources, its discovery, its OpenAPI document. */
function foreignVersion(info: RequestInfo, aggregation: ForeignVersions): [string, string] | undefined {
  if (info.type === 'resource')
    return aggregation.serves(info.group, info.version) ? [info.group, info.version] : undefined;
  const match = /^(?:\/openapi\/v3)?\/apis\/([^/]+)\/([^/]+)$/.exec(info.path);
  const [, group = '', version = ''] = match ?? [];
  return match !== null && aggregation.serves(group, version) ? [group, version] : undefined;
}

function askedFor(info: RequestInfo): Asked {
  const { verb, path } = info;
  if (info.type === 'path') return { verb, what: { path } };
  const { group, resource, subresource, namespace, name } = info;
  return { verb, what: { group, resource, subresource, namespace, name } };
}

function flowSubject({ info, user, query }: Call): FlowSubject {
  const { verb, path } = info;
  if (info.type === 'path') return { user, verb, path };
  const { group, resource, subresource, namespace } = info;
  return { user, verb, path, query, resource: { group, resource, subresource, namespace } };
}

function tellSeat(response: FrontResponse, seat: Seat | undefined): void {
  if (seat === undefined) return;
  if (seat.flowSchema !== '') response.setHeader('x-kubernetes-pf-flowschema-uid', seat.flowSchema);
  if (seat.priorityLevel !== '') response.setHeader('x-kubernetes-pf-prioritylevel-uid', seat.priorityLevel);
}

const noop = (): void => undefined;
/** Nobody adds any. */
const noParameters = new URLSearchParams();
const userAgentOf = (request: FrontRequest): string => headerOf(request, 'user-agent') ?? '';

function classOf(info: RequestInfo): RequestClass {
  return isLongRunning(info) ? 'longRunning' : isReadOnly(info) ? 'readonly' : 'mutating';
}

const isPath = (call: Call): call is PathCall => call.info.type === 'path';
const isPublic = (info: RequestInfo): boolean => info.type === 'path' && publicPaths.test(info.path);

interface Begun {
  request: FrontRequest;
  response: FrontResponse;
  info: RequestInfo;
  query: URLSearchParams;
  abortion: AbortController;
  audited: Audited;
  auditId: string;
  upgrade?: Upgrade;
}

interface Audited {
  record?: AuditRecord;
}

/** Answers with a failure. What is left of a request's body is not read: an HTTP/1 connection is of no use after that. */
async function refuse(request: FrontRequest, response: FrontResponse, status: Status): Promise<void> {
  if (request.httpVersionMajor === 1 && !request.complete) response.setHeader('connection', 'close');
  for (const name of response.getHeaderNames()) if (name.startsWith('content-')) response.removeHeader(name);
  await send(request, response, statusAnswer(status));
}

async function untilRead(signal: AbortSignal): Promise<void> {
  for (let turn = 0; turn < settleTurns; turn++) await delay(settleMs / settleTurns);
  signal.throwIfAborted();
}

function splitTarget(target: string): [string, string] {
  const at = target.indexOf('?');
  return at < 0 ? [target, ''] : [target.slice(0, at), target.slice(at + 1)];
}

/** Lets a request end at its time limit even when the part that serves it does not listen to the signal. */
function orAborted(signal: AbortSignal, work: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) onAbort();
    work.then(
      () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      },
      (error: unknown) => {
        signal.removeEventListener('abort', onAbort);
        reject(error);
      },
    );
  });
}

function gone(): StatusError {
  return new StatusError('Timeout', 'the client went away');
}

function timedOut(): StatusError {
  return new StatusError('Timeout', 'Timeout: request did not complete within the allotted timeout');
}
