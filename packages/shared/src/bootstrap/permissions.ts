import { formatInboxPrefix } from '../bus/inbox.ts';
import { allMembers, allUsageReports, formatUsageSubject } from '../bus/subjects.ts';
import { escapeToken } from '../bus/token.ts';

/** Who connects to NATS: a service, one node, the process that plays simulated nodes, the operator's own tools, or a node that has yet to join. */
export type Principal =
  | { kind: 'service'; name: 'api' | 'scheduler' | 'controller-manager' }
  | { kind: 'node'; name: string }
  | { kind: 'sim' }
  | { kind: 'user'; name: string }
  | { kind: 'join' };

export interface SubjectPermissions {
  publish: string[];
  subscribe: string[];
  /**
   * May answer a request on the subject it names, once, though it could not publish there otherwise. Not for those to whom many messages come: the server keeps a list
   * of what may be answered, and nats-server 2.9.10 spent 0.8 ms on each message once that list was long (2.15.1 did not).
   */
  respond: boolean;
}

/**
 * Replies come to inboxes under a prefix of the principal's own, and nobody else may subscribe there: with NATS' common `_INBOX` anyone
 * who may subscribe to `_INBOX.>` reads everybody's answers.
 */
export const inboxPrefix = (principal: Principal): string => formatInboxPrefix(principal);

/** JetStream's API for following one stream through ordered consumers of one's own; nothing that changes the stream. */
const followStream = (stream: string): string[] => [
  `$JS.API.STREAM.INFO.${stream}`,
  `$JS.API.STREAM.MSG.GET.${stream}`,
  `$JS.API.DIRECT.GET.${stream}`,
  `$JS.API.DIRECT.GET.${stream}.>`,
  `$JS.API.CONSUMER.CREATE.${stream}`,
  `$JS.API.CONSUMER.CREATE.${stream}.>`,
  `$JS.API.CONSUMER.INFO.${stream}.>`,
  `$JS.API.CONSUMER.DELETE.${stream}.>`,
  `$JS.FC.${stream}.>`,
];
/** Also through durable consumers, whose messages are acknowledged. */
const readStream = (stream: string): string[] => [
  ...followStream(stream),
  `$JS.API.CONSUMER.DURABLE.CREATE.${stream}.>`,
  `$JS.API.CONSUMER.MSG.NEXT.${stream}.>`,
  `$JS.ACK.${stream}.>`,
];
const createStream = (stream: string): string[] => [
  `$JS.API.STREAM.CREATE.${stream}`,
  `$JS.API.STREAM.UPDATE.${stream}`,
];

/** Answers to operators who ask for health and metrics. */
const answers = ['_INBOX.user.>'];
const changes = 'KUBUS_CHANGES';
const audit = readStream('KUBUS_AUDIT');
const desired = readStream('KV_kubus_desired');
const status = readStream('KV_kubus_status');
const ownHealth = (service: string) => [
  'kubus.health',
  `kubus.health.${service}`,
  `kubus.health.${service}.>`,
  `kubus.metrics.${service}`,
  `kubus.metrics.${service}.>`,
];

/** What each principal may do on the bus: no more than its part of the design asks for. Nobody reaches `$SYS`. */
export function permissionsOf(principal: Principal): SubjectPermissions {
  const inbox = `${inboxPrefix(principal)}.>`;
  switch (principal.kind) {
    case 'service':
      return servicePermissions(principal.name, inbox);
    case 'node': {
      const node = escapeToken(principal.name);
      return {
        // The API as itself, its side of streams that were opened to it, and what it uses.
        publish: [
          `kubus.api.node.${node}`,
          `kubus.api.node.${node}.>`,
          `kubus.stream.${node}.>`,
          formatUsageSubject(principal.name),
        ],
        subscribe: [inbox, `kubus.node.${node}.>`, ...ownHealth('node-agent')],
        respond: true,
      };
    }
    case 'sim':
      return {
        publish: ['kubus.api.service.sim', 'kubus.api.service.sim.>', 'kubus.stream.>', allUsageReports],
        subscribe: [inbox, 'kubus.node.>', ...ownHealth('node-agent')],
        respond: true,
      };
    case 'user': {
      const user = escapeToken(principal.name);
      return {
        publish: [
          `kubus.api.user.${user}`,
          `kubus.api.user.${user}.>`,
          'kubus.health',
          'kubus.health.>',
          'kubus.metrics.>',
          '$JS.API.INFO',
          ...readStream(changes),
          ...audit,
          ...desired,
          ...status,
          '$KV.kubus_desired.>',
        ],
        subscribe: [inbox, 'kubus.changes.>', 'kubus.audit.>', '$KV.kubus_desired.>', '$KV.kubus_status.>'],
        respond: false,
      };
    }
    case 'join':
      return { publish: ['kubus.join'], subscribe: [inbox], respond: false };
  }
}

function servicePermissions(name: 'api' | 'scheduler' | 'controller-manager', inbox: string): SubjectPermissions {
  const own = { api: `kubus.api.service.${name}`, health: ownHealth(name) };
  switch (name) {
    case 'api':
      return {
        // It writes the change log, answers everybody and speaks to every node.
        publish: ['kubus.>', '_INBOX.>', '$JS.API.>', '$JS.ACK.>', '$JS.FC.>'],
        subscribe: [inbox, 'kubus.>'],
        respond: false,
      };
    case 'scheduler':
      return {
        publish: [own.api, `${own.api}.>`, ...answers, allMembers(name), '$JS.API.INFO', ...followStream(changes)],
        subscribe: [inbox, allMembers(name), ...own.health],
        respond: false,
      };
    case 'controller-manager':
      return {
        // Besides its own requests: those it makes for desired sets, as the owner of their namespace.
        publish: [
          own.api,
          `${own.api}.>`,
          'kubus.api.desired.>',
          ...answers,
          allMembers(name),
          '$JS.API.INFO',
          ...followStream(changes),
          ...desired,
          ...status,
          ...createStream('KV_kubus_desired'),
          ...createStream('KV_kubus_status'),
          '$KV.kubus_status.>',
        ],
        subscribe: [inbox, allMembers(name), ...own.health, '$KV.kubus_desired.>', '$KV.kubus_status.>'],
        respond: false,
      };
  }
}
