import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '@kubus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Cluster, type Output, startCluster } from './harness/index.ts';

const run = promisify(execFile);
let cluster: Cluster;
let dir: string;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'kubus-identity-'));
  cluster = await startCluster({ args: ['--runtime', 'sim', '--nodes', '1'] });
});
afterAll(async () => {
  await cluster?.destroy();
  await rm(dir, { recursive: true, force: true });
});

const readConfig = async () =>
  JSON.parse(await readFile(cluster.kubeconfig, 'utf8')) as { users: { user: Record<string, unknown> }[] };

it('signs an approved request, with a certificate that its user is known by', async () => {
  const file = (name: string) => join(dir, name);
  await run('openssl', [
    ...['req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-subj', '/CN=jane/O=dev', '-keyout', file('jane.key'), '-out', file('jane.csr')],
  ]);
  const request = await readFile(file('jane.csr'));
  const object = {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name: 'jane' },
    spec: {
      request: request.toString('base64'),
      signerName: 'kubernetes.io/kube-apiserver-client',
      usages: ['client auth', 'digital signature'],
    },
  };
  await writeFile(file('jane.json'), JSON.stringify(object));
  await cluster.kubectl('create', '-f', file('jane.json'));
  await cluster.kubectl('certificate', 'approve', 'jane');
  await eventually(async () => {
    const signed = await cluster.kubectl('get', 'csr', 'jane', '-o', 'jsonpath={.status.certificate}');
    expect(signed).not.toBe('');
    await writeFile(file('jane.crt'), Buffer.from(signed, 'base64'));
  });
  const who = await cluster.kubectl(
    ...['--client-certificate', file('jane.crt'), '--client-key', file('jane.key'), 'auth', 'whoami', '-o', 'json'],
  );
  expect(JSON.parse(who)).toMatchObject({
    status: { userInfo: { username: 'jane', groups: ['dev', 'system:authenticated'] } },
  });
});

it('has new keys by one command, and every Secret is sealed anew', async () => {
  await cluster.kubectl('create', 'secret', 'generic', 'kept', '--from-literal=a=old');
  const token = (await cluster.kubectl('create', 'token', 'default')).trim();
  const { code, stdout, stderr } = await cluster.kubus('rotate-keys');
  expect([code, stderr]).toEqual([0, expect.anything()]);
  expect(stdout).not.toBe('');
  expect(await cluster.kubectl('get', 'secret', 'kept', '-o', 'jsonpath={.data.a}')).toBe(
    Buffer.from('old').toString('base64'),
  );
  // A token of before is good until it expires: its key stays among those that are believed.
  const config = await readConfig();
  for (const user of config.users) user.user = { token };
  const withToken = join(dir, 'token.json');
  await writeFile(withToken, JSON.stringify(config));
  const path = 'jsonpath={.status.userInfo.username}';
  expect(await cluster.kubectl('--kubeconfig', withToken, 'auth', 'whoami', '-o', path)).toBe(
    'system:serviceaccount:default:default',
  );
});

describe.each([
  ['kubectl-1.36', 'v1'],
  ['kubectl-1.32', 'v1'],
  ['kubectl-1.20', 'v1beta1'],
])('%s asks a program of its kubeconfig who it is (%s)', (binary, version) => {
  const apiVersion = `client.authentication.k8s.io/${version}`;
  const secrets = ['get', '--raw', '/api/v1/namespaces/kube-system/secrets'];

  /** kubectl with a kubeconfig in which there is nothing but a program that prints this. */
  async function asked(status: object): Promise<Output> {
    const credential = join(dir, `${binary}-credential.json`);
    await writeFile(credential, JSON.stringify({ apiVersion, kind: 'ExecCredential', status }));
    const config = await readConfig();
    const exec = { apiVersion, command: 'cat', args: [credential], interactiveMode: 'Never' };
    for (const user of config.users) user.user = { exec };
    const kubeconfig = join(dir, `${binary}-config.json`);
    await writeFile(kubeconfig, JSON.stringify(config));
    return cluster.tryKubectl(['--kubeconfig', kubeconfig, ...secrets], { binary });
  }

  it('and is whom the token says', async () => {
    const token = (await cluster.kubectl('create', 'token', 'default')).trim();
    const { code, stderr } = await asked({ token });
    expect([code, stderr]).toEqual([1, expect.stringContaining('User "system:serviceaccount:default:default" cannot')]);
  });

  it('and is whom the certificate says', async () => {
    const own = (await readConfig()).users[0]?.user ?? {};
    const pem = (name: string) => Buffer.from(String(own[name]), 'base64').toString();
    const { code, stdout } = await asked({
      clientCertificateData: pem('client-certificate-data'),
      clientKeyData: pem('client-key-data'),
    });
    expect([code, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ kind: 'SecretList' })]);
  });
});
