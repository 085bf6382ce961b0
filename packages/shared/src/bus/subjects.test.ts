import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clusterScope, formatDesiredKey, parseDesiredKey } from './desired.ts';
import { formatInboxPrefix, isReplyOf } from './inbox.ts';
import {
  allApiRequests,
  allMembers,
  formatApiLinkSubject,
  formatApiSubject,
  formatAuditSubject,
  formatHealthSubject,
  formatMembersSubject,
  formatNodeLinkSubject,
  formatNodeSubject,
  formatStreamSubject,
  healthSubjects,
  joinSubject,
  metricsSubjects,
  nodeOperations,
  parseApiSubject,
  parseNodeSubject,
} from './subjects.ts';
import { escapeToken, unescapeToken } from './token.ts';

describe('subjects of the api', () => {
  it.each([
    [{ kind: 'service', name: 'scheduler' }, 'kubus.api.service.scheduler'],
    [{ kind: 'node', name: 'ip-10.ec2.internal' }, 'kubus.api.node.ip-10=2Eec2=2Einternal'],
    [{ kind: 'user', name: 'a b*>\r\n' }, 'kubus.api.user.a=20b=2A=3E=0D=0A'],
    [{ kind: 'desired', name: '_cluster' }, 'kubus.api.desired._cluster'],
  ] as const)('writes and reads %j', (identity, subject) => {
    expect(formatApiSubject(identity)).toBe(subject);
    expect(parseApiSubject(subject)).toEqual(identity);
  });

  it('does not take other subjects for requests', () => {
    for (const subject of [
      'kubus.api.node',
      'kubus.api.node.a.link',
      'kubus.api.root.a',
      'kubus.api.node.a=',
      'kubus.api.node.=',
      'kubus.api.node.a*',
      'kubus.api.toString.a',
      'other.api.node.a',
    ])
      expect(parseApiSubject(subject)).toBeUndefined();
  });

  it('names links, and everything asked', () => {
    expect(formatApiLinkSubject({ kind: 'node', name: 'a.b' }, 'L1')).toBe('kubus.api.node.a=2Eb.L1');
    expect(allApiRequests).toBe('kubus.api.*.*');
    expect(joinSubject).toBe('kubus.join');
  });
});

describe('subjects of nodes', () => {
  it('writes and reads them', () => {
    expect(formatNodeSubject('a.b', 'exec')).toBe('kubus.node.a=2Eb.exec');
    expect(parseNodeSubject('kubus.node.a=2Eb.exec')).toEqual({ node: 'a.b', operation: 'exec' });
    expect(parseNodeSubject('kubus.node.a=2Eb.link.x')).toBeUndefined();
    expect(parseNodeSubject('kubus.node.a')).toBeUndefined();
    expect(formatNodeLinkSubject('a.b', 'x')).toBe('kubus.node.a=2Eb.link.x');
    expect(formatStreamSubject('a.b', 'x')).toBe('kubus.stream.a=2Eb.x');
    expect(nodeOperations()).toBe('kubus.node.*.*');
    expect(nodeOperations('a.b')).toBe('kubus.node.a=2Eb.*');
  });
});

it('names health and metrics of a service and of one instance', () => {
  expect(healthSubjects('api', 'x1')).toEqual(['kubus.health', 'kubus.health.api', 'kubus.health.api.x1']);
  expect(metricsSubjects('api', 'x1')).toEqual(['kubus.metrics.api', 'kubus.metrics.api.x1']);
  expect(formatHealthSubject('node-agent', 'a.b')).toBe('kubus.health.node-agent.a=2Eb');
});

it('names where the replicas of a service say that they are there', () => {
  expect(formatMembersSubject('scheduler', 'my.own')).toBe('kubus.scheduler.members.my=2Eown');
  expect(allMembers('controller-manager')).toBe('kubus.controller-manager.members.*');
});

it('escapes every name into one token, and back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (name) => {
      const token = escapeToken(name);
      expect(token).toMatch(/^[\w=-]+$/);
      expect(unescapeToken(token)).toBe(name);
    }),
  );
});

describe('keys of desired sets', () => {
  it.each([
    ['default.web', { namespace: 'default', name: 'web' }],
    ['team-a.web.v2', { namespace: 'team-a', name: 'web.v2' }],
    ['_cluster.base', { namespace: clusterScope, name: 'base' }],
  ])('reads and writes %s', (text, key) => {
    expect(parseDesiredKey(text)).toEqual(key);
    expect(formatDesiredKey(key)).toBe(text);
  });

  it.each([
    'web',
    '.web',
    'default.',
    'Default.web',
    'default.We',
    'a/b.c',
    '_other.x',
    'default.a..b',
    `${'a'.repeat(64)}.x`,
  ])('refuses %s', (text) => expect(parseDesiredKey(text)).toBeUndefined());

  it('does not write a namespace that reads back as another', () => {
    expect(() => formatDesiredKey({ namespace: 'a.b', name: 'c' })).toThrow(TypeError);
  });
});

describe('where the api may answer', () => {
  const node = { kind: 'node', name: 'a.b' } as const;
  it('is below the inbox of who asks', () => {
    expect(formatInboxPrefix(node)).toBe('_INBOX.node.a=2Eb');
    expect(isReplyOf(node, '_INBOX.node.a=2Eb.x.1')).toBe(true);
    expect(isReplyOf({ kind: 'service', name: 'sim' }, '_INBOX.sim.x.1')).toBe(true);
    expect(isReplyOf({ kind: 'desired', name: 'default' }, '_INBOX.service.controller-manager.x')).toBe(true);
  });

  it.each([
    '_INBOX.node.b.x',
    '_INBOX.x',
    'kubus.node.b.exec',
    '$JS.ACK.S.c.1.1.1.1.0',
    '_INBOX.node.a=2Ebc.x',
    '_INBOX.node.a=2Eb.>',
    '',
  ])('is not %s', (reply) => expect(isReplyOf(node, reply)).toBe(false));

  it('is not an inbox of simulated nodes for a service', () => {
    expect(isReplyOf({ kind: 'service', name: 'scheduler' }, '_INBOX.sim.x')).toBe(false);
  });
});

describe('subjects of the audit log', () => {
  it.each([
    [{ group: 'apps', resource: 'deployments' }, 'create', 'kubus.audit.apps.deployments.create'],
    [{ group: '', resource: 'pods' }, 'delete', 'kubus.audit.=.pods.delete'],
    [{ group: 'a.b', resource: '>' }, 'get', 'kubus.audit.a=2Eb.=3E.get'],
    [undefined, 'get', 'kubus.audit._path.get'],
  ])('writes %j %s', (asked, verb, subject) => {
    expect(formatAuditSubject(asked, verb)).toBe(subject);
  });
});
