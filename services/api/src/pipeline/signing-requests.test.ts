import type { CertificateSigningRequest } from '@kubus/shared/schema';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { admin, type Client, startCluster, type TestCluster, user } from './testing/cluster.ts';

let cluster: TestCluster;
let client: Client;
beforeAll(async () => {
  cluster = await startCluster();
  client = cluster.as(admin);
}, 60_000);
afterAll(() => cluster.stop());

const requests = { group: 'certificates.k8s.io', version: 'v1', resource: 'certificatesigningrequests' } as const;
const pem = (type: string) => btoa(`-----BEGIN ${type}-----\nMAA=\n-----END ${type}-----\n`);
const body = (name: string, spec: object = {}) => ({
  apiVersion: 'certificates.k8s.io/v1',
  kind: 'CertificateSigningRequest',
  metadata: { name },
  spec: { request: pem('CERTIFICATE REQUEST'), signerName: 'example.com/signer', usages: ['client auth'], ...spec },
});
const get = (name: string) => client.ok<CertificateSigningRequest>({ ...requests, verb: 'get', name });

it('says who asks, whatever he says himself, and never changes', async () => {
  const sent = body('jane', { username: 'root', groups: ['system:masters'] });
  const jane = cluster.as(user('jane', 'system:masters'));
  const made = await jane.ok<CertificateSigningRequest>({ ...requests, verb: 'create', body: sent });
  expect(made.spec).toMatchObject({ username: 'jane', groups: ['system:masters', 'system:authenticated'] });
  const change = { ...made, spec: { ...made.spec, signerName: 'example.com/other' } };
  const after = await client.ok<CertificateSigningRequest>({ ...requests, verb: 'update', name: 'jane', body: change });
  expect(after.spec).toEqual(made.spec);
});

it('is refused when nobody could sign it', async () => {
  const refused = async (spec: object) =>
    (await client.refused({ ...requests, verb: 'create', body: body('x', spec) })).message ?? '';
  expect(await refused({ request: btoa('hello') })).toContain('PEM block type must be CERTIFICATE REQUEST');
  expect(await refused({ signerName: 'signer' })).toContain("of the form 'example.com/signer-name'");
  expect(await refused({ usages: [] })).toContain('spec.usages: Required value');
  expect(await refused({ usages: ['magic'] })).toContain('spec.usages[0]: Unsupported value: "magic"');
  expect(await refused({ expirationSeconds: 5 })).toContain('may not specify a duration less than 600 seconds');
});

it('is approved by one subresource and signed by the other, each once', async () => {
  const { metadata } = await client.ok({ ...requests, verb: 'create', body: body('flow') });
  const put = (subresource: 'approval' | 'status', status: object) =>
    ({ ...requests, verb: 'update', name: 'flow', subresource, body: { ...body('flow'), metadata, status } }) as const;
  const fresh = async () => Object.assign(metadata, { resourceVersion: (await get('flow')).metadata.resourceVersion });
  const approved = { conditions: [{ type: 'Approved', status: 'True', reason: 'Test' }] };
  await client.ok(put('status', approved));
  expect((await get('flow')).status?.conditions ?? []).toEqual([]);
  await fresh();
  await client.ok(put('approval', { ...approved, certificate: pem('CERTIFICATE') }));
  const decided = await get('flow');
  expect(decided.status?.conditions).toMatchObject([{ type: 'Approved', lastUpdateTime: expect.any(String) }]);
  expect(decided.status).not.toHaveProperty('certificate');
  await fresh();
  const both = [...approved.conditions, { type: 'Denied', status: 'True' }];
  expect((await client.refused(put('approval', { conditions: both }))).message).toContain('mutually exclusive');
  expect((await client.refused(put('approval', { conditions: [] }))).message).toContain('may not remove a condition');
  expect((await client.refused(put('status', { certificate: btoa('x') }))).message).toContain('must be CERTIFICATE');
  const failed = { type: 'Failed', status: 'True', reason: 'Test', lastUpdateTime: '2026-01-01T00:00:00Z' };
  await client.ok(put('status', { certificate: pem('CERTIFICATE'), conditions: [failed] }));
  const lastTransitionTime = expect.any(String);
  expect((await get('flow')).status?.conditions).toMatchObject([
    { ...failed, lastTransitionTime },
    { type: 'Approved', lastTransitionTime },
  ]);
  await fresh();
  expect((await client.refused(put('status', { certificate: '' }))).message).toContain('after it has been set');
});
