import type { FieldError } from '../../errors/index.ts';
import { names } from '../../object/index.ts';
import type { Container, Pod, PodSpec } from '../../schema/index.ts';
import { field } from '../field.ts';
import { type ContainerRole, type Surroundings, validateContainer } from './validate-container.ts';
import { validateScheduling } from './validate-scheduling.ts';
import { validateVolumes } from './validate-volume.ts';

/** Rules of a pod (pkg/apis/core/validation ValidatePodCreate). */
export function validatePod(pod: Pod): FieldError[] {
  return pod.spec === undefined ? [field.required('spec.containers')] : validatePodSpec(pod.spec, 'spec');
}

const restartPolicies = ['Always', 'OnFailure', 'Never'];
const dnsPolicies = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];

/** Rules of the spec of a pod or a pod template. */
export function validatePodSpec(spec: PodSpec, path: string): FieldError[] {
  return [
    ...validateVolumes(spec.volumes ?? [], `${path}.volumes`),
    ...validateContainers(spec, path),
    ...validatePolicies(spec, path),
    ...validateNames(spec, path),
    ...validateScheduling(spec, path),
  ];
}

function validateContainers(spec: PodSpec, path: string): FieldError[] {
  const around: Surroundings = {
    volumes: new Set((spec.volumes ?? []).map(({ name }) => name)),
    hostNetwork: spec.hostNetwork === true,
  };
  const seen = new Set<string>();
  const all = (list: readonly Container[], name: string, role: ContainerRole): FieldError[] =>
    list.flatMap((container, i) => {
      const where = `${path}.${name}[${i}]`;
      const errors = validateContainer(container, where, role, around);
      if (seen.has(container.name)) errors.push(field.duplicate(`${where}.name`, container.name));
      seen.add(container.name);
      return [...errors, ...validateRestart(container, where, role)];
    });
  const main = spec.containers ?? [];
  return [
    ...(main.length === 0 ? [field.required(`${path}.containers`)] : []),
    ...all(main, 'containers', 'main'),
    ...all(spec.initContainers ?? [], 'initContainers', 'init'),
    ...all((spec.ephemeralContainers ?? []) as readonly Container[], 'ephemeralContainers', 'ephemeral'),
    ...hostPortConflicts([...(spec.initContainers ?? []), ...main], `${path}.containers`),
  ];
}

function validateRestart({ restartPolicy }: Container, where: string, role: ContainerRole): FieldError[] {
  if (restartPolicy === undefined) return [];
  if (role === 'ephemeral') return [field.forbidden(`${where}.restartPolicy`, 'not allowed for ephemeral containers')];
  return restartPolicies.includes(restartPolicy)
    ? []
    : [field.notSupported(`${where}.restartPolicy`, restartPolicy, restartPolicies)];
}

/** Two containers cannot have the same port of the host. */
function hostPortConflicts(containers: readonly Container[], path: string): FieldError[] {
  const taken = new Set<string>();
  return containers.flatMap((container, i) =>
    (container.ports ?? []).flatMap(({ hostPort, hostIP = '', protocol = 'TCP' }, j) => {
      if (!hostPort) return [];
      const port = `${protocol}/${hostIP}/${hostPort}`;
      const conflict = taken.has(port);
      taken.add(port);
      return conflict ? [field.duplicate(`${path}[${i}].ports[${j}].hostPort`, port)] : [];
    }),
  );
}

function validatePolicies(spec: PodSpec, path: string): FieldError[] {
  const errors: FieldError[] = [];
  const { restartPolicy = '', dnsPolicy = '', terminationGracePeriodSeconds: grace, activeDeadlineSeconds } = spec;
  if (restartPolicy === '') errors.push(field.required(`${path}.restartPolicy`));
  else if (!restartPolicies.includes(restartPolicy)) {
    errors.push(field.notSupported(`${path}.restartPolicy`, restartPolicy, restartPolicies));
  }
  if (dnsPolicy === '') errors.push(field.required(`${path}.dnsPolicy`));
  else if (!dnsPolicies.includes(dnsPolicy)) {
    errors.push(field.notSupported(`${path}.dnsPolicy`, dnsPolicy, dnsPolicies));
  }
  if (grace === undefined) errors.push(field.required(`${path}.terminationGracePeriodSeconds`));
  else if (grace < 0) {
    errors.push(field.invalid(`${path}.terminationGracePeriodSeconds`, grace, 'must be greater than or equal to 0'));
  }
  if (activeDeadlineSeconds !== undefined) {
    const reasons = names.inRange(activeDeadlineSeconds, 1, 2_147_483_647);
    errors.push(...field.invalids(`${path}.activeDeadlineSeconds`, activeDeadlineSeconds, reasons));
  }
  return errors;
}

function validateNames(spec: PodSpec, path: string): FieldError[] {
  const subdomains = ['serviceAccountName', 'nodeName', 'priorityClassName', 'schedulerName'] as const;
  const labels = ['hostname', 'subdomain'] as const;
  const errors = [
    ...subdomains.flatMap((name) => check(spec[name], `${path}.${name}`, names.dnsSubdomain)),
    ...labels.flatMap((name) => check(spec[name], `${path}.${name}`, names.dnsLabel)),
  ];
  for (const [i, { name }] of (spec.imagePullSecrets ?? []).entries()) {
    if (!name) errors.push(field.required(`${path}.imagePullSecrets[${i}].name`));
  }
  for (const [i, { conditionType }] of (spec.readinessGates ?? []).entries()) {
    const where = `${path}.readinessGates[${i}].conditionType`;
    errors.push(...field.invalids(where, conditionType, names.qualifiedName(conditionType)));
  }
  return errors;
}

function check(value: string | undefined, where: string, rule: (value: string) => string[]): FieldError[] {
  return value ? field.invalids(where, value, rule(value)) : [];
}
