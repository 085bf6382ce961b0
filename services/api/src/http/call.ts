import type { AuditTrail } from '../audit/index.ts';
import type { RequestContext, UserInfo } from './contract.ts';
import type { FrontRequest, FrontResponse } from './exchange.ts';
import type { PathInfo, RequestInfo, ResourceInfo } from './request-info.ts';
import type { Upgrade } from './upgrade.ts';

/** One request on its way through the front. */
export interface Call<Info extends RequestInfo = RequestInfo> {
  request: FrontRequest;
  response: FrontResponse;
  info: Info;
  query: URLSearchParams;
  user: UserInfo;
  userAgent: string;
  /** Aborts when the client goes away, when the time is over (not for watches and streams), or at shutdown's end. */
  signal: AbortSignal;
  /** The same by the store's clock, for what waits elsewhere. */
  until?: number | undefined;
  /** What is written down of it; absent where the policy wants nothing. */
  audit?: AuditTrail;
  /** A watch calls it when it has told what was there, or is another server's affair: from then on it takes no seat. */
  onInitialized?: (() => void) | undefined;
  /** The client wants to leave HTTP on this connection. */
  upgrade?: Upgrade;
}

export type ResourceCall = Call<ResourceInfo>;
export type PathCall = Call<PathInfo>;

export function contextOf(call: Call): RequestContext {
  const { user, userAgent, signal, until, audit } = call;
  return { user, userAgent, signal, until, ...(audit === undefined ? {} : { audit }) };
}

/** Subresources that are streams between a client and a node, or behind a proxy; they outlive the request time limit. */
const connectSubresources: ReadonlySet<string> = new Set(['exec', 'attach', 'portforward', 'proxy']);

export function isConnect(info: RequestInfo): info is ResourceInfo {
  return info.type === 'resource' && connectSubresources.has(info.subresource);
}

export function isLog(info: RequestInfo): info is ResourceInfo {
  return info.type === 'resource' && info.group === '' && info.resource === 'pods' && info.subresource === 'log';
}

/** Has no end of its own: neither timed nor counted as a request in flight (kube-apiserver: longRunningRequestCheck). */
export function isLongRunning(info: RequestInfo): boolean {
  return (info.type === 'resource' && info.verb === 'watch') || isConnect(info) || isLog(info);
}

const readVerbs: ReadonlySet<string> = new Set(['get', 'list', 'watch', 'head']);

export function isReadOnly(info: RequestInfo): boolean {
  return readVerbs.has(info.verb);
}
