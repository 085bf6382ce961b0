import 'reflect-metadata';
import { createHash, webcrypto, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseRequest, signRequest } from '@kubus/shared/certificates';
import * as x509 from '@peculiar/x509';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Kubectl } from './http/testing/kubectl.ts';
import { startApi, type TestApi } from './testing/start-api.ts';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const signer = 'kubernetes.io/kube-apiserver-client';

let api: TestApi;
beforeAll(async () => {
  x509.cryptoProvider.set(webcrypto);
  api = await startApi();
}, 60_000);
afterAll(() => api?.stop());

async function kubectl(args: readonly string[], input?: object): Promise<string> {
  const { code, stdout, stderr } = await api.kubectl.run(args, input ? { input: JSON.stringify(input) } : {});
  if (code !== 0) throw new Error(`kubectl ${args.join(' ')}: ${code}\n${stderr}`);
  return stdout;
}

interface Asked {
  key: string;
  request: string;
}

async function ask(subject: x509.JsonName): Promise<Asked> {
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const request = await x509.Pkcs10CertificateRequestGenerator.create({
    name: subject,
    keys,
    signingAlgorithm: algorithm,
  });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { key: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY'), request: request.toString('pem') };
}

const csr = (name: string, { request }: Asked) => ({
  apiVersion: 'certificates.k8s.io/v1',
  kind: 'CertificateSigningRequest',
  metadata: { name },
  spec: { request: Buffer.from(request).toString('base64'), signerName: signer, usages: ['client auth'] },
});

/** As the controller manager does, with the key that the bootstrap gives it. */
async function sign(asked: Asked): Promise<string> {
  const file = (name: string) => readFile(join(api.dir, 'services', 'controller-manager', name), 'utf8');
  const authority = { cert: await file('ca.crt'), key: await file('ca.key') };
  const options = { usages: ['client auth'], lifetimeMs: 3600_000, now: new Date() };
  return signRequest(authority, parseRequest(asked.request), options);
}

const clientOf = async (cert: string, key: string) =>
  Kubectl.create({
    url: api.url,
    ca: await readFile(join(api.dir, 'services', 'api', 'ca.crt'), 'utf8'),
    client: { cert, key },
  });

it('a user is whom his approved and signed request names, and nobody before', async () => {
  const asked = await ask([{ O: ['dev'] }, { CN: ['jane'] }]);
  await kubectl(['create', '-f', '-'], csr('jane', asked));
  await kubectl(['certificate', 'approve', 'jane']);
  expect(await kubectl(['get', 'csr'])).toMatch(
    /^jane +\S+ +kubernetes\.io\/kube-apiserver-client +kubernetes-admin +<none> +Approved$/m,
  );
  const cert = await sign(asked);
  const status = { status: { certificate: Buffer.from(cert).toString('base64') } };
  await kubectl(['patch', 'csr', 'jane', '--subresource=status', '--type=merge', '-p', JSON.stringify(status)]);
  expect(await kubectl(['get', 'csr', 'jane'])).toContain('Approved,Issued');
  const issued = await kubectl(['get', 'csr', 'jane', '-o', 'jsonpath={.status.certificate}']);
  const jane = await clientOf(Buffer.from(issued, 'base64').toString(), asked.key);
  const { raw } = new X509Certificate(Buffer.from(issued, 'base64'));
  const hash = createHash('sha256').update(raw).digest('hex');
  const { stdout } = await jane.run(['auth', 'whoami', '-o', 'json']);
  expect(JSON.parse(stdout).status.userInfo).toMatchObject({
    username: 'jane',
    groups: ['dev', 'system:authenticated'],
    extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${hash}`] },
  });
  await jane.remove();
});

it('a certificate that is signed by another authority, or made to serve, is that of nobody', async () => {
  const asked = await ask([{ CN: ['jane'] }]);
  const file = (name: string) => readFile(join(api.dir, 'services', 'controller-manager', name), 'utf8');
  const authority = { cert: await file('ca.crt'), key: await file('ca.key') };
  const options = { usages: ['server auth'], lifetimeMs: 3600_000, now: new Date() };
  const server = await clientOf(await signRequest(authority, parseRequest(asked.request), options), asked.key);
  expect((await server.run(['auth', 'whoami'])).code).not.toBe(0);
  const other = await ask([{ CN: ['kubernetes'] }]);
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const ca = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=kubernetes',
    keys,
    signingAlgorithm: algorithm,
    extensions: [new x509.BasicConstraintsExtension(true, undefined, true)],
  });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  const stranger = { cert: ca.toString('pem'), key: x509.PemConverter.encode(pkcs8, 'PRIVATE KEY') };
  const forged = await signRequest(stranger, parseRequest(other.request), { ...options, usages: ['client auth'] });
  const forger = await clientOf(forged, other.key);
  expect((await forger.run(['auth', 'whoami'])).code).not.toBe(0);
  await Promise.all([server.remove(), forger.remove()]);
});

it('nobody asks for the group of masters', async () => {
  const asked = await ask([{ O: ['system:masters'] }, { CN: ['jane'] }]);
  await expect(kubectl(['create', '-f', '-'], csr('masters', asked))).rejects.toThrow(
    `use of ${signer} signer with system:masters group is not allowed`,
  );
});

it('approving and signing take the rights for the signer', async () => {
  await kubectl(['create', '-f', '-'], csr('rights', await ask([{ CN: ['joe'] }])));
  await kubectl([
    ...['create', 'clusterrole', 'csr', '--verb=get,list,update,patch'],
    '--resource=certificatesigningrequests,certificatesigningrequests/approval,certificatesigningrequests/status',
  ]);
  await kubectl(['create', 'clusterrolebinding', 'csr', '--clusterrole=csr', '--user=officer']);
  const approve = () => kubectl(['certificate', 'approve', 'rights', '--as=officer']);
  await expect(approve()).rejects.toThrow(`user not permitted to approve requests with signerName "${signer}"`);
  const status = JSON.stringify({ status: { certificate: Buffer.from(await sign(await ask([]))).toString('base64') } });
  const patch = ['patch', 'csr', 'rights', '--subresource=status', '--type=merge', '-p', status, '--as=officer'];
  await expect(kubectl(patch)).rejects.toThrow(`user not permitted to sign requests with signerName "${signer}"`);
  await kubectl(['create', '-f', '-'], {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'approver' },
    rules: [
      {
        apiGroups: ['certificates.k8s.io'],
        resources: ['signers'],
        resourceNames: ['kubernetes.io/*'],
        verbs: ['approve'],
      },
    ],
  });
  await kubectl(['create', 'clusterrolebinding', 'approver', '--clusterrole=approver', '--user=officer']);
  await approve();
  expect(await kubectl(['get', 'csr', 'rights'])).toContain('Approved');
  await kubectl(['create', '-f', '-'], csr('denied', await ask([{ CN: ['joe'] }])));
  await kubectl(['certificate', 'deny', 'denied', '--as=officer']);
  expect(await kubectl(['get', 'csr', 'denied'])).toContain('Denied');
});
