import { expect, it } from 'vitest';
import { buildPod, container } from '../../test/rig.ts';
import { refusal } from './admission.ts';

const rules = { unsafeSysctls: ['kernel.msg*', 'net.core.somaxconn'], appArmor: false };
const sysctl = (name: string, more: object = {}) =>
  refusal(buildPod('p', { securityContext: { sysctls: [{ name, value: '1' }] }, ...more }), rules);

it('takes kernel parameters that are safe or that the node allows, and no others', () => {
  expect(sysctl('net.ipv4.tcp_syncookies')).toBe(undefined);
  expect(sysctl('net/ipv4/tcp_syncookies')).toBe(undefined);
  expect(sysctl('kernel.msgmax')).toBe(undefined);
  expect(sysctl('net.core.somaxconn')).toBe(undefined);
  expect(sysctl('kernel.shmmax')).toEqual({
    reason: 'SysctlForbidden',
    message: 'Pod was rejected: forbidden sysctl: "kernel.shmmax" not allowlisted',
  });
});

it('takes none that would be those of the node', () => {
  expect(sysctl('net.core.somaxconn', { hostNetwork: true })?.message).toContain('not allowed with host net enabled');
  expect(sysctl('kernel.msgmax', { hostIPC: true })?.message).toContain('not allowed with host ipc enabled');
});

it('takes no pod of another system, nor one whose groups it could not keep to', () => {
  expect(refusal(buildPod('p', { os: { name: 'windows' } }), rules)?.reason).toBe('PodOSNotSupported');
  expect(refusal(buildPod('p', { os: { name: 'linux' } }), rules)).toBe(undefined);
  const labelled = (os: string) => ({ ...buildPod('p'), metadata: { name: 'p', labels: { 'kubernetes.io/os': os } } });
  expect(refusal(labelled('linux'), rules)).toBe(undefined);
  expect(refusal(labelled('windows'), rules)).toEqual({
    reason: 'PodOSSelectorNodeLabelDoesNotMatch',
    message: "Pod was rejected: Failed to admit pod as the `kubernetes.io/os` label doesn't match node label",
  });
  const policy = (supplementalGroupsPolicy: string) =>
    refusal(buildPod('p', { securityContext: { supplementalGroupsPolicy } }), rules);
  expect(policy('Merge')).toBe(undefined);
  expect(policy('Strict')).toEqual({
    reason: 'SupplementalGroupsPolicyNotSupported',
    message: 'Pod was rejected: SupplementalGroupsPolicy=Strict is not supported in this node',
  });
});

it('takes no pod whose AppArmor profile it could not enforce', () => {
  const appArmorProfile = { type: 'Localhost', localhostProfile: 'strict' };
  const pod = buildPod('p', { containers: [container('main', 'run', { securityContext: { appArmorProfile } })] });
  expect(refusal(pod, rules)?.reason).toBe('AppArmor');
  expect(refusal(pod, { ...rules, appArmor: true })).toBe(undefined);
  const whole = (type: string) => refusal(buildPod('p', { securityContext: { appArmorProfile: { type } } }), rules);
  expect(whole('RuntimeDefault')?.message).toBe(
    'Pod was rejected: Cannot enforce AppArmor: AppArmor is not enabled on the host',
  );
  expect(whole('Unconfined')).toBe(undefined);
});
