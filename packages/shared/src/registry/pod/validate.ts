import type { FieldError } from '../../errors/index.ts';
import { names } from '../../object/index.ts';
import type { Container, Pod, PodSpec } from '../../schema/index.ts';
import { field } from '../field.ts';
import { type ContainerRole, type Surroundings, validateContainer } from './validate-container.ts';
import { validateEphemeral } from './validate-ephemeral.ts';
import { validateNetwork } from './validate-network.ts';
import { validateOs, validatePodResources } from './validate-platform.ts';
import { validateScheduling } from './validate-scheduling.ts';
import { validatePodSecurity } from './validate-security.ts';
import { validateVolumes } from './validate-volume.ts';

/** Rules of a pod (pkg/apis/core/validation ValidatePodCreate). */
export function validatePod(pod: Pod): FieldError[] {
  return pod.spec === undefined ? [field.required('spec.containers')] : validatePodSpec(pod.spec, 'spec');
}

/** What a new pod may not say. */
export function validatePodCreate({ spec, metadata }: Pod): FieldError[] {
  const errors: FieldError[] = [];
  if ((spec?.ephemeralContainers ?? []).length > 0) {
    errors.push(field.forbidden('spec.ephemeralContainers', 'cannot be set on create'));
  }
  if (spec?.nodeName && (spec.schedulingGates ?? []).length > 0) {
    errors.push(field.forbidden('spec.nodeName', 'cannot be set until all schedulingGates have been cleared'));
  }
  const mirror = 'kubernetes.io/config.mirror';
  const annotations = new Map(Object.entries(metadata.annotations ?? {}));
  if (annotations.has(mirror) && !spec?.nodeName) {
    const why = 'must set spec.nodeName if mirror pod annotation is set';
    errors.push(field.invalid(field.key('metadata.annotations', mirror), annotations.get(mirror), why));
  }
  return errors;
}

const restartPolicies = ['Always', 'OnFailure', 'Never'];
const preemptionPolicies = ['Never', 'PreemptLowerPriority'];
const dnsPolicies = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];

/** Rules of the spec of a pod or a pod template. */
export function validatePodSpec(spec: PodSpec, path: string): FieldError[] {
  return [
    ...validateVolumes(spec.volumes ?? [], `${path}.volumes`),
    ...validateContainers(spec, path),
    ...validatePolicies(spec, path),
    ...validateNames(spec, path),
    ...validateScheduling(spec, path),
    ...validatePodSecurity(spec, path),
    ...validateNetwork(spec, path),
    ...validatePodResources(spec, path),
    ...validateOs(spec, path),
  ];
}

function validateContainers(spec: PodSpec, path: string): FieldError[] {
  const around: Surroundings = {
    volumes: new Map((spec.volumes ?? []).map((volume) => [volume.name, volume])),
    hostNetwork: spec.hostNetwork === true,
    hostUsers: spec.hostUsers !== false,
    gracePeriodSeconds: spec.terminationGracePeriodSeconds ?? 30,
    claims: new Set((spec.resourceClaims ?? []).map(({ name }) => name)),
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
    ...validateEphemeral(spec, `${path}.ephemeralContainers`),
    ...hostPortConflicts([...(spec.initContainers ?? []), ...main], `${path}.containers`),
  ];
}

const ruleActions = ['Restart', 'RestartAllContainers'];
const ruleOperators = ['In', 'NotIn'];

function validateRestart(container: Container, where: string, role: ContainerRole): FieldError[] {
  const { restartPolicy, restartPolicyRules: rules = [] } = container;
  const errors: FieldError[] = [];
  if (role === 'ephemeral') {
    const why = 'cannot be set for an Ephemeral Container';
    if (restartPolicy !== undefined) errors.push(field.forbidden(`${where}.restartPolicy`, why));
    if (rules.length > 0) errors.push(field.forbidden(`${where}.restartPolicyRules`, why));
    return errors;
  }
  if (restartPolicy !== undefined && !restartPolicies.includes(restartPolicy)) {
    errors.push(field.notSupported(`${where}.restartPolicy`, restartPolicy, restartPolicies));
  }
  if (rules.length === 0) return errors;
  if (restartPolicy === undefined) {
    errors.push(field.required(`${where}.restartPolicy`, 'must specify restartPolicy when restart rules are used'));
  }
  if (rules.length > 20) errors.push(field.tooMany(`${where}.restartPolicyRules`, rules.length, 20));
  for (const [i, { action, exitCodes }] of rules.entries()) {
    const at = `${where}.restartPolicyRules[${i}]`;
    if (!ruleActions.includes(action)) errors.push(field.notSupported(`${at}.action`, action ?? '', ruleActions));
    if (exitCodes === undefined) {
      errors.push(field.required(`${at}.exitCodes`, 'must be specified'));
      continue;
    }
    if (!ruleOperators.includes(exitCodes.operator)) {
      errors.push(field.notSupported(`${at}.exitCodes.operator`, exitCodes.operator ?? '', ruleOperators));
    }
    const values = exitCodes.values ?? [];
    if (values.length > 255) errors.push(field.tooMany(`${at}.exitCodes.values`, values.length, 255));
  }
  return errors;
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
  const { preemptionPolicy } = spec;
  if (preemptionPolicy !== undefined && !preemptionPolicies.includes(preemptionPolicy)) {
    errors.push(field.notSupported(`${path}.preemptionPolicy`, preemptionPolicy, preemptionPolicies));
  }
  if (activeDeadlineSeconds !== undefined) {
    const reasons = names.inRange(activeDeadlineSeconds, 1, 2_147_483_647);
    errors.push(...field.invalids(`${path}.activeDeadlineSeconds`, activeDeadlineSeconds, reasons));
  }
  return errors;
}

function validateNames(spec: PodSpec, path: string): FieldError[] {
  const subdomains = [
    'serviceAccountName',
    'nodeName',
    'priorityClassName',
    'schedulerName',
    'runtimeClassName',
  ] as const;
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
