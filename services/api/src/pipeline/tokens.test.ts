import type { KubeObject } from '@kubus/shared/object';
import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { admin, core, podBody, startCluster, type TestCluster } from './testing/cluster.ts';

const default_ = { ...core, namespace: 'default' } as const;

interface TokenRequest extends KubeObject {
  status?: { token: string };
}
interface TokenReview extends KubeObject {
  status?: { authenticated?: boolean; user?: { extra?: Record<string, string[]> }; audiences?: string[] };
}

let cluster: TestCluster;
beforeAll(async () => {
  cluster = await startCluster({ takesPods: true });
}, 60_000);
afterAll(() => cluster?.stop());

const request = (spec: object) => ({
  ...default_,
  resource: 'serviceaccounts',
  verb: 'create' as const,
  name: 'default',
  subresource: 'token',
  body: { spec },
});

async function issue(spec: object): Promise<string> {
  const { status } = await cluster.as(admin).ok<TokenRequest>(request(spec));
  return status?.token ?? '';
}

async function review(token: string, audiences?: string[]) {
  const spec = { token, ...(audiences === undefined ? {} : { audiences }) };
  const group = { group: 'authentication.k8s.io', version: 'v1', resource: 'tokenreviews' };
  return (await cluster.as(admin).ok<TokenReview>({ ...group, verb: 'create', body: { spec } })).status;
}

const payload = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());

describe('a token of a service account', () => {
  it.each([
    ['secrets', { ...default_ }, { metadata: { name: 'bound' }, data: {} }, 'Secret'],
    ['nodes', { ...core }, { metadata: { name: 'bound' } }, 'Node'],
    ['pods', { ...default_ }, podBody('bound'), 'Pod'],
  ] as const)('may be bound to %s, and ends with what it is bound to', async (resource, at, body, kind) => {
    const client = cluster.as(admin);
    const { metadata } = await client.ok({ ...at, resource, verb: 'create', body });
    const boundObjectRef = { apiVersion: 'v1', kind, name: 'bound', uid: metadata.uid };
    const token = await issue({ boundObjectRef });
    expect(payload(token)['kubernetes.io'][kind.toLowerCase()]).toEqual({ name: 'bound', uid: metadata.uid });
    expect(await review(token)).toMatchObject({ authenticated: true });
    const other = await client.refused(request({ boundObjectRef: { ...boundObjectRef, uid: 'other' } }));
    expect(other).toMatchObject({ code: 409 });
    await client.ok({ ...at, resource, verb: 'delete', name: 'bound', query: { gracePeriodSeconds: '0' } });
    const remade = await client.ok({ ...at, resource, verb: 'create', body });
    expect(remade.metadata.uid).not.toBe(metadata.uid);
    // As soon as the replica has heard of it.
    await eventually(async () => expect((await review(token))?.authenticated).not.toBe(true));
  });

  it('is for nothing but a pod, a secret or a node, and for ten minutes at least', async () => {
    const client = cluster.as(admin);
    const boundObjectRef = { apiVersion: 'v1', kind: 'ConfigMap', name: 'x' };
    expect((await client.refused(request({ boundObjectRef }))).message).toContain('cannot bind token');
    const short = await client.refused(request({ expirationSeconds: 599 }));
    expect(short.message).toContain('may not specify a duration less than 10 minutes');
  });

  it('is reviewed for the audiences that are asked about', async () => {
    const token = await issue({ audiences: ['vault', 'other'] });
    expect(await review(token, ['vault', 'none'])).toMatchObject({ authenticated: true, audiences: ['vault'] });
    expect((await review(token, ['none']))?.authenticated).not.toBe(true);
    expect((await review(token))?.authenticated).not.toBe(true);
  });

  it('is found in the audit log by the id that it carries', async () => {
    const annotations = new Map<string, string>();
    const audit = {
      annotate: (key: string, value: string) => void annotations.set(key, value),
      requested: () => undefined,
      responded: () => undefined,
      started: () => undefined,
    };
    const context = { user: admin, userAgent: 'test', signal: new AbortController().signal, audit };
    const { body } = await cluster.pipeline.handle(request({}), context);
    const token = (body as TokenRequest).status?.token ?? '';
    const id = `JTI=${payload(token).jti}`;
    expect(annotations.get('authentication.kubernetes.io/issued-credential-id')).toBe(id);
    expect((await review(token))?.user?.extra).toMatchObject({ 'authentication.kubernetes.io/credential-id': [id] });
  });
});
