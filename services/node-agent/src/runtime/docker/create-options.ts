import type Docker from 'dockerode';
import { type Cgroup, cgroupOf, cpuPeriod } from '../cgroup.ts';
import type { ContainerSecurity, ContainerSpec, SandboxSpec } from '../contract.ts';
import { containerName, label, labelsOf, type NodeScope } from './labels.ts';
import { bindMount } from './mounts.ts';
import { sandboxOomScoreAdj } from './oom-floor.ts';
import type { SandboxPlace } from './pod-network/index.ts';

/** How a container's log is kept; `maxSize` in bytes. */
export interface LogRotation {
  maxSize: number;
  maxFiles: number;
}

const logConfig = ({ maxSize, maxFiles }: LogRotation) => ({
  Type: 'json-file',
  Config: { 'max-size': `${maxSize}`, 'max-file': `${maxFiles}` },
});

/** The container that holds a pod's network and IPC namespaces while its containers come and go. */
export function sandboxOptions(
  sandbox: SandboxSpec,
  places: { image: string; place: SandboxPlace; scope: NodeScope; oomFloor: number },
): Docker.ContainerCreateOptions {
  const { mode, unshares, ips } = places.place;
  const bindings = Map.groupBy(
    sandbox.ports.filter((port) => port.hostPort > 0),
    (port) => `${port.containerPort}/${port.protocol.toLowerCase()}`,
  );
  const portBindings = [...bindings].map(([port, hosts]) => [
    port,
    hosts.map((host) => ({ HostPort: `${host.hostPort}`, HostIp: host.hostIP ?? '' })),
  ]);
  return {
    name: containerName(sandbox.pod, '', sandbox.attempt),
    Image: places.image,
    Labels: {
      ...labelsOf(places.scope, sandbox.pod, '', sandbox.attempt),
      ...(ips.length === 0 ? {} : { [label.podIPs]: ips.join(',') }),
      ...(sandbox.handler === undefined ? {} : { [label.handler]: sandbox.handler }),
    },
    ...(sandbox.hostNetwork ? {} : { Hostname: sandbox.hostname }),
    ExposedPorts: Object.fromEntries([...bindings.keys()].map((port) => [port, {}])),
    HostConfig: {
      NetworkMode: mode,
      ...runtimeOf(sandbox),
      IpcMode: sandbox.hostIpc ? 'host' : 'shareable',
      ...(sandbox.hostPid ? { PidMode: 'host' } : {}),
      Sysctls: Object.fromEntries(sandbox.sysctls),
      PortBindings: Object.fromEntries(portBindings),
      ReadonlyRootfs: true,
      // In place of the engine's mounts of all cgroups, which its program does not look at.
      Tmpfs: { '/sys/fs/cgroup': 'size=4k' },
      CapDrop: ['ALL'],
      // For the one system call with which its program begins; then it gives up every capability.
      ...(unshares ? { CapAdd: ['SYS_ADMIN'] } : {}),
      SecurityOpt: ['no-new-privileges:true', ...(unshares ? ['seccomp=unconfined'] : [])],
      // The kernel ends a pod's own processes first (kubelet: oom_score_adj of the pod sandbox).
      OomScoreAdj: Math.max(sandboxOomScoreAdj, places.oomFloor),
      LogConfig: { Type: 'none', Config: {} },
    },
  };
}

export interface ContainerPlaces {
  scope: NodeScope;
  oomFloor: number;
  logs: LogRotation;
  /** The engine can make read-only what is mounted below a read-only mount. */
  recursiveReadOnly: boolean;
}

export function containerOptions(
  container: ContainerSpec,
  { scope, oomFloor, logs, recursiveReadOnly }: ContainerPlaces,
): Docker.ContainerCreateOptions {
  const shared = `container:${container.sandboxId}`;
  const { security } = container;
  return {
    name: containerName(container.pod, container.name, container.attempt),
    Image: container.image,
    Labels: {
      ...labelsOf(scope, container.pod, container.name, container.attempt, container.sandboxAttempt),
      ...(container.round === undefined ? {} : { [label.round]: `${container.round}` }),
    },
    Env: container.env.map(([name, value]) => `${name}=${value}`),
    ...(container.command === undefined ? {} : { Entrypoint: [...container.command] }),
    ...(container.args === undefined ? {} : { Cmd: [...container.args] }),
    ...(container.workingDir === undefined ? {} : { WorkingDir: container.workingDir }),
    ...(security.user === undefined ? {} : { User: security.user }),
    ...(container.stopSignal === undefined ? {} : { StopSignal: container.stopSignal }),
    Tty: container.tty,
    OpenStdin: container.stdin,
    StdinOnce: container.stdin && container.stdinOnce,
    // A HEALTHCHECK of the image is not Kubernetes' business.
    Healthcheck: { Test: ['NONE'] },
    HostConfig: {
      NetworkMode: shared,
      ...runtimeOf(container),
      IpcMode: container.hostIpc ? 'host' : shared,
      ...pidMode(container),
      ...resources(container),
      OomScoreAdj: Math.max(container.oomScoreAdj, oomFloor),
      Privileged: security.privileged,
      ReadonlyRootfs: security.readOnlyRootFilesystem,
      CapAdd: [...security.addCapabilities],
      CapDrop: [...security.dropCapabilities],
      GroupAdd: [...security.groups],
      SecurityOpt: securityOptions(security),
      ...(security.unmaskedProc ? { MaskedPaths: [], ReadonlyPaths: [] } : {}),
      Mounts: container.mounts.map((mount) => bindMount(mount, recursiveReadOnly)),
      LogConfig: logConfig(logs),
    },
  };
}

/** What a RuntimeClass calls a handler is a runtime in the engine's configuration. */
const runtimeOf = ({ handler }: { handler?: string }): { Runtime?: string } =>
  handler === undefined ? {} : { Runtime: handler };

function pidMode({ processesOf }: ContainerSpec): Partial<Docker.HostConfig> {
  if (processesOf === undefined) return {};
  return { PidMode: 'host' in processesOf ? 'host' : `container:${processesOf.id}` };
}

const securityOptions = ({ allowPrivilegeEscalation, seccomp, appArmor }: ContainerSecurity) => [
  ...(allowPrivilegeEscalation ? [] : ['no-new-privileges:true']),
  ...(seccomp === undefined ? [] : [`seccomp=${seccomp}`]),
  ...(appArmor === undefined ? [] : [`apparmor=${appArmor}`]),
];

/** No swap beyond the memory limit. */
function resources(container: ContainerSpec): Partial<Docker.HostConfig> {
  const { cpuShares, cpuQuota, memoryBytes } = cgroupOf(container);
  return {
    CpuShares: cpuShares,
    ...(cpuQuota === 0 ? {} : { CpuPeriod: cpuPeriod, CpuQuota: cpuQuota }),
    ...(memoryBytes === 0 ? {} : { Memory: memoryBytes, MemorySwap: memoryBytes }),
  };
}

/** For a container that runs. The engine cannot take a limit away that is there; Kubernetes does not ask for that. */
export const updateOptions = ({ cpuShares, cpuQuota, memoryBytes }: Cgroup) => ({
  CpuShares: cpuShares,
  ...(cpuQuota === 0 ? {} : { CpuPeriod: cpuPeriod, CpuQuota: cpuQuota }),
  ...(memoryBytes === 0 ? {} : { Memory: memoryBytes, MemorySwap: memoryBytes }),
});
