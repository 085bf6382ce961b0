import { isIP } from 'node:net';
import type { FieldError } from '../../errors/index.ts';
import { equal } from '../../object/equal.ts';
import type { Container, Pod, PodSpec, Toleration } from '../../schema/index.ts';
import { field } from '../field.ts';

const updatable = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',');

/** What an update of a pod may change: hardly anything (pkg/apis/core/validation ValidatePodUpdate). */
export function validatePodUpdate(pod: Pod, old: Pod): FieldError[] {
  const { spec } = pod;
  const before = old.spec;
  // A pod without a spec has been refused for that.
  if (spec === undefined || before === undefined) return [];
  const errors = [
    ...imageErrors(spec, before, 'containers'),
    ...imageErrors(spec, before, 'initContainers'),
    ...deadlineErrors(spec, before),
    ...tolerationErrors(spec.tolerations ?? [], before.tolerations ?? []),
    ...gateErrors(spec, before),
  ];
  if (errors.length > 0) return errors;
  const changed = changedFields(withUpdatable(spec, before), before);
  if (changed.length === 0) return [];
  return [field.forbidden('spec', `pod updates may not change fields other than ${updatable}\n${changed.join(', ')}`)];
}

function imageErrors(spec: PodSpec, old: PodSpec, list: 'containers' | 'initContainers'): FieldError[] {
  const containers = spec[list] ?? [];
  if (containers.length !== (old[list] ?? []).length) {
    return [field.forbidden(`spec.${list}`, 'pod updates may not add or remove containers')];
  }
  return containers.flatMap(({ image }, i) => (image ? [] : [field.required(`spec.${list}[${i}].image`)]));
}

function deadlineErrors(
  { activeDeadlineSeconds: now }: PodSpec,
  { activeDeadlineSeconds: before }: PodSpec,
): FieldError[] {
  const where = 'spec.activeDeadlineSeconds';
  if (before === undefined || now === before) return [];
  if (now === undefined) return [field.invalid(where, null, 'must not update from a positive integer to nil value')];
  return now > before ? [field.invalid(where, now, 'must be less than or equal to previous value')] : [];
}

function tolerationErrors(tolerations: readonly Toleration[], old: readonly Toleration[]): FieldError[] {
  const kept = old.every((before) =>
    tolerations.some((now) => equal({ ...now, tolerationSeconds: 0 }, { ...before, tolerationSeconds: 0 })),
  );
  if (kept) return [];
  return [field.forbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds')];
}

function gateErrors({ schedulingGates = [] }: PodSpec, { schedulingGates: before = [] }: PodSpec): FieldError[] {
  const known = new Set(before.map(({ name }) => name));
  const added = schedulingGates.filter(({ name }) => !known.has(name));
  if (added.length === 0) return [];
  const shown = added.map(({ name }) => JSON.stringify(name)).join(', ');
  return [field.forbidden('spec.schedulingGates', `only deletion is allowed, but found new scheduling gates ${shown}`)];
}

/** The new spec with what may be changed put back: what still differs may not. */
function withUpdatable(spec: PodSpec, old: PodSpec): PodSpec {
  const grace = spec.terminationGracePeriodSeconds === 1 && (old.terminationGracePeriodSeconds ?? 0) < 0;
  const gated = (old.schedulingGates ?? []).length > 0;
  return {
    ...spec,
    containers: withImages(spec.containers, old.containers),
    initContainers: withImages(spec.initContainers ?? [], old.initContainers ?? []),
    activeDeadlineSeconds: old.activeDeadlineSeconds,
    tolerations: old.tolerations,
    schedulingGates: old.schedulingGates,
    ...(grace ? { terminationGracePeriodSeconds: old.terminationGracePeriodSeconds } : {}),
    // A gated pod is not scheduled yet: what narrows where it can go may still be set.
    ...(gated ? { nodeSelector: old.nodeSelector, affinity: old.affinity } : {}),
  } as PodSpec;
}

function withImages(containers: readonly Container[], old: readonly Container[]): Container[] {
  return containers.map((container, i) => ({ ...container, image: old[i]?.image ?? '' }));
}

function changedFields(spec: PodSpec, old: PodSpec): string[] {
  const now = spec as unknown as Record<string, unknown>;
  const before = old as unknown as Record<string, unknown>;
  const names = [...new Set([...Object.keys(now), ...Object.keys(before)])].sort();
  return names.filter((name) => !equal(now[name], before[name])).map((name) => `spec.${name}`);
}

/** Rules of a pod's status: what the node says of it. */
export function validatePodStatus(pod: Pod, old: Pod): FieldError[] {
  const errors: FieldError[] = [];
  const nominated = pod.status?.nominatedNodeName;
  if (pod.spec?.nodeName !== old.spec?.nodeName) {
    errors.push(field.forbidden('status.nodeName', 'may not be changed directly'));
  }
  if (nominated !== undefined && nominated.length > 253) errors.push(field.tooLong('status.nominatedNodeName', 253));
  const ips = pod.status?.podIPs ?? [];
  if (equal(ips, old.status?.podIPs)) return errors;
  for (const [i, { ip }] of ips.entries()) errors.push(...podIpErrors(ip, `status.podIPs[${i}].ip`));
  return errors;
}

/** A pod's address leads to the pod: never to the node's own loopback, to link-local services or to everybody (CVE-2021-25740 and its kind). */
function podIpErrors(ip: string | undefined, where: string): FieldError[] {
  if (!ip || isIP(ip) === 0) return [field.invalid(where, ip ?? '', 'must be a valid IP address')];
  const forbidden =
    /^(127\.|169\.254\.|0\.|22[4-9]\.|23\d\.|255\.255\.255\.255$)|^(::1?$|fe80:|ff)|^::ffff:127\./i.test(ip);
  return forbidden ? [field.invalid(where, ip, 'may not be in a loopback, link-local or multicast range')] : [];
}
