import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Container, Pod } from '@kubus/shared/schema';
import type { ContainerMount } from '../runtime/contract.ts';
import { podNames } from './hostname.ts';
import { hostNetworkHosts, podHosts } from './hosts.ts';
import { type DnsFacts, formatResolvConf, parseResolvConf, podResolver } from './resolv-conf.ts';

export { HostnameError, podNames } from './hostname.ts';

export interface PodFilesOptions {
  clusterDns: readonly string[];
  clusterDomain: string;
  /** Of the node; default /etc/hosts and /etc/resolv.conf. */
  hostsFile?: string;
  resolvConf?: string;
}

/** Writes what the agent itself puts into the containers of a pod, into the pod's folder; a file that the container mounts itself is left to it. */
export type PodFiles = (
  pod: Pod,
  container: Container,
  place: { dir: string; podIPs: readonly string[] },
) => Promise<ContainerMount[]>;

export function podFiles(options: PodFilesOptions): PodFiles {
  const { hostsFile = '/etc/hosts', resolvConf = '/etc/resolv.conf' } = options;
  return async (pod, container, { dir, podIPs }) => {
    const own = new Set((container.volumeMounts ?? []).map(({ mountPath }) => mountPath.replace(/\/+$/, '')));
    const mounts: ContainerMount[] = [];
    const put = async (name: string, target: string, text: string) => {
      const source = join(dir, name);
      await writeIfNew(source, text);
      mounts.push({ source, target, readOnly: false, propagation: 'rprivate' });
    };
    if (!own.has('/etc/hosts') && podIPs.length > 0)
      await put('etc-hosts', '/etc/hosts', await hostsOf(pod, podIPs, options.clusterDomain, hostsFile));
    const resolver = podResolver(pod, {
      ...options,
      ofNode: parseResolvConf(await textOf(resolvConf)),
    } satisfies DnsFacts);
    if (resolver !== undefined && !own.has('/etc/resolv.conf'))
      await put('resolv.conf', '/etc/resolv.conf', formatResolvConf(resolver));
    return mounts;
  };
}

async function hostsOf(pod: Pod, ips: readonly string[], clusterDomain: string, hostsFile: string): Promise<string> {
  const aliases = pod.spec?.hostAliases ?? [];
  if (pod.spec?.hostNetwork === true) return hostNetworkHosts(await textOf(hostsFile), aliases);
  return podHosts(ips, podNames(pod, clusterDomain), aliases);
}

const textOf = (path: string) => readFile(path, 'utf8').catch(() => '');

/** In place: containers that run have this very file. */
async function writeIfNew(path: string, text: string): Promise<void> {
  if ((await textOf(path)) !== text) await writeFile(path, text, { mode: 0o644 });
}
