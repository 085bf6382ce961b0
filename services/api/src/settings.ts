import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import {
  commonSettings,
  duration,
  flag,
  hostAndPort,
  namesOf,
  SettingsError,
  streamSettings,
  wholeNumber,
} from '@kubus/shared/settings';
import { z } from 'zod';
import { optionalPlugins, standardPlugins } from './admission/index.ts';
import { type ApiEndpoint, nodePortRange, serviceCidrs } from './allocation/index.ts';
import { oidcSettings } from './authn/index.ts';

const fields = z.object({
  ...commonSettings,
  ...streamSettings,
  /** Where HTTPS is served. */
  KUBUS_API_LISTEN: hostAndPort.prefault('127.0.0.1:6443'),
  /** URL under which clients reach this api; default https:// and the listening address. */
  KUBUS_API_ADVERTISE: z.url().optional(),
  /** Watches and streams that a replica serves over HTTPS at once; one more is turned away with 429. */
  KUBUS_API_MAX_WATCHES: wholeNumber(1, 1_000_000).prefault('20000'),
  /** Seconds for which pods tolerate a node that is not ready, or not reachable (kube-apiserver's flags of these names). */
  KUBUS_DEFAULT_NOT_READY_TOLERATION_SECONDS: wholeNumber(0, 1_000_000).prefault('300'),
  KUBUS_DEFAULT_UNREACHABLE_TOLERATION_SECONDS: wholeNumber(0, 1_000_000).prefault('300'),
  /** Admission plugins that are off unless named here, comma-separated (kube-apiserver's --enable-admission-plugins). */
  KUBUS_ENABLE_ADMISSION_PLUGINS: namesOf(optionalPlugins).prefault(''),
  /** Admission plugins that are off though they are on by default (kube-apiserver's --disable-admission-plugins); none that is switched on. */
  KUBUS_DISABLE_ADMISSION_PLUGINS: namesOf([...standardPlugins, ...optionalPlugins]).prefault(''),
  /** An apiserver.config.k8s.io/v1 AdmissionConfiguration, JSON or YAML, for the plugins that take one (kube-apiserver's --admission-control-config-file); default: none. */
  KUBUS_ADMISSION_CONTROL_CONFIG_FILE: z.string().optional(),
  /** An apiserver.config.k8s.io/v1 EncryptionConfiguration, JSON or YAML: keys of Secrets at rest; read anew when it changes (kube-apiserver's --encryption-provider-config); default: keys of the api's own. */
  KUBUS_ENCRYPTION_PROVIDER_CONFIG: z.string().optional(),
  /** An apiserver.config.k8s.io/v1 AuthenticationConfiguration, JSON or YAML: issuers of ID tokens that hold, who may ask without credentials; read anew when it changes; default: none. */
  KUBUS_AUTHENTICATION_CONFIG: z.string().optional(),
  /** In place of it, kube-apiserver's --oidc-*. */
  ...oidcSettings,
  /** A kubeconfig of a webhook that knows tokens which nobody here does (kube-apiserver's --authentication-token-webhook-config-file); default: none. */
  KUBUS_AUTHENTICATION_TOKEN_WEBHOOK_CONFIG: z.string().optional(),
  /** An apiserver.config.k8s.io/v1 AuthorizationConfiguration, JSON or YAML: who is asked what one may do; read anew when it changes; default: Node, RBAC. */
  KUBUS_AUTHORIZATION_CONFIG: z.string().optional(),
  /** A kubeconfig of a webhook that is asked what nobody here allows (kube-apiserver's --authorization-webhook-config-file); default: none. */
  KUBUS_AUTHORIZATION_WEBHOOK_CONFIG: z.string().optional(),
  /** An audit.k8s.io/v1 Policy, JSON or YAML; default: who did what, without bodies, but for what the machine does all the time. */
  KUBUS_AUDIT_POLICY_FILE: z.string().optional(),
  /** File to which audit events are appended, a line of JSON each; default: none. */
  KUBUS_AUDIT_LOG: z.string().optional(),
  /** Of that file: megabytes at most, then how many full ones are kept, and for how many days (kube-apiserver's --audit-log-max*); 0: all of them. */
  KUBUS_AUDIT_LOG_MAX_SIZE: wholeNumber(1, 1_000_000).prefault('100'),
  KUBUS_AUDIT_LOG_MAX_BACKUPS: wholeNumber(0, 1_000_000).prefault('0'),
  KUBUS_AUDIT_LOG_MAX_AGE: wholeNumber(0, 1_000_000).prefault('0'),
  /** A kubeconfig of a webhook to which audit events are sent in lists; default: none. What follows are kube-apiserver's flags of these names. */
  KUBUS_AUDIT_WEBHOOK_CONFIG_FILE: z.string().optional(),
  KUBUS_AUDIT_WEBHOOK_BATCH_BUFFER_SIZE: wholeNumber(1, 10_000_000).prefault('10000'),
  KUBUS_AUDIT_WEBHOOK_BATCH_MAX_SIZE: wholeNumber(1, 100_000).prefault('400'),
  KUBUS_AUDIT_WEBHOOK_BATCH_MAX_WAIT: duration.prefault('30s'),
  KUBUS_AUDIT_WEBHOOK_BATCH_THROTTLE_ENABLE: flag.prefault('true'),
  KUBUS_AUDIT_WEBHOOK_BATCH_THROTTLE_QPS: wholeNumber(1, 100_000).prefault('10'),
  KUBUS_AUDIT_WEBHOOK_BATCH_THROTTLE_BURST: wholeNumber(1, 100_000).prefault('15'),
  KUBUS_AUDIT_WEBHOOK_INITIAL_BACKOFF: duration.prefault('10s'),
  /** Audit events go into the NATS stream KUBUS_AUDIT; off, as Kubernetes keeps no audit log unless told to. */
  KUBUS_AUDIT_STREAM: flag.prefault('false'),
  /** For which an event is kept after it was last written (kube-apiserver's --event-ttl). */
  KUBUS_EVENT_TTL: duration.refine((ms) => ms >= 1000, 'expected a second or more').prefault('1h0m0s'),
  /** Addresses of services: a range, or one of each family. */
  KUBUS_SERVICE_CIDR: serviceCidrs.prefault('10.96.0.0/16'),
  /** Ports of the nodes that services can have. */
  KUBUS_SERVICE_NODE_PORT_RANGE: nodePortRange.prefault('30000-32767'),
  /** The api cannot do without: it holds the certificate authority and the keys. */
  KUBUS_STATE_DIR: z.string(),
});

/** The environment of an api replica. */
export const apiSettings = fields.superRefine((settings, context) => {
  const disabled: ReadonlySet<string> = new Set(settings.KUBUS_DISABLE_ADMISSION_PLUGINS);
  const both = settings.KUBUS_ENABLE_ADMISSION_PLUGINS.filter((name) => disabled.has(name));
  if (both.length === 0) return;
  const message = `${both.join(', ')} cannot be both on (KUBUS_ENABLE_ADMISSION_PLUGINS) and off`;
  context.addIssue({ code: 'custom', path: ['KUBUS_DISABLE_ADMISSION_PLUGINS'], message });
});

export type ApiSettings = z.infer<typeof apiSettings>;

export function advertisedUrl(settings: Pick<ApiSettings, 'KUBUS_API_LISTEN' | 'KUBUS_API_ADVERTISE'>): URL {
  const { host, port } = settings.KUBUS_API_LISTEN;
  const own = `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
  return new URL(settings.KUBUS_API_ADVERTISE ?? own);
}

/**
 * Where pods reach this api: the advertised address when it is one of this network, else an address of this machine; undefined when it has none. An api
 * that listens on the loopback interface alone is not reached there.
 */
export function podEndpoint(
  settings: Pick<ApiSettings, 'KUBUS_API_LISTEN' | 'KUBUS_API_ADVERTISE'>,
  interfaces: NodeJS.Dict<NetworkInterfaceInfo[]> = networkInterfaces(),
): ApiEndpoint | undefined {
  const { hostname, port } = advertisedUrl(settings);
  const advertised = hostname.replace(/^\[|\]$/g, '');
  const own = Object.values(interfaces)
    .flat()
    .find((address) => address !== undefined && address.family === 'IPv4' && !address.internal);
  const usable = isIP(advertised) !== 0 && !/^(127\.|0\.0\.0\.0$|::1$|::$)/.test(advertised);
  const address = usable ? advertised : own?.address;
  return address === undefined ? undefined : { address, port: port === '' ? 443 : Number(port) };
}

/** Content of the files that the bootstrap wrote for the api. */
export interface ApiSecrets {
  caCert: string;
  caKey: string;
  serverCert: string;
  serverKey: string;
  serviceAccountKey: string;
  /** With which the api is known to servers behind it. */
  frontProxyCa: string;
  frontProxyCert: string;
  frontProxyKey: string;
  encryption: string;
  /** Signs the NATS users of nodes that join. */
  natsAccountSeed: string;
  joinToken: string;
}

const files: Readonly<Record<keyof ApiSecrets, string>> = {
  caCert: 'ca.crt',
  caKey: 'ca.key',
  serverCert: 'server.crt',
  serverKey: 'server.key',
  serviceAccountKey: 'sa.key',
  frontProxyCa: 'front-proxy-ca.crt',
  frontProxyCert: 'front-proxy-client.crt',
  frontProxyKey: 'front-proxy-client.key',
  encryption: 'encryption.json',
  natsAccountSeed: 'nats-account.seed',
  joinToken: 'join.token',
};

/** Throws SettingsError that names every file that cannot be read. */
export async function readSecrets(dir: string): Promise<ApiSecrets> {
  const problems: string[] = [];
  const entries = await Promise.all(
    Object.entries(files).map(async ([key, name]) => {
      try {
        return [key, await readFile(join(dir, name), 'utf8')] as const;
      } catch (error) {
        problems.push(`KUBUS_STATE_DIR: ${join(dir, name)} cannot be read (${(error as NodeJS.ErrnoException).code})`);
        return [key, ''] as const;
      }
    }),
  );
  if (problems.length > 0) throw new SettingsError(problems);
  return Object.fromEntries(entries) as unknown as ApiSecrets;
}
