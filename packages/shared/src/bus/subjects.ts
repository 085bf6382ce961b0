import type { BusIdentity, NodeStreamRequest } from './contract.ts';
import { escapeToken, unescapeToken } from './token.ts';

/**
 * Every subject of Kubus but the change log's own (shared/changelog). Names are single tokens, escaped by `escapeToken`.
 *
 * | subject | who publishes | who listens |
 * |---|---|---|
 * | `kubus.api.<kind>.<identity>` | that identity: requests | api, queue group `api` |
 * | `kubus.api.<kind>.<identity>.<link>` | that identity: frames of a link it opened | the api replica that serves the link |
 * | `kubus.node.<node>.<operation>` | api: opens a stream | the node |
 * | `kubus.node.<node>.link.<link>` | api: frames of a stream | the node |
 * | `kubus.stream.<node>.<link>` | the node: frames of a stream | the api replica that opened it |
 * | `kubus.usage.<node>` | the node: what it and its pods use | every api replica |
 * | `kubus.audit.<group>.<resource>.<verb>`, `kubus.audit._path.<verb>` | api: what was done | whoever may read the audit log |
 * | `kubus.join` | a node that has yet to join | api, queue group `api` |
 * | `kubus.<service>.members.<group>` | replicas of scheduler and controller-manager: which of them are there | replicas of that service that share their work |
 * | `kubus.health`, `kubus.health.<service>`, `kubus.health.<service>.<instance>` | operators | every service, without a queue group |
 * | `kubus.metrics.<service>`, `kubus.metrics.<service>.<instance>` | operators | every service, without a queue group |
 */
export const apiQueue = 'api';

export const joinSubject = 'kubus.join';

/** Services whose replicas share out their work among those that are there. */
export type SharingService = 'scheduler' | 'controller-manager';

/** Replicas of a service say there that they are there; only those of one group share their work. */
export function formatMembersSubject(service: SharingService, group: string): string {
  return `kubus.${service}.members.${escapeToken(group)}`;
}

/** Of every group of the service. */
export const allMembers = (service: SharingService): string => `kubus.${service}.members.*`;

const identityKinds: ReadonlySet<string> = new Set([
  'service',
  'node',
  'user',
  'desired',
] satisfies BusIdentity['kind'][]);

/** Requests of one identity. */
export function formatApiSubject(identity: BusIdentity): string {
  return `kubus.api.${identity.kind}.${escapeToken(identity.name)}`;
}

/** Requests of everybody. */
export const allApiRequests = 'kubus.api.*.*';

/** Undefined for what is no subject of a request. */
export function parseApiSubject(subject: string): BusIdentity | undefined {
  const [root, api, kind, token, ...more] = subject.split('.');
  if (root !== 'kubus' || api !== 'api' || kind === undefined || token === undefined || more.length > 0)
    return undefined;
  const name = unescapeToken(token);
  if (!isIdentityKind(kind) || name === undefined || name === '') return undefined;
  return { kind, name };
}

const isIdentityKind = (kind: string): kind is BusIdentity['kind'] => identityKinds.has(kind);

/** Frames from an identity to the api replica that serves one of its links. */
export function formatApiLinkSubject(identity: BusIdentity, link: string): string {
  return `${formatApiSubject(identity)}.${escapeToken(link)}`;
}

/** An operation asked of a node. */
export function formatNodeSubject(node: string, operation: NodeStreamRequest['operation']): string {
  return `kubus.node.${escapeToken(node)}.${operation}`;
}

/** Every operation asked of a node, or of any node. */
export function nodeOperations(node?: string): string {
  return `kubus.node.${node === undefined ? '*' : escapeToken(node)}.*`;
}

/** Undefined for what is no subject of an operation. */
export function parseNodeSubject(subject: string): { node: string; operation: string } | undefined {
  const [root, kind, token, operation, ...more] = subject.split('.');
  if (root !== 'kubus' || kind !== 'node' || token === undefined || operation === undefined) return undefined;
  const node = unescapeToken(token);
  return node === undefined || node === '' || more.length > 0 ? undefined : { node, operation };
}

/** Frames of a stream from the api to a node. */
export function formatNodeLinkSubject(node: string, link: string): string {
  return `kubus.node.${escapeToken(node)}.link.${escapeToken(link)}`;
}

/** Frames of a stream from a node to the api replica that opened it. */
export function formatStreamSubject(node: string, link: string): string {
  return `kubus.stream.${escapeToken(node)}.${escapeToken(link)}`;
}

/** Reports of what a node and its pods use. */
export function formatUsageSubject(node: string): string {
  return `kubus.usage.${escapeToken(node)}`;
}

/** Reports of every node. */
export const allUsageReports = 'kubus.usage.*';

/** Undefined for what is no subject of a report. */
export function parseUsageSubject(subject: string): string | undefined {
  const [root, kind, token, ...more] = subject.split('.');
  if (root !== 'kubus' || kind !== 'usage' || token === undefined || more.length > 0) return undefined;
  const node = unescapeToken(token);
  return node === '' ? undefined : node;
}

/** What a service's instance listens on for questions after its health: all, its service, itself. */
export function healthSubjects(service: string, instance: string): string[] {
  return ['kubus.health', formatHealthSubject(service), formatHealthSubject(service, instance)];
}

/** Where the health of all instances of a service, or of one, is asked for. */
export function formatHealthSubject(service: string, instance?: string): string {
  const name = `kubus.health.${escapeToken(service)}`;
  return instance === undefined ? name : `${name}.${escapeToken(instance)}`;
}

/** What a service's instance listens on for questions after its metrics. */
export function metricsSubjects(service: string, instance: string): string[] {
  return [formatMetricsSubject(service), formatMetricsSubject(service, instance)];
}

function formatMetricsSubject(service: string, instance?: string): string {
  const name = `kubus.metrics.${escapeToken(service)}`;
  return instance === undefined ? name : `${name}.${escapeToken(instance)}`;
}

/** Every event of the audit log. */
export const allAuditEvents = 'kubus.audit.>';

/** An event about a request for a resource; undefined: for a path that is none. The core group is `=`. */
export function formatAuditSubject(asked: { group: string; resource: string } | undefined, verb: string): string {
  if (asked === undefined) return `kubus.audit._path.${escapeToken(verb)}`;
  return `kubus.audit.${escapeToken(asked.group)}.${escapeToken(asked.resource)}.${escapeToken(verb)}`;
}
