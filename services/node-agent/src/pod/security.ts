import type { Container, Pod } from '@kubus/shared/schema';
import type { ContainerSecurity, SandboxSpec } from '../runtime/contract.ts';
import { ConfigError } from './env.ts';

/** What a container's security depends on beyond the pod. */
export interface SecurityFacts {
  /** USER of the image: 'name', '1000', '1000:1000' or ''. Asked only when it matters. */
  imageUser(): Promise<string>;
  /** Text of a seccomp profile of this node. */
  seccompProfile(path: string): Promise<string>;
}

/** The container's settings over the pod's (Kubernetes: "Configure a Security Context"). Throws ConfigError where a container must not be started. */
export async function containerSecurity(
  pod: Pod,
  container: Container,
  facts: SecurityFacts,
): Promise<ContainerSecurity> {
  const own = container.securityContext;
  const shared = pod.spec?.securityContext;
  const privileged = own?.privileged === true;
  const user = await userOf(pod, container, facts);
  const groups = [...(shared?.supplementalGroups ?? []), ...(shared?.fsGroup === undefined ? [] : [shared.fsGroup])];
  return {
    ...(user === undefined ? {} : { user }),
    groups: [...new Set(groups)].map(String),
    privileged,
    readOnlyRootFilesystem: own?.readOnlyRootFilesystem === true,
    allowPrivilegeEscalation: privileged || own?.allowPrivilegeEscalation !== false,
    addCapabilities: own?.capabilities?.add ?? [],
    dropCapabilities: own?.capabilities?.drop ?? [],
    unmaskedProc: own?.procMount === 'Unmasked',
    ...(await profiles(pod, container, facts)),
  };
}

/** `user[:group]`; undefined leaves it to the image. */
async function userOf(pod: Pod, container: Container, facts: SecurityFacts): Promise<string | undefined> {
  const own = container.securityContext;
  const shared = pod.spec?.securityContext;
  const user = own?.runAsUser ?? shared?.runAsUser;
  const group = own?.runAsGroup ?? shared?.runAsGroup;
  if (own?.runAsNonRoot ?? shared?.runAsNonRoot === true) await refuseRoot(pod, container, user, facts);
  if (group === undefined) return user === undefined ? undefined : `${user}`;
  const [imageUser = ''] = user === undefined ? (await facts.imageUser()).split(':') : [];
  return `${user ?? (imageUser === '' ? '0' : imageUser)}:${group}`;
}

/** As kubelet words it (verifyRunAsNonRoot). */
async function refuseRoot(
  { metadata }: Pod,
  { name }: Container,
  user: number | undefined,
  facts: SecurityFacts,
): Promise<void> {
  const where = `(pod: "${metadata.name}_${metadata.namespace}(${metadata.uid})", container: ${name})`;
  if (user === 0) throw new ConfigError(`container's runAsUser breaks non-root policy ${where}`);
  if (user !== undefined) return;
  const [imageUser = ''] = (await facts.imageUser()).split(':');
  if (imageUser === '' || /^0+$/.test(imageUser))
    throw new ConfigError(`container has runAsNonRoot and image will run as root ${where}`);
  if (!/^\d+$/.test(imageUser)) {
    const text = `container has runAsNonRoot and image has non-numeric user (${imageUser}), cannot verify user is non-root`;
    throw new ConfigError(`${text} ${where}`);
  }
}

async function profiles(
  pod: Pod,
  container: Container,
  facts: SecurityFacts,
): Promise<Pick<ContainerSecurity, 'seccomp' | 'appArmor'>> {
  const own = container.securityContext;
  const shared = pod.spec?.securityContext;
  const seccomp = own?.seccompProfile ?? shared?.seccompProfile;
  const appArmor = own?.appArmorProfile ?? shared?.appArmorProfile;
  const localhost = (name: string | undefined) => name ?? '';
  return {
    ...(seccomp?.type === 'Unconfined' ? { seccomp: 'unconfined' } : {}),
    ...(seccomp?.type === 'Localhost'
      ? { seccomp: await facts.seccompProfile(localhost(seccomp.localhostProfile)) }
      : {}),
    ...(appArmor?.type === 'Unconfined' ? { appArmor: 'unconfined' } : {}),
    ...(appArmor?.type === 'Localhost' ? { appArmor: localhost(appArmor.localhostProfile) } : {}),
  };
}

/** The namespaces of the node that a pod shares, and how its containers share theirs. */
export function podNamespaces({ spec }: Pod): Pick<SandboxSpec, 'hostNetwork' | 'hostPid' | 'hostIpc' | 'sharedPid'> {
  return {
    hostNetwork: spec?.hostNetwork === true,
    hostPid: spec?.hostPID === true,
    hostIpc: spec?.hostIPC === true,
    sharedPid: spec?.shareProcessNamespace === true,
  };
}
