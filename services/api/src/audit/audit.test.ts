import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, startNats } from '@kubus/testkit';
import { connect } from 'nats';
import { describe, expect, it } from 'vitest';
import { AuditLog } from './audit-log.ts';
import type { AuditEvent, AuditSubject } from './contract.ts';
import { defaultPolicy } from './default-policy.ts';
import { JsonLines } from './json-lines.ts';
import { AuditStream } from './nats-stream.ts';
import { PolicyEvaluator, parsePolicy } from './policy.ts';
import { readPolicy } from './read-policy.ts';

const jane = { username: 'jane', groups: ['dev'] };
const now = (): Date => new Date('2026-01-02T03:04:05.678Z');

function subject(verb: string, resource: string, more: object = {}): AuditSubject {
  const [name = '', sub = ''] = resource.split('/');
  const asked = { group: '', version: 'v1', resource: name, subresource: sub, namespace: 'default', name: 'x' };
  return { user: jane, verb, path: '', resource: { ...asked, ...more } };
}

const policyOf = (...rules: object[]) => parsePolicy({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules });
const levelOf = (rules: object[], asked: AuditSubject): string =>
  new PolicyEvaluator(policyOf(...rules)).decide(asked).level;

describe('an audit policy', () => {
  it('decides by the first rule that matches, and without one for nothing', () => {
    const rules = [
      { level: 'Metadata', resources: [{ group: '', resources: ['secrets', 'pods/status', '*/scale'] }] },
      { level: 'Request', users: ['jane'], verbs: ['create'] },
      { level: 'RequestResponse', userGroups: ['dev'], namespaces: ['default'] },
      { level: 'None', nonResourceURLs: ['/healthz*'] },
    ];
    expect(levelOf(rules, subject('create', 'secrets'))).toBe('Metadata');
    expect(levelOf(rules, subject('update', 'pods/status'))).toBe('Metadata');
    expect(levelOf(rules, subject('update', 'things/scale'))).toBe('Metadata');
    expect(levelOf(rules, subject('create', 'pods'))).toBe('Request');
    expect(levelOf(rules, subject('update', 'pods'))).toBe('RequestResponse');
    expect(levelOf(rules, subject('update', 'pods', { namespace: 'other' }))).toBe('None');
    expect(levelOf(rules, subject('update', 'secrets', { group: 'other' }))).toBe('RequestResponse');
    expect(levelOf(rules, { user: jane, verb: 'get', path: '/healthz/etcd' })).toBe('None');
  });

  it('is refused when it says what no policy says', async () => {
    expect(() => policyOf({ level: 'Everything' })).toThrow('rules.0.level');
    expect(() => policyOf({ level: 'None', colour: 'red' })).toThrow('colour');
    const dir = await mkdtemp(join(tmpdir(), 'kubus-audit-'));
    await writeFile(join(dir, 'policy.yaml'), 'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n- level: Request\n');
    expect((await readPolicy(join(dir, 'policy.yaml'))).rules).toEqual([{ level: 'Request' }]);
    await expect(readPolicy(join(dir, 'none.yaml'))).rejects.toThrow('KUBUS_AUDIT_POLICY_FILE');
    await rm(dir, { recursive: true });
  });
});

describe('the policy that holds without one', () => {
  const evaluator = new PolicyEvaluator(defaultPolicy);

  it('never asks for the body of anything', () => {
    expect(defaultPolicy.rules.map(({ level }) => level)).not.toContain('Request');
    expect(defaultPolicy.rules.map(({ level }) => level)).not.toContain('RequestResponse');
    for (const verb of ['create', 'get', 'list', 'delete']) {
      expect(evaluator.decide(subject(verb, 'secrets')).level).toBe('Metadata');
    }
  });

  it('leaves out what the machine asks itself all the time', () => {
    const scheduler = { username: 'system:kube-scheduler', groups: [] };
    const node = { username: 'system:node:a', groups: ['system:nodes'] };
    expect(evaluator.decide({ ...subject('create', 'pods/binding'), user: scheduler }).level).toBe('None');
    expect(evaluator.decide({ ...subject('update', 'pods/status'), user: node }).level).toBe('None');
    expect(evaluator.decide({ ...subject('create', 'pods'), user: node }).level).toBe('Metadata');
    expect(evaluator.decide({ user: jane, verb: 'get', path: '/livez' }).level).toBe('None');
    expect(evaluator.decide({ user: jane, verb: 'get', path: '/debug' }).level).toBe('Metadata');
  });
});

function recording(level: string, more: object = {}) {
  const events: (AuditEvent & { parsed: Record<string, unknown> })[] = [];
  const sink = {
    write: (event: AuditEvent) => {
      events.push({ ...event, parsed: JSON.parse(event.json) });
      return true;
    },
    stop: async () => undefined,
  };
  return { log: new AuditLog({ policy: policyOf({ level, ...more }), sinks: [sink], now }), events };
}

const origin = { id: 'id-1', uri: '/api/v1/x', sourceIPs: ['10.0.0.1'], userAgent: 'kubectl', received: now() };
const secret = { kind: 'Secret', metadata: { name: 'x', managedFields: [{}] }, data: { password: 'aHVzaA==' } };

describe('an event', () => {
  it('tells who did what, from where, and what came of it', () => {
    const { log, events } = recording('Metadata', { omitStages: ['RequestReceived'] });
    const record = log.begin(subject('create', 'secrets'), () => ({
      ...origin,
      impersonated: { username: 'joe', groups: [] },
    }));
    record?.requested(secret);
    record?.annotate('authorization.k8s.io/decision', 'allow');
    record?.annotate('authorization.k8s.io/decision', 'forbid');
    record?.annotate('patch.webhook.admission.k8s.io/round_0_index_0', '[...]');
    record?.responded({ code: 201, body: secret });
    record?.complete(201);
    record?.complete(500);
    expect(events.map(({ parsed }) => parsed)).toEqual([
      {
        kind: 'Event',
        apiVersion: 'audit.k8s.io/v1',
        level: 'Metadata',
        auditID: 'id-1',
        stage: 'ResponseComplete',
        requestURI: '/api/v1/x',
        verb: 'create',
        user: { username: 'jane', groups: ['dev'] },
        impersonatedUser: { username: 'joe', groups: [] },
        sourceIPs: ['10.0.0.1'],
        userAgent: 'kubectl',
        objectRef: { resource: 'secrets', namespace: 'default', name: 'x', apiVersion: 'v1' },
        responseStatus: { metadata: {}, code: 201 },
        requestReceivedTimestamp: '2026-01-02T03:04:05.678000Z',
        stageTimestamp: '2026-01-02T03:04:05.678000Z',
        annotations: { 'authorization.k8s.io/decision': 'allow' },
      },
    ]);
    expect(events[0]?.json).not.toContain('aHVzaA');
  });

  it('holds bodies only at the level that asks for them', () => {
    const at = (level: string) => {
      const { log, events } = recording(level, { omitManagedFields: true, omitStages: ['RequestReceived'] });
      const record = log.begin(subject('create', 'configmaps'), () => origin);
      record?.requested(secret);
      record?.responded({ code: 201, body: { ...secret, kind: 'Answer' } });
      record?.complete(201);
      const { requestObject, responseObject } = events[0]?.parsed as {
        requestObject?: object;
        responseObject?: object;
      };
      return [requestObject, responseObject];
    };
    const shorn = { kind: 'Secret', metadata: { name: 'x' }, data: secret.data };
    expect(at('Metadata')).toEqual([undefined, undefined]);
    expect(at('Request')).toEqual([shorn, undefined]);
    expect(at('RequestResponse')).toEqual([shorn, { ...shorn, kind: 'Answer' }]);
  });

  it('is made for each stage that the policy does not leave out', () => {
    const { log, events } = recording('Metadata');
    const record = log.begin(subject('watch', 'pods'), () => origin);
    record?.started(200);
    record?.complete(200);
    expect(events.map(({ parsed }) => parsed['stage'])).toEqual([
      'RequestReceived',
      'ResponseStarted',
      'ResponseComplete',
    ]);
    expect(recording('None').log.begin(subject('get', 'pods'), () => origin)).toBeUndefined();
  });
});

describe('where events go', () => {
  const event = (name: string): AuditEvent => ({
    json: JSON.stringify({ name }),
    subject: subject('create', 'secrets'),
  });

  it('a file gets a line for each, and drops what it cannot take', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'kubus-audit-'));
    const path = join(dir, 'audit.log');
    const errors: unknown[] = [];
    const lines = new JsonLines({ path, maxPending: 40, onError: (error) => errors.push(error) });
    const taken = ['a', 'b', 'c', 'd', 'e'].map((name) => lines.write(event(name)));
    expect(taken).toEqual([true, true, true, true, false]);
    await lines.stop();
    expect(
      (await readFile(path, 'utf8'))
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).name),
    ).toEqual(['a', 'b', 'c', 'd']);
    const broken = new JsonLines({ path: dir, onError: (error) => errors.push(error) });
    await eventually(() => expect(errors).toHaveLength(1));
    expect(broken.write(event('x'))).toBe(false);
    await broken.stop();
    await rm(dir, { recursive: true });
  });

  it('a stream on the bus keeps them by what was done, in as many copies as the setting says now', async () => {
    const nats = await startNats();
    const connection = await connect({ servers: nats.url });
    const stream = new AuditStream({ connection, onError: () => undefined });
    stream.start();
    const manager = await connection.jetstreamManager();
    await eventually(async () =>
      expect((await manager.streams.info('KUBUS_AUDIT')).config.subjects).toEqual(['kubus.audit.>']),
    );
    expect(stream.write(event('first'))).toBe(true);
    await eventually(async () => {
      const message = await manager.streams.getMessage('KUBUS_AUDIT', { last_by_subj: 'kubus.audit.=.secrets.create' });
      expect(message.json()).toEqual({ name: 'first' });
    });
    await stream.stop();
    const errors: unknown[] = [];
    const copied = new AuditStream({ connection, replicas: 3, onError: (error) => errors.push(error) });
    copied.start();
    await eventually(async () => {
      const { config } = await manager.streams.info('KUBUS_AUDIT');
      // Servers that are alone take the number, or say that they are alone.
      expect(config.num_replicas === 3 || /replicas/.test(String(errors[0]))).toBe(true);
    });
    await copied.stop();
    await connection.close();
    expect(stream.write(event('late'))).toBe(false);
    await nats.stop();
  });
});
