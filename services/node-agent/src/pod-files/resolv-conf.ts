import type { Pod, PodDNSConfig } from '@kubus/shared/schema';

export interface Resolver {
  nameservers: string[];
  searches: string[];
  options: string[];
}

export interface DnsFacts {
  /** Addresses of the cluster's DNS; none: pods use the node's. */
  clusterDns: readonly string[];
  clusterDomain: string;
  /** What the node itself uses. */
  ofNode: Resolver;
}

/** Docker's own resolver, which asks the node's servers from inside of any pod's network. */
const engineResolver = '127.0.0.11';

export function parseResolvConf(text: string): Resolver {
  const found: Resolver = { nameservers: [], searches: [], options: [] };
  for (const line of text.split('\n')) {
    const [word, ...values] = line.trim().split(/\s+/);
    if (word === 'nameserver' && values[0] !== undefined) found.nameservers.push(values[0]);
    // The last line of these counts (resolv.conf(5)).
    else if (word === 'search' || word === 'domain') found.searches = values;
    else if (word === 'options') found.options.push(...values);
  }
  return found;
}

export function formatResolvConf({ nameservers, searches, options }: Resolver): string {
  const lines = [
    ...(searches.length === 0 ? [] : [`search ${searches.join(' ')}`]),
    ...nameservers.map((server) => `nameserver ${server}`),
    ...(options.length === 0 ? [] : [`options ${options.join(' ')}`]),
  ];
  return `${lines.join('\n')}\n`;
}

/**
 * How the processes of a pod find names (Kubernetes: "Pod's DNS Policy", "Pod's DNS Config"). Undefined: as the engine has it, which is what the node uses.
 * Pure.
 */
export function podResolver({ metadata, spec }: Pod, facts: DnsFacts): Resolver | undefined {
  const policy = effectivePolicy(spec, facts);
  const config = spec?.dnsConfig;
  if (policy === 'Default' && config === undefined) return undefined;
  if (policy === 'None') return withConfig({ nameservers: [], searches: [], options: [] }, config);
  const { clusterDns, clusterDomain, ofNode } = facts;
  if (policy === 'Default') return withConfig(reachable(ofNode, spec?.hostNetwork === true), config);
  const ofCluster = [`${metadata.namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain];
  const searches = [...new Set([...ofCluster, ...ofNode.searches])];
  return withConfig({ nameservers: [...clusterDns], searches, options: ['ndots:5'] }, config);
}

function effectivePolicy(spec: Pod['spec'], { clusterDns }: DnsFacts): 'None' | 'Default' | 'Cluster' {
  const policy = spec?.dnsPolicy ?? 'ClusterFirst';
  if (policy === 'None') return 'None';
  const wantsCluster =
    policy === 'ClusterFirstWithHostNet' || (policy === 'ClusterFirst' && spec?.hostNetwork !== true);
  return wantsCluster && clusterDns.length > 0 ? 'Cluster' : 'Default';
}

/** A server on the node's loopback is not there in a pod's network; the engine's resolver asks it from outside. */
function reachable(ofNode: Resolver, hostNetwork: boolean): Resolver {
  const isLoopback = (server: string) => server.startsWith('127.') || server === '::1';
  if (hostNetwork || !ofNode.nameservers.some(isLoopback)) return ofNode;
  return { ...ofNode, nameservers: [engineResolver] };
}

/** What the pod asks for comes after, doubles are left out, an option of the same name takes the other's place. */
function withConfig(base: Resolver, config: PodDNSConfig | undefined): Resolver {
  if (config === undefined) return base;
  const options = new Map(base.options.map((option) => [option.split(':')[0] ?? option, option]));
  for (const { name = '', value } of config.options ?? [])
    options.set(name, value === undefined || value === '' ? name : `${name}:${value}`);
  return {
    nameservers: [...new Set([...base.nameservers, ...(config.nameservers ?? [])])],
    searches: [...new Set([...base.searches, ...(config.searches ?? [])])],
    options: [...options.values()],
  };
}
