import type { Pod } from '@kubus/shared/schema';
import type { Doom } from './doom.ts';

/** Kubernetes: "Safe and Unsafe Sysctls". */
const safeSysctls: ReadonlySet<string> = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ping_group_range',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.tcp_wmem',
]);

/** What a node takes, and what it has. */
export interface AdmissionRules {
  /** Names, or beginnings of names with a `*` behind them (kubelet: --allowed-unsafe-sysctls). */
  unsafeSysctls: readonly string[];
  appArmor: boolean;
}

/** Why this node does not run the pod at all; undefined when it does. Pure. */
export function refusal(pod: Pod, rules: AdmissionRules): Doom | undefined {
  return rejected(otherSystem(pod) ?? strictGroups(pod) ?? forbiddenSysctl(pod, rules) ?? appArmorMissing(pod, rules));
}

/** As kubelet words the status of a pod that it does not take. */
export const rejected = (found: Doom | undefined): Doom | undefined =>
  found === undefined ? undefined : { ...found, message: `Pod was rejected: ${found.message}` };

function otherSystem({ metadata, spec }: Pod): Doom | undefined {
  if ((metadata.labels?.['kubernetes.io/os'] ?? 'linux') !== 'linux') {
    const message = "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label";
    return { reason: 'PodOSSelectorNodeLabelDoesNotMatch', message };
  }
  if (spec?.os === undefined || spec.os.name === 'linux') return undefined;
  return { reason: 'PodOSNotSupported', message: "Failed to admit pod as the OS field doesn't match node OS" };
}

/** Docker takes groups of the image's user along, and cannot be told not to. */
function strictGroups({ spec }: Pod): Doom | undefined {
  if (spec?.securityContext?.supplementalGroupsPolicy !== 'Strict') return undefined;
  return {
    reason: 'SupplementalGroupsPolicyNotSupported',
    message: 'SupplementalGroupsPolicy=Strict is not supported in this node',
  };
}

function forbiddenSysctl({ spec }: Pod, { unsafeSysctls }: AdmissionRules): Doom | undefined {
  const reason = 'SysctlForbidden';
  for (const { name: given } of spec?.securityContext?.sysctls ?? []) {
    const name = given.replaceAll('/', '.');
    const allowed = safeSysctls.has(name) || unsafeSysctls.some((pattern) => matches(name, pattern));
    if (!allowed) return { reason, message: `forbidden sysctl: "${given}" not allowlisted` };
    const shared =
      (spec?.hostNetwork === true && name.startsWith('net.') && 'host net') ||
      (spec?.hostIPC === true && !name.startsWith('net.') && 'host ipc');
    if (shared) return { reason, message: `forbidden sysctl: "${given}" not allowed with ${shared} enabled` };
  }
  return undefined;
}

const matches = (name: string, pattern: string) =>
  pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;

/** kubernetes.io: "Restrict a Container's Access to Resources with AppArmor": the default of the runtime is not to be had without it either. */
function appArmorMissing({ spec }: Pod, { appArmor }: AdmissionRules): Doom | undefined {
  if (appArmor || spec === undefined) return undefined;
  const profiles = [spec, ...(spec.initContainers ?? []), ...spec.containers].map(
    ({ securityContext }) => securityContext?.appArmorProfile,
  );
  if (profiles.every((profile) => (profile?.type ?? 'Unconfined') === 'Unconfined')) return undefined;
  return { reason: 'AppArmor', message: 'Cannot enforce AppArmor: AppArmor is not enabled on the host' };
}
