import { expect, it } from 'vitest';
import type { ContainerSecurity, ContainerSpec } from '../contract.ts';
import { containerOptions, sandboxOptions } from './create-options.ts';

const security: ContainerSecurity = {
  ...{ groups: [], privileged: false, readOnlyRootFilesystem: false, allowPrivilegeEscalation: true },
  ...{ addCapabilities: [], dropCapabilities: [], unmaskedProc: false },
};
const spec: ContainerSpec = {
  pod: { uid: 'u1', name: 'web', namespace: 'shop' },
  ...{ name: 'main', attempt: 2, image: 'web:1', env: [], sandboxId: 's1', sandboxAttempt: 0, hostIpc: false },
  ...{ tty: false, stdin: false, stdinOnce: false, limits: {}, requests: {}, oomScoreAdj: 0, mounts: [] },
  security,
};
const optionsOf = (container: Partial<ContainerSpec>) =>
  containerOptions(
    { ...spec, ...container },
    {
      ...{ scope: { cluster: 'c', node: 'n1' }, oomFloor: 0, recursiveReadOnly: true },
      logs: { maxSize: 1_000, maxFiles: 3 },
    },
  );

it.each([
  ['no profile, so that the engine takes its own', {}, []],
  ['the profile that is named', { appArmor: 'k8s-deny-write' }, ['apparmor=k8s-deny-write']],
  ['none at all', { appArmor: 'unconfined' }, ['apparmor=unconfined']],
  ['profiles of both kinds', { appArmor: 'strict', seccomp: '{}' }, ['seccomp={}', 'apparmor=strict']],
])('an AppArmor profile is handed to the engine: %s', (_, parts, expected) => {
  const { HostConfig } = optionsOf({ security: { ...security, ...parts } });
  expect(HostConfig?.SecurityOpt).toEqual(expected);
});

it('logs are rotated by the engine', () => {
  const { HostConfig } = optionsOf({});
  expect(HostConfig?.LogConfig).toEqual({ Type: 'json-file', Config: { 'max-size': '1000', 'max-file': '3' } });
});

it('a container names its start, and the round of its pod when that is not the first', () => {
  expect(optionsOf({}).name).toBe('kubus-u1-c-main-2');
  expect(optionsOf({}).Labels).not.toHaveProperty('kubus.io/round');
  expect(optionsOf({ round: 1 }).Labels).toMatchObject({ 'kubus.io/attempt': '2', 'kubus.io/round': '1' });
});

it('a container is run by what its RuntimeClass names, else by what the engine prefers', () => {
  expect(optionsOf({}).HostConfig).not.toHaveProperty('Runtime');
  expect(optionsOf({ handler: 'runsc' }).HostConfig).toMatchObject({ Runtime: 'runsc' });
});

it('a container is privileged when it says so, and only then', () => {
  expect(optionsOf({}).HostConfig?.Privileged).toBe(false);
  expect(optionsOf({ security: { ...security, privileged: true } }).HostConfig?.Privileged).toBe(true);
});

it("a sandbox is spared the engine's mounts of all cgroups, which a container has", () => {
  const pod = { uid: 'u1', name: 'web', namespace: 'shop' };
  const sandbox = {
    pod,
    attempt: 0,
    hostname: 'web',
    hostNetwork: false,
    hostIpc: false,
    hostPid: false,
    sharedPid: false,
  };
  const place = { mode: 'none', unshares: false, ips: [] };
  const { HostConfig } = sandboxOptions(
    { ...sandbox, sysctls: [], ports: [] },
    { image: 'pause', place, scope: { cluster: 'c', node: 'n1' }, oomFloor: 0 },
  );
  expect(HostConfig?.Tmpfs).toEqual({ '/sys/fs/cgroup': 'size=4k' });
  expect(optionsOf({}).HostConfig?.Tmpfs).toBeUndefined();
});
