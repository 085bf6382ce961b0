import type { FieldError } from '../../errors/index.ts';
import { names } from '../../object/index.ts';
import type { Container, PodSpec, SeccompProfile } from '../../schema/index.ts';
import { field } from '../field.ts';

const maxId = 2_147_483_647;

/** Rules of a container's security context (pkg/apis/core/validation ValidateSecurityContext). */
export function validateContainerSecurity(
  { securityContext: context }: Container,
  path: string,
  hostUsers: boolean,
): FieldError[] {
  if (context === undefined) return [];
  const errors = idErrors(context, path, ['runAsUser', 'runAsGroup']);
  const { procMount, allowPrivilegeEscalation: escalation } = context;
  if (procMount !== undefined && !['Default', 'Unmasked'].includes(procMount)) {
    errors.push(field.notSupported(`${path}.procMount`, procMount, ['Default', 'Unmasked']));
  }
  if (procMount === 'Unmasked' && hostUsers) {
    const why = '`hostUsers` must be false to use `Unmasked`';
    errors.push(field.invalid(`${path}.procMount`, procMount, why));
  }
  errors.push(...profileErrors(context, path));
  if (escalation !== false) return errors;
  if (context.privileged === true) {
    const why = 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true';
    errors.push(field.invalid(path, context, why));
  }
  if (context.capabilities?.add?.some((name) => name === 'CAP_SYS_ADMIN') === true) {
    const why = 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN';
    errors.push(field.invalid(path, context, why));
  }
  return errors;
}

/** Rules of what holds for all containers of a pod (ValidatePodSecurityContext, validatePodHostNetworkDeps). */
export function validatePodSecurity(spec: PodSpec, path: string): FieldError[] {
  const where = `${path}.securityContext`;
  const { securityContext: context = {} } = spec;
  const errors = idErrors(context, where, ['fsGroup', 'runAsUser', 'runAsGroup']);
  for (const [i, group] of (context.supplementalGroups ?? []).entries()) {
    errors.push(...field.invalids(`${where}.supplementalGroups[${i}]`, group, names.inRange(group, 0, maxId)));
  }
  if (spec.shareProcessNamespace === true && spec.hostPID === true) {
    const why = 'ShareProcessNamespace and HostPID cannot both be enabled';
    errors.push(field.invalid(`${where}.shareProcessNamespace`, true, why));
  }
  errors.push(...hostUserErrors(spec, path), ...sysctlErrors(spec, `${where}.sysctls`));
  const choices = [
    ['fsGroupChangePolicy', context.fsGroupChangePolicy, ['Always', 'OnRootMismatch']],
    ['supplementalGroupsPolicy', context.supplementalGroupsPolicy, ['Merge', 'Strict']],
    ['seLinuxChangePolicy', context.seLinuxChangePolicy, ['MountOption', 'Recursive']],
  ] as const;
  for (const [name, value, allowed] of choices) {
    if (value !== undefined && !(allowed as readonly string[]).includes(value)) {
      errors.push(field.notSupported(`${where}.${name}`, value, allowed));
    }
  }
  return [...errors, ...profileErrors(context, where)];
}

/** A pod with users of its own shares nothing with the host that users own. */
function hostUserErrors(spec: PodSpec, path: string): FieldError[] {
  if (spec.hostUsers !== false) return [];
  return (['hostPID', 'hostIPC'] as const)
    .filter((name) => spec[name] === true)
    .map((name) => field.forbidden(`${path}.${name}`, 'when `hostUsers` is false'));
}

const sysctlSegment = '[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const sysctlFormat = `(${sysctlSegment}[\\./])*${sysctlSegment}`;
const sysctlPattern = new RegExp(`^${sysctlFormat}$`);

function sysctlErrors({ securityContext, hostNetwork, hostIPC }: PodSpec, path: string): FieldError[] {
  const seen = new Set<string>();
  return (securityContext?.sysctls ?? []).flatMap(({ name }, i) => {
    const where = `${path}[${i}].name`;
    if (!name) return [field.required(where)];
    const errors: FieldError[] = [];
    if (name.length > 253 || !sysctlPattern.test(name)) {
      const why = `must have at most 253 characters and match regex ^${sysctlFormat}$`;
      errors.push(field.invalid(where, name, why));
    }
    const dotted = name.replaceAll('/', '.');
    if (seen.has(dotted)) errors.push(field.duplicate(where, name));
    seen.add(dotted);
    if (hostNetwork === true && dotted.startsWith('net.')) {
      errors.push(field.invalid(where, name, "may not be specified when 'hostNetwork' is true"));
    }
    if (hostIPC === true && /^(kernel\.(shm|msg|sem)|fs\.mqueue\.)/.test(dotted)) {
      errors.push(field.invalid(where, name, "may not be specified when 'hostIPC' is true"));
    }
    return errors;
  });
}

function idErrors<N extends string>(
  context: { readonly [K in N]?: number },
  path: string,
  fields: readonly N[],
): FieldError[] {
  return fields.flatMap((name) => {
    const id = context[name];
    return id === undefined ? [] : field.invalids(`${path}.${name}`, id, names.inRange(id, 0, maxId));
  });
}

const profileTypes = ['Localhost', 'RuntimeDefault', 'Unconfined'];

interface Profiles {
  seccompProfile?: SeccompProfile;
  appArmorProfile?: { type: string; localhostProfile?: string };
}

function profileErrors({ seccompProfile, appArmorProfile }: Profiles, path: string): FieldError[] {
  return [
    ...(seccompProfile === undefined ? [] : oneProfile(seccompProfile, `${path}.seccompProfile`, 'seccomp')),
    ...(appArmorProfile === undefined ? [] : oneProfile(appArmorProfile, `${path}.appArmorProfile`, 'AppArmor')),
  ];
}

function oneProfile({ type, localhostProfile: file }: SeccompProfile, path: string, what: 'seccomp' | 'AppArmor') {
  const at = `${path}.localhostProfile`;
  if (!type) return [field.required(`${path}.type`, 'type is required when seccompProfile is set')];
  if (!profileTypes.includes(type)) return [field.notSupported(`${path}.type`, type, profileTypes)];
  if (type !== 'Localhost') {
    if (file === undefined) return [];
    return [field.invalid(at, file, `can only be set when ${what} type is Localhost`)];
  }
  if (!file?.trim()) return [field.required(at, `must be set when ${what} type is Localhost`)];
  if (what === 'AppArmor') return [];
  const errors: FieldError[] = [];
  if (file.startsWith('/')) errors.push(field.invalid(at, file, 'must be a relative path'));
  if (file.split('/').includes('..')) errors.push(field.invalid(at, file, "must not contain '..'"));
  return errors;
}
