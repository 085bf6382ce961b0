import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { parseRequest } from '@kubus/shared/certificates';
import type { CertificateSigningRequest } from '@kubus/shared/schema';
import { ControllerDriver } from '@kubus/testkit';
import * as x509 from '@peculiar/x509';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createCertificateApprovalController } from '../certificate-approval/index.ts';
import { createCertificateCleanerController } from '../certificate-cleaner/index.ts';
import { World } from '../common/testing/world.ts';
import { createCertificateSigningController, signingRequests } from './index.ts';
import { algorithm, requestFor } from './testing/request.ts';

const day = 24 * 3600_000;
const client = ['digital signature', 'client auth'];
const serving = ['digital signature', 'server auth'];

let authority: { cert: string; key: string };
let world: World;
let allowed: Set<string>;
beforeAll(async () => {
  x509.cryptoProvider.set(webcrypto);
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=kubernetes',
    keys,
    signingAlgorithm: algorithm,
    notAfter: new Date(Date.now() + 3650 * day),
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  authority = { cert: ca.toString('pem'), key: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY') };
});
beforeEach(() => {
  world = new World();
  allowed = new Set();
});

const node: x509.JsonName = [{ O: ['system:nodes'] }, { CN: ['system:node:n1'] }];

function seed(spec: Partial<CertificateSigningRequest['spec']>, types: string[] = [], certificate?: string) {
  const lastUpdateTime = world.cluster.clock.timestamp();
  world.cluster.seed(signingRequests, {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name: 'r', creationTimestamp: lastUpdateTime },
    spec: { request: '', signerName: 'kubernetes.io/kube-apiserver-client', usages: client, ...spec },
    status: {
      ...(types.length === 0
        ? {}
        : { conditions: types.map((type) => ({ type, status: 'True', lastUpdateTime, reason: 'Test' })) }),
      ...(certificate === undefined ? {} : { certificate }),
    },
  } as CertificateSigningRequest);
}

const seen = () => world.cluster.get<CertificateSigningRequest>(signingRequests).get('', 'r');
const sign = async () => {
  await new ControllerDriver(createCertificateSigningController(world.context, authority), world.cluster).settle();
  return seen()?.status;
};
const issued = (status: CertificateSigningRequest['status']) =>
  new x509.X509Certificate(Buffer.from(status?.certificate ?? '', 'base64').toString());

describe('the signers', () => {
  it('sign what is approved: the subject, the key and the usages that were asked for', async () => {
    const request = await requestFor([{ O: ['dev'] }, { O: ['ops'] }, { CN: ['jane'] }]);
    seed({ request, expirationSeconds: 3600 }, ['Approved']);
    const certificate = issued(await sign());
    expect(certificate.subjectName.getField('CN')).toEqual(['jane']);
    expect(certificate.subjectName.getField('O')).toEqual(['dev', 'ops']);
    expect(certificate.notAfter.getTime()).toBe(Math.floor(world.now / 1000) * 1000 + 3600_000);
    expect(certificate.notBefore.getTime()).toBe(Math.floor(world.now / 1000) * 1000 - 5 * 60_000);
    expect(certificate.getExtension(x509.ExtendedKeyUsageExtension)?.usages).toEqual(['1.3.6.1.5.5.7.3.2']);
    expect(certificate.getExtension(x509.BasicConstraintsExtension)?.ca).toBe(false);
    expect(await certificate.verify({ publicKey: new x509.X509Certificate(authority.cert), signatureOnly: true })).toBe(
      true,
    );
    const asked = parseRequest(Buffer.from(request, 'base64').toString());
    expect(certificate.publicKey.equal(asked.publicKey)).toBe(true);
  });

  it('give no more than a year', async () => {
    seed({ request: await requestFor([{ CN: ['jane'] }]), expirationSeconds: 3 * 365 * 86_400 }, ['Approved']);
    const end = issued(await sign()).notAfter.getTime();
    expect(end - world.now).toBeLessThanOrEqual(365 * day);
  });

  it('sign nothing that is pending, denied, failed, signed already or for somebody else to sign', async () => {
    const request = await requestFor([{ CN: ['jane'] }]);
    for (const types of [[], ['Denied'], ['Approved', 'Denied'], ['Approved', 'Failed']]) {
      seed({ request }, types);
      expect((await sign())?.certificate).toBeUndefined();
    }
    seed({ request, signerName: 'example.com/mine' }, ['Approved']);
    expect((await sign())?.certificate).toBeUndefined();
    seed({ request }, ['Approved'], 'kept');
    expect((await sign())?.certificate).toBe('kept');
  });

  it.each([
    ['kube-apiserver-client', node, [], serving, 'invalid usage for client certificate: server auth'],
    [
      'kube-apiserver-client',
      node,
      [],
      ['digital signature'],
      'missing required usage for client certificate: client auth',
    ],
    [
      'kube-apiserver-client-kubelet',
      [{ CN: ['system:node:n1'] }],
      [],
      client,
      'subject organization is not system:nodes',
    ],
    [
      'kube-apiserver-client-kubelet',
      [{ O: ['system:nodes'] }, { O: ['system:masters'] }, { CN: ['system:node:n1'] }],
      [],
      client,
      'subject organization is not system:nodes',
    ],
    [
      'kube-apiserver-client-kubelet',
      [{ O: ['system:nodes'] }, { CN: ['root'] }],
      [],
      client,
      'subject common name does not begin with system:node:',
    ],
    [
      'kube-apiserver-client-kubelet',
      node,
      [{ type: 'dns', value: 'n1' }],
      client,
      'DNS subjectAltNames are not allowed',
    ],
    [
      'kube-apiserver-client-kubelet',
      node,
      [],
      serving,
      'usages did not match [client auth digital signature key encipherment]',
    ],
    ['kubelet-serving', node, [], serving, 'DNS or IP subjectAltName is required'],
    [
      'kubelet-serving',
      node,
      [
        { type: 'ip', value: '10.0.0.1' },
        { type: 'email', value: 'a@b' },
      ],
      serving,
      'Email subjectAltNames are not allowed',
    ],
    [
      'kubelet-serving',
      node,
      [{ type: 'ip', value: '10.0.0.1' }],
      client,
      'usages did not match [digital signature key encipherment server auth]',
    ],
  ] as [
    string,
    x509.JsonName,
    x509.JsonGeneralNames,
    string[],
    string,
  ][])('%s refuses what it does not sign, and says why: %j %j %j %s', async (signer, subject, names, usages, message) => {
    seed({ request: await requestFor(subject, names), signerName: `kubernetes.io/${signer}`, usages }, ['Approved']);
    expect((await sign())?.conditions?.at(-1)).toMatchObject({
      type: 'Failed',
      status: 'True',
      reason: 'SignerValidationFailure',
      message,
    });
    expect(seen()?.status?.certificate).toBeUndefined();
  });

  it('give a node a certificate for its names', async () => {
    const request = await requestFor(node, [
      { type: 'dns', value: 'n1' },
      { type: 'ip', value: '10.0.0.1' },
    ]);
    seed({ request, signerName: 'kubernetes.io/kubelet-serving', usages: serving }, ['Approved']);
    const names = issued(await sign()).getExtension(x509.SubjectAlternativeNameExtension)?.names.items;
    expect(names?.map(({ value }) => value)).toEqual(['n1', '10.0.0.1']);
  });

  it('write one name only: of several the last, which is the one that was judged', async () => {
    const request = await requestFor([{ O: ['system:nodes'] }, { CN: ['root'] }, { CN: ['system:node:n1'] }]);
    seed({ request, signerName: 'kubernetes.io/kube-apiserver-client-kubelet' }, ['Approved']);
    expect(issued(await sign()).subjectName.getField('CN')).toEqual(['system:node:n1']);
  });
});

interface Review {
  user: string;
  resourceAttributes: { group: string; resource: string; verb: string; subresource: string };
}

describe('the approval of node certificates', () => {
  const approve = async () => {
    const { cluster } = world;
    const api = Object.assign(Object.create(cluster) as typeof cluster, {
      request: (request: Parameters<typeof cluster.request>[0]) => {
        if (request.resource !== 'subjectaccessreviews') return cluster.request(request);
        const { user, resourceAttributes } = (request.body as { spec: Review }).spec;
        const { subresource, ...asked } = resourceAttributes;
        const create = { group: 'certificates.k8s.io', resource: 'certificatesigningrequests', verb: 'create' };
        expect([request.group, request.version, request.verb, asked]).toEqual([
          'authorization.k8s.io',
          'v1',
          'create',
          create,
        ]);
        return Promise.resolve({ status: { allowed: allowed.has(`${user} ${subresource}`) } });
      },
    });
    const driver = new ControllerDriver(createCertificateApprovalController({ ...world.context, api }), cluster);
    await driver.settle();
    return seen()?.status?.conditions ?? [];
  };
  const asNode = async (username: string) =>
    seed({ request: await requestFor(node), signerName: 'kubernetes.io/kube-apiserver-client-kubelet', username });

  it('is given to a node that may renew its own, and to a user who may ask for a first one', async () => {
    await asNode('system:node:n1');
    allowed.add('system:node:n1 selfnodeclient');
    expect(await approve()).toMatchObject([
      {
        type: 'Approved',
        reason: 'AutoApproved',
        message: 'Auto approving self kubelet client certificate after SubjectAccessReview.',
      },
    ]);
    await asNode('system:bootstrap:abcdef');
    expect(await approve()).toEqual([]);
    allowed.add('system:bootstrap:abcdef nodeclient');
    expect(await approve()).toMatchObject([
      { message: 'Auto approving kubelet client certificate after SubjectAccessReview.' },
    ]);
  });

  it('is not given to a node that asks for the name of another, nor to anything that is no node certificate', async () => {
    await asNode('system:node:n2');
    allowed.add('system:node:n2 selfnodeclient').add('jane nodeclient');
    expect(await approve()).toEqual([]);
    seed({ request: await requestFor(node), username: 'jane' });
    expect(await approve()).toEqual([]);
    const masters = await requestFor([{ O: ['system:masters'] }, { CN: ['system:node:n1'] }]);
    seed({ request: masters, signerName: 'kubernetes.io/kube-apiserver-client-kubelet', username: 'jane' });
    expect(await approve()).toEqual([]);
  });
});

describe('the cleaner', () => {
  it.each([
    ['signed', ['Approved'], 'Y2VydA==', 3600_000],
    ['denied', ['Denied'], undefined, 3600_000],
    ['failed', ['Approved', 'Failed'], undefined, 3600_000],
    ['pending', [], undefined, day],
    ['approved and not signed', ['Approved'], undefined, undefined],
  ] as const)('deletes what is %s in time', async (_, types, certificate, after) => {
    seed({}, [...types], certificate);
    const driver = new ControllerDriver(createCertificateCleanerController(world.context), world.cluster);
    await driver.settle();
    if (after === undefined) return expect(driver.nextIn).toBeUndefined();
    await driver.advance(after - 2000);
    expect(seen()).toBeDefined();
    await driver.advance(3000);
    expect(seen()).toBeUndefined();
  });
});
