import type { Container, SELinuxOptions } from '@kubus/shared/schema';
import {
  type Check,
  containersOf,
  distinct,
  namesWhere,
  plural,
  quoted,
  type Subject,
  theContainers,
  theSetters,
} from './check.ts';

/** kubernetes.io: "Pod Security Standards", Baseline; by id, as Kubernetes tells them. */
export const baseline: readonly Check[] = [
  { id: 'appArmorProfile', find: appArmor },
  { id: 'capabilities_baseline', find: capabilities },
  { id: 'hostNamespaces', find: hostNamespaces },
  { id: 'hostPathVolumes', find: hostPaths },
  { id: 'hostPorts', find: hostPorts },
  { id: 'hostProbesAndhostLifecycle', since: 34, find: hostProbes },
  { id: 'privileged', find: privileged },
  { id: 'procMount', find: procMount },
  { id: 'seLinuxOptions', find: seLinux },
  { id: 'seccompProfile_baseline', find: seccomp },
  { id: 'sysctls', find: sysctls },
  { id: 'windowsHostProcess', find: hostProcess },
];

const appArmorPrefix = 'container.apparmor.security.beta.kubernetes.io/';

function appArmor(pod: Subject) {
  const bad = (type: string | undefined): boolean =>
    type !== undefined && !['RuntimeDefault', 'Localhost'].includes(type);
  const type = pod.spec.securityContext?.appArmorProfile?.type;
  const containers = namesWhere(pod, ({ securityContext }) => bad(securityContext?.appArmorProfile?.type));
  const types = [type, ...containersOf(pod.spec).map(({ securityContext }) => securityContext?.appArmorProfile?.type)];
  const annotations = Object.entries(pod.metadata.annotations ?? {}).filter(
    ([key, value]) =>
      key.startsWith(appArmorPrefix) && value !== '' && !/^(runtime\/default|localhost\/.*)$/.test(value),
  );
  if (!bad(type) && containers.length === 0 && annotations.length === 0) return undefined;
  const details: string[] = [];
  if (bad(type) || containers.length > 0) {
    const wrong = distinct(types.filter((one) => one !== undefined && bad(one)) as string[]);
    details.push(`${theSetters(bad(type), containers)} must not set AppArmor profile type to ${quoted(wrong)}`);
  }
  if (annotations.length > 0) {
    const shown = annotations.map(([key, value]) => `${JSON.stringify(key)}=${JSON.stringify(value)}`).sort();
    details.push(`${plural('annotation', 'annotations', shown.length)} ${shown.join(', ')}`);
  }
  const many = containers.length + annotations.length + (bad(type) ? 1 : 0);
  return {
    reason: plural('forbidden AppArmor profile', 'forbidden AppArmor profiles', many),
    detail: details.join('; '),
  };
}

const defaultCapabilities: ReadonlySet<string> = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]);

function capabilities(pod: Subject) {
  const added = ({ securityContext }: Container): string[] =>
    (securityContext?.capabilities?.add ?? []).filter((name) => !defaultCapabilities.has(name));
  const names = namesWhere(pod, (container) => added(container).length > 0);
  if (names.length === 0) return undefined;
  const all = distinct(containersOf(pod.spec).flatMap(added));
  const detail = `${theContainers(names)} must not include ${quoted(all)} in securityContext.capabilities.add`;
  return { reason: 'non-default capabilities', detail };
}

function hostNamespaces({ spec }: Subject) {
  const used = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((name) => spec[name] === true);
  if (used.length === 0) return undefined;
  return { reason: 'host namespaces', detail: used.map((name) => `${name}=true`).join(', ') };
}

function hostPaths({ spec }: Subject) {
  const names = (spec.volumes ?? []).filter(({ hostPath }) => hostPath !== undefined).map(({ name }) => name);
  if (names.length === 0) return undefined;
  return { reason: 'hostPath volumes', detail: `${plural('volume', 'volumes', names.length)} ${quoted(names)}` };
}

function hostPorts(pod: Subject) {
  const ports = ({ ports: all = [] }: Container): string[] =>
    all.flatMap(({ hostPort }) => (hostPort ? [String(hostPort)] : []));
  const names = namesWhere(pod, (container) => ports(container).length > 0);
  if (names.length === 0) return undefined;
  const used = distinct(containersOf(pod.spec).flatMap(ports));
  const detail = `${theContainers(names)} ${plural('uses', 'use', names.length)} ${plural('hostPort', 'hostPorts', used.length)} ${used.join(', ')}`;
  return { reason: 'hostPort', detail };
}

/** Probes and hooks are for the pod's own address: another one lets it ask around where the node can reach. */
function hostProbes(pod: Subject) {
  const hosts = ({ livenessProbe, readinessProbe, startupProbe, lifecycle }: Container): string[] =>
    [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop].flatMap((handler) =>
      [handler?.httpGet?.host, handler?.tcpSocket?.host].flatMap((host) =>
        host && !['127.0.0.1', '::1'].includes(host) ? [host] : [],
      ),
    );
  const names = namesWhere(pod, (container) => hosts(container).length > 0);
  if (names.length === 0) return undefined;
  const used = distinct(containersOf(pod.spec).flatMap(hosts));
  const detail = `${theContainers(names)} ${plural('uses', 'use', names.length)} probe or lifecycle ${plural('host', 'hosts', used.length)} ${quoted(used)}`;
  return { reason: 'probe or lifecycle host', detail };
}

function privileged(pod: Subject) {
  const names = namesWhere(pod, ({ securityContext }) => securityContext?.privileged === true);
  if (names.length === 0) return undefined;
  return { reason: 'privileged', detail: `${theContainers(names)} must not set securityContext.privileged=true` };
}

function procMount(pod: Subject) {
  const mount = ({ securityContext }: Container): string => securityContext?.procMount ?? 'Default';
  const names = namesWhere(pod, (container) => mount(container) !== 'Default');
  if (names.length === 0) return undefined;
  const used = distinct(containersOf(pod.spec).map(mount)).filter((one) => one !== 'Default');
  return {
    reason: 'procMount',
    detail: `${theContainers(names)} must not set securityContext.procMount to ${quoted(used)}`,
  };
}

const seLinuxTypes = ['', 'container_t', 'container_init_t', 'container_kvm_t', 'container_engine_t'];

function seLinux(pod: Subject) {
  const bad = (options: SELinuxOptions | undefined): boolean =>
    options !== undefined && (!seLinuxTypes.includes(options.type ?? '') || !!options.user || !!options.role);
  const own = pod.spec.securityContext?.seLinuxOptions;
  const names = namesWhere(pod, ({ securityContext }) => bad(securityContext?.seLinuxOptions));
  if (!bad(own) && names.length === 0) return undefined;
  const all = [own, ...containersOf(pod.spec).map(({ securityContext }) => securityContext?.seLinuxOptions)];
  const types = distinct(all.map((options) => options?.type ?? '')).filter((type) => !seLinuxTypes.includes(type));
  const problems: string[] = [];
  if (types.length > 0) problems.push(`${plural('type', 'types', types.length)} ${quoted(types)}`);
  if (all.some((options) => options?.user)) problems.push('user may not be set');
  if (all.some((options) => options?.role)) problems.push('role may not be set');
  const detail = `${theSetters(bad(own), names)} set forbidden securityContext.seLinuxOptions: ${problems.join('; ')}`;
  return { reason: 'seLinuxOptions', detail };
}

function seccomp(pod: Subject) {
  const unconfined = (type: string | undefined): boolean => type === 'Unconfined';
  const own = unconfined(pod.spec.securityContext?.seccompProfile?.type);
  const names = namesWhere(pod, ({ securityContext }) => unconfined(securityContext?.seccompProfile?.type));
  if (!own && names.length === 0) return undefined;
  const detail = `${theSetters(own, names)} must not set securityContext.seccompProfile.type to "Unconfined"`;
  return { reason: 'seccompProfile', detail };
}

/** Those that do not reach beyond the pod, with the version since which each is allowed. */
const safeSysctls: ReadonlyMap<string, number> = new Map([
  ['kernel.shm_rmid_forced', 0],
  ['net.ipv4.ip_local_port_range', 0],
  ['net.ipv4.tcp_syncookies', 0],
  ['net.ipv4.ping_group_range', 0],
  ['net.ipv4.ip_unprivileged_port_start', 0],
  ['net.ipv4.ip_local_reserved_ports', 27],
  ['net.ipv4.tcp_keepalive_time', 29],
  ['net.ipv4.tcp_fin_timeout', 29],
  ['net.ipv4.tcp_keepalive_intvl', 29],
  ['net.ipv4.tcp_keepalive_probes', 29],
  ['net.ipv4.tcp_rmem', 32],
  ['net.ipv4.tcp_wmem', 32],
]);

function sysctls({ spec }: Subject, minor: number) {
  const isSafe = (name: string): boolean =>
    (safeSysctls.get(name) ?? Number.POSITIVE_INFINITY) <= minor && safeSysctls.has(name);
  const bad = distinct((spec.securityContext?.sysctls ?? []).map(({ name }) => name).filter((name) => !isSafe(name)));
  return bad.length === 0 ? undefined : { reason: 'forbidden sysctls', detail: bad.join(', ') };
}

function hostProcess(pod: Subject) {
  const own = pod.spec.securityContext?.windowsOptions?.hostProcess === true;
  const names = namesWhere(pod, ({ securityContext }) => securityContext?.windowsOptions?.hostProcess === true);
  if (!own && names.length === 0) return undefined;
  const detail = `${theSetters(own, names)} must not set securityContext.windowsOptions.hostProcess=true`;
  return { reason: 'hostProcess', detail };
}
