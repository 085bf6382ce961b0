import type { HostAlias } from '@kubus/shared/schema';
import type { PodNames } from './hostname.ts';

const ownEntries = [
  ['127.0.0.1', 'localhost'],
  ['::1', 'localhost ip6-localhost ip6-loopback'],
  ['fe00::0', 'ip6-localnet'],
  ['fe00::0', 'ip6-mcastprefix'],
  ['fe00::1', 'ip6-allnodes'],
  ['fe00::2', 'ip6-allrouters'],
] as const;

/** /etc/hosts of a pod with a network of its own, as kubelet writes it. */
export function podHosts(ips: readonly string[], { name, domain }: PodNames, aliases: readonly HostAlias[]): string {
  const names = domain === '' ? name : `${name}.${domain}\t${name}`;
  const entries = [...ownEntries, ...ips.map((ip) => [ip, names] as const)];
  const lines = entries.map(([ip, hosts]) => `${ip}\t${hosts}\n`);
  return `# Kubernetes-managed hosts file.\n${lines.join('')}${aliasLines(aliases)}`;
}

/** Of a pod on the host's network: the host's own, and the aliases. */
export function hostNetworkHosts(ofHost: string, aliases: readonly HostAlias[]): string {
  return `# Kubernetes-managed hosts file (host network).\n${ofHost}${aliasLines(aliases)}`;
}

function aliasLines(aliases: readonly HostAlias[]): string {
  if (aliases.length === 0) return '';
  const lines = aliases.map(({ ip, hostnames = [] }) => `${[ip, ...hostnames].join('\t')}\n`);
  return `\n# Entries added by HostAliases.\n${lines.join('')}`;
}
