import { randomBytes } from 'node:crypto';
import { hostname, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import {
  createAuthority,
  createSigningKey,
  inspectCertificate,
  issueCertificate,
  type KeyedCertificate,
} from './certificates.ts';
import { keepSecret, readSecret, writePublic, writeSecret } from './files.ts';
import { kubeconfigText } from './kubeconfig.ts';
import { createCreds, createNatsAuthority, type NatsAuthority, natsTrust, renewCreds } from './nats-authority.ts';
import type { Principal } from './permissions.ts';
import { formatRedisUrl, natsConfig, type RedisPasswords, redisAcl, redisConfig } from './server-config.ts';

export interface BootstrapOptions {
  /** Folder of the state; made when it is missing. */
  dir: string;
  /** Where clients reach the API: 'https://127.0.0.1:6443'. */
  apiUrl: string;
  /** Further names and addresses the API's certificate is valid for. */
  apiNames?: readonly string[];
  /** Of this machine, for which that certificate is valid too. Default: those of its network interfaces. */
  addresses?: readonly string[];
  /** Where services reach Redis: 'host:port'. */
  redisAddress: string;
  /** Unix socket of the same Redis, by which services on its machine reach it. */
  redisSocket?: string | undefined;
  /** Full URL of a Redis that already runs, in place of users of our own. */
  redisUrl?: string;
  nats: { listen: string; storeDir: string };
  /** For Redis as a container: where its configuration finds the ACL file and its data. */
  redis?: { aclFile: string; dir: string; bind: string; port: number };
  /** Where the kubeconfig goes; default `<dir>/cli/kubeconfig`. */
  kubeconfig?: string;
  now?: () => Date;
}

/**
 * Makes everything a cluster needs before its first process starts: authority, certificates, keys, NATS users, Redis users, kubeconfig. Can be
 * run again at any time: secrets that exist are kept; what is derived from them (configuration, kubeconfig) is written anew.
 *
 * Layout: `authority/` (CA key and NATS seeds: for this function alone), `services/<service>/` (what that service alone needs),
 * `nats/`, `redis/`, `cli/`.
 */
export async function bootstrap(options: BootstrapOptions): Promise<void> {
  const now = (options.now ?? (() => new Date()))();
  const at = (...parts: string[]) => join(options.dir, ...parts);
  const ca = await keepJson(at('authority', 'ca.json'), () => createAuthority('kubernetes', now));
  const nats = await keepJson<NatsAuthority>(at('authority', 'nats.json'), createNatsAuthority);
  const passwords = await keepJson<RedisPasswords>(at('authority', 'redis.json'), () => ({
    api: password(),
    scheduler: password(),
    'controller-manager': password(),
  }));

  await writeApiSecrets(options, ca, nats, now);
  await writeServiceSecrets(options, nats, passwords);
  const admin = await keepJson(at('authority', 'admin.json'), () =>
    issueCertificate(ca, { commonName: 'kubernetes-admin', organizations: ['system:masters'], now }),
  );
  await writeSecret(
    options.kubeconfig ?? at('cli', 'kubeconfig'),
    kubeconfigText({ server: options.apiUrl, authority: ca.cert, client: admin }),
  );
  await writePublic(at('nats', 'nats.conf'), natsConfig(await natsTrust(nats), options.nats));
  await writePublic(at('redis', 'users.acl'), redisAcl(passwords));
  if (options.redis !== undefined) await writePublic(at('redis', 'redis.conf'), redisConfig(options.redis));
}

async function writeApiSecrets(
  options: BootstrapOptions,
  ca: KeyedCertificate,
  nats: NatsAuthority,
  now: Date,
): Promise<void> {
  const at = (name: string) => join(options.dir, 'services', 'api', name);
  const names = [
    ...new Set([
      ...apiNames,
      ...(options.addresses ?? ownAddresses()),
      ...(options.apiNames ?? []),
      new URL(options.apiUrl).hostname,
    ]),
  ];
  let server = await keepJson(join(options.dir, 'authority', 'server.json'), () => serverCertificate(ca, names, now));
  const known = inspectCertificate(server.cert);
  if (known.notAfter < soonAfter(now) || names.some((name) => !known.subjectAltNames.includes(name))) {
    server = await serverCertificate(ca, names, now);
    await writeSecret(join(options.dir, 'authority', 'server.json'), JSON.stringify(server));
  }
  await writeSecret(at('ca.crt'), ca.cert);
  await writeSecret(at('ca.key'), ca.key);
  await writeSecret(at('server.crt'), server.cert);
  await writeSecret(at('server.key'), server.key);
  await writeFrontProxy(options, at, now);
  await keepSecret(at('sa.key'), createSigningKey);
  await keepSecret(at('encryption.json'), () =>
    JSON.stringify({ keys: [{ id: 'key1', secret: randomBytes(32).toString('base64') }] }),
  );
  await writeSecret(at('nats-account.seed'), nats.accountSeed);
  await keepSecret(join(options.dir, 'authority', 'join.token'), password);
}

/** An authority of its own: who has a certificate of the cluster's could not be told from the api that speaks for somebody else. */
async function writeFrontProxy(options: BootstrapOptions, at: (name: string) => string, now: Date): Promise<void> {
  const authority = (name: string) => join(options.dir, 'authority', name);
  const ca = await keepJson(authority('front-proxy-ca.json'), () => createAuthority('front-proxy-ca', now));
  const issue = () => issueCertificate(ca, { commonName: 'front-proxy-client', now });
  let client = await keepJson(authority('front-proxy-client.json'), issue);
  if (inspectCertificate(client.cert).notAfter < soonAfter(now)) {
    client = await issue();
    await writeSecret(authority('front-proxy-client.json'), JSON.stringify(client));
  }
  await writeSecret(at('front-proxy-ca.crt'), ca.cert);
  await writeSecret(at('front-proxy-client.crt'), client.cert);
  await writeSecret(at('front-proxy-client.key'), client.key);
}

const soonAfter = (now: Date) => new Date(now.getTime() + 30 * 24 * 3600 * 1000);

async function writeServiceSecrets(
  options: BootstrapOptions,
  nats: NatsAuthority,
  passwords: RedisPasswords,
): Promise<void> {
  const at = (...parts: string[]) => join(options.dir, 'services', ...parts);
  for (const service of ['api', 'scheduler', 'controller-manager'] as const) {
    await keepCreds(at(service, 'nats.creds'), nats, { kind: 'service', name: service });
    const own = formatRedisUrl(service, passwords[service], options.redisAddress, options.redisSocket);
    await writeSecret(at(service, 'redis.url'), `${options.redisUrl ?? own}\n`);
  }
  const ca = JSON.parse(await read(options, 'ca.json')) as KeyedCertificate;
  await writeSecret(at('controller-manager', 'ca.crt'), ca.cert);
  // It signs what CertificateSigningRequests ask for.
  await writeSecret(at('controller-manager', 'ca.key'), ca.key);
  await keepCreds(at('node-agent', 'join.creds'), nats, { kind: 'join' });
  await keepCreds(at('sim', 'nats.creds'), nats, { kind: 'sim' });
  await keepCreds(join(options.dir, 'cli', 'nats.creds'), nats, { kind: 'user', name: 'admin' });
  const token = await keepSecret(join(options.dir, 'authority', 'join.token'), password);
  await writeSecret(at('node-agent', 'join.token'), token);
  await writeSecret(at('api', 'join.token'), token);
}

const read = (options: BootstrapOptions, name: string) =>
  keepSecret(join(options.dir, 'authority', name), () => Promise.reject(new Error(`${name} is missing`)));

const serverCertificate = (ca: KeyedCertificate, names: readonly string[], now: Date) =>
  issueCertificate(ca, { commonName: 'kube-apiserver', subjectAltNames: names, now });

/** The key is kept; its JWT is written anew when the principal's permissions are others by now. */
async function keepCreds(path: string, nats: NatsAuthority, principal: Principal): Promise<void> {
  const kept = await readSecret(path);
  const current = kept === undefined ? undefined : await renewCreds(nats.accountSeed, principal, kept);
  if (current === undefined || current !== kept)
    await writeSecret(path, current ?? (await createCreds(nats.accountSeed, principal)));
}

async function keepJson<T>(path: string, make: () => T | Promise<T>): Promise<T> {
  return JSON.parse(await keepSecret(path, async () => JSON.stringify(await make()))) as T;
}

const password = () => randomBytes(24).toString('hex');

/** Names by which the API is known inside every cluster (Kubernetes: the `kubernetes` Service) and on this machine. */
const apiNames = [
  ...['kubernetes', 'kubernetes.default', 'kubernetes.default.svc', 'kubernetes.default.svc.cluster.local'],
  ...['localhost', '127.0.0.1', '::1', 'api', hostname()],
];

const ownAddresses = (): string[] =>
  Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter((address) => !address.internal && !address.address.startsWith('fe80'))
    .map((address) => address.address);
