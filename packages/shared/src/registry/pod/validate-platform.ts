import type { FieldError } from '../../errors/index.ts';
import { names } from '../../object/index.ts';
import type { PodResourceClaim, PodSpec } from '../../schema/index.ts';
import { field } from '../field.ts';
import { validatePodLevel } from './pod-level.ts';
import { quantityErrors } from './validate-resources.ts';

/** What a pod takes as a whole: its own requests and limits, devices that it claims, what running it costs beside its containers. */
export function validatePodResources(spec: PodSpec, path: string): FieldError[] {
  const errors = validatePodLevel(spec, `${path}.resources`);
  for (const [name, quantity] of Object.entries(spec.overhead ?? {})) {
    errors.push(...quantityErrors(quantity, field.key(`${path}.overhead`, name)));
  }
  return [...errors, ...claimErrors(spec.resourceClaims ?? [], `${path}.resourceClaims`)];
}

function claimErrors(claims: readonly PodResourceClaim[], path: string): FieldError[] {
  const seen = new Set<string>();
  return claims.flatMap(({ name, resourceClaimName, resourceClaimTemplateName }, i) => {
    const where = field.index(path, i);
    const errors: FieldError[] = [];
    if (!name) errors.push(field.required(`${where}.name`));
    else if (seen.has(name)) errors.push(field.duplicate(`${where}.name`, name));
    else errors.push(...field.invalids(`${where}.name`, name, names.dnsLabel(name)));
    seen.add(name);
    const both = resourceClaimName !== undefined && resourceClaimTemplateName !== undefined;
    const none = resourceClaimName === undefined && resourceClaimTemplateName === undefined;
    const what = 'must specify exactly one of: `resourceClaimName`, `resourceClaimTemplateName`';
    const shown = { name, ...(both ? { resourceClaimName, resourceClaimTemplateName } : {}) };
    if (both || none) errors.push(field.invalid(where, shown, what));
    if (resourceClaimName) {
      errors.push(
        ...field.invalids(`${where}.resourceClaimName`, resourceClaimName, names.dnsSubdomain(resourceClaimName)),
      );
    }
    return errors;
  });
}

const systems = ['linux', 'windows'];

/** Fields that only Linux has, of a pod and of its containers (pkg/apis/core/validation validateWindows). */
const linuxOnly = {
  spec: ['hostPID', 'hostIPC', 'hostUsers', 'shareProcessNamespace'],
  pod: [
    'appArmorProfile',
    'fsGroup',
    'fsGroupChangePolicy',
    'runAsGroup',
    'runAsUser',
    'seLinuxOptions',
    'seccompProfile',
    'supplementalGroups',
    'supplementalGroupsPolicy',
    'sysctls',
  ],
  container: [
    'allowPrivilegeEscalation',
    'appArmorProfile',
    'capabilities',
    'privileged',
    'procMount',
    'readOnlyRootFilesystem',
    'runAsGroup',
    'runAsUser',
    'seLinuxOptions',
    'seccompProfile',
  ],
};

export function validateOs(spec: PodSpec, path: string): FieldError[] {
  if (spec.os === undefined) return [];
  const { name } = spec.os;
  if (!name) return [field.required(`${path}.os.name`)];
  if (!systems.includes(name)) return [field.notSupported(`${path}.os.name`, name, systems)];
  const contexts = [
    ...(spec.initContainers ?? []).map((container, i) => [`${path}.initContainers[${i}]`, container] as const),
    ...(spec.containers ?? []).map((container, i) => [`${path}.containers[${i}]`, container] as const),
  ];
  if (name === 'linux') {
    const options: [string, unknown][] = [
      [path, spec.securityContext?.windowsOptions],
      ...contexts.map(([where, { securityContext }]): [string, unknown] => [where, securityContext?.windowsOptions]),
    ];
    return options
      .filter(([, value]) => value !== undefined)
      .map(([where]) =>
        field.forbidden(`${where}.securityContext.windowsOptions`, 'windows options cannot be set for a linux pod'),
      );
  }
  return [
    ...forbidden(spec, linuxOnly.spec, path),
    ...forbidden(spec.securityContext, linuxOnly.pod, `${path}.securityContext`),
    ...contexts.flatMap(([where, { securityContext }]) =>
      forbidden(securityContext, linuxOnly.container, `${where}.securityContext`),
    ),
  ];
}

function forbidden(object: object | undefined, fields: readonly string[], path: string): FieldError[] {
  const values = new Map(Object.entries(object ?? {}));
  return fields
    .filter((name) => values.get(name) !== undefined && values.get(name) !== false)
    .map((name) => field.forbidden(`${path}.${name}`, 'cannot be set for a windows pod'));
}
