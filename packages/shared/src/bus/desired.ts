/**
 * Publishing desired state: key-value buckets with one key per desired set, `<namespace>.<name>`, or `_cluster.<name>` for cluster-scoped objects.
 * The first dot ends the namespace, which holds none itself (RFC 1123 label); the name is a DNS subdomain and may.
 */
export const desiredBucket = 'kubus_desired';
/** Outcomes, under the same keys. */
export const statusBucket = 'kubus_status';
/** In place of a namespace: cluster-scoped objects. */
export const clusterScope = '_cluster';

export interface DesiredSetKey {
  /** Or `clusterScope`. */
  namespace: string;
  name: string;
}

const label = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const subdomain = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/;

/** Throws TypeError for names that are no namespace or no DNS subdomain. */
export function formatDesiredKey(key: DesiredSetKey): string {
  const text = `${key.namespace}.${key.name}`;
  const parsed = parseDesiredKey(text);
  if (parsed?.namespace !== key.namespace) throw new TypeError(`not the key of a desired set: ${JSON.stringify(text)}`);
  return text;
}

/** Undefined for what is no key of a desired set. */
export function parseDesiredKey(text: string): DesiredSetKey | undefined {
  const dot = text.indexOf('.');
  const namespace = text.slice(0, dot);
  const name = text.slice(dot + 1);
  if (dot <= 0 || (namespace !== clusterScope && !label.test(namespace))) return undefined;
  return name.length <= 253 && subdomain.test(name) ? { namespace, name } : undefined;
}
