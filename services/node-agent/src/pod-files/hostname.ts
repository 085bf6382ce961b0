import type { Pod } from '@kubus/shared/schema';

export interface PodNames {
  /** What the pod's processes are told. */
  hostname: string;
  /** The first part of its name, and the rest when the pod is in a subdomain. */
  name: string;
  domain: string;
}

const longest = 64;

/** A host name cannot be had as it is asked for; kubelet's words. */
export class HostnameError extends Error {
  override readonly name = 'HostnameError';
}

/** Host name and domain of a pod (Kubernetes: "Pod's hostname and subdomain fields"; KEP-4762 for hostnameOverride). Pure. */
export function podNames({ metadata, spec }: Pod, clusterDomain: string): PodNames {
  const { hostname, subdomain, hostnameOverride, setHostnameAsFQDN = false } = spec ?? {};
  if (hostnameOverride !== undefined && hostnameOverride !== '')
    return { hostname: hostnameOverride, name: hostnameOverride, domain: '' };
  const name = (hostname || metadata.name).slice(0, 63).replace(/[-.]+$/, '');
  const domain = subdomain ? `${subdomain}.${metadata.namespace}.svc.${clusterDomain}` : '';
  if (!setHostnameAsFQDN || domain === '') return { hostname: name, name, domain };
  const fqdn = `${name}.${domain}`;
  if (fqdn.length > longest)
    throw new HostnameError(
      `failed to construct FQDN from pod hostname and cluster domain, FQDN ${fqdn} is too long (${longest} characters is the max, ${fqdn.length} characters requested)`,
    );
  return { hostname: fqdn, name, domain };
}
