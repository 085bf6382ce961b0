import { createHmac } from 'node:crypto';
import type { ConfigMap, Secret } from '@kubus/shared/schema';
import { parseTime } from '../common/time.ts';

/** Kubernetes' names (kubernetes.io: "Authenticating with Bootstrap Tokens"). */
export const tokenType = 'bootstrap.kubernetes.io/token';
export const tokenNamespace = 'kube-system';
export const clusterInfo = { namespace: 'kube-public', name: 'cluster-info' } as const;
const namePrefix = 'bootstrap-token-';
const signaturePrefix = 'jws-kubeconfig-';

/** Milliseconds until a token is to be deleted, 0 when its time is over or cannot be read; undefined when it has none, or is no token. */
export function untilExpired(secret: Secret, now: number): number | undefined {
  const expiration = textOf(secret, 'expiration');
  if (secret.type !== tokenType || expiration === '') return undefined;
  return Math.max(0, (parseTime(expiration) ?? now) - now);
}

/** cluster-info with a signature by each token that may sign, and by no others; undefined when it has them. */
export function signed(configMap: ConfigMap, secrets: readonly Secret[], now: number): ConfigMap | undefined {
  const entries = Object.entries(configMap.data ?? {});
  const content = entries.find(([key]) => key === 'kubeconfig')?.[1];
  if (content === undefined) return undefined;
  const signatures = secrets.flatMap((secret) => {
    const id = signerOf(secret, now);
    return id === undefined
      ? []
      : [[`${signaturePrefix}${id}`, signatureOf(content, id, textOf(secret, 'token-secret'))]];
  });
  const wanted = new Map<string, string>(signatures as [string, string][]);
  const present = entries.filter(([key]) => key.startsWith(signaturePrefix));
  if (present.length === wanted.size && present.every(([key, value]) => wanted.get(key) === value)) return undefined;
  const others = entries.filter(([key]) => !key.startsWith(signaturePrefix));
  return { ...configMap, data: Object.fromEntries([...others, ...wanted]) };
}

/** The id of a token that may sign. */
function signerOf(secret: Secret, now: number): string | undefined {
  const id = textOf(secret, 'token-id');
  const whole = /^[a-z0-9]{6}$/.test(id) && /^[a-z0-9]{16}$/.test(textOf(secret, 'token-secret'));
  if (!whole || secret.type !== tokenType || secret.metadata.name !== `${namePrefix}${id}`) return undefined;
  const over = untilExpired(secret, now) === 0 || secret.metadata.deletionTimestamp !== undefined;
  return over || textOf(secret, 'usage-bootstrap-signing') !== 'true' ? undefined : id;
}

/** A JSON Web Signature without its content (RFC 7515, appendix F), by which a machine that knows the token trusts cluster-info. */
function signatureOf(content: string, id: string, secret: string): string {
  const header = Buffer.from(JSON.stringify({ alg: 'HS256', kid: id })).toString('base64url');
  const text = `${header}.${Buffer.from(content).toString('base64url')}`;
  return `${header}..${createHmac('sha256', secret).update(text).digest('base64url')}`;
}

function textOf({ data = {} }: Secret, key: string): string {
  return Object.hasOwn(data, key) ? Buffer.from(data[key] ?? '', 'base64').toString() : '';
}
