import { names } from '../../object/index.ts';
import type { Container, EnvVar, Pod, PodSpec, PodTemplateSpec } from '../../schema/index.ts';

/** What of a pod is allowed and yet hardly meant (pkg/api/pod GetWarningsForPod). */
export function podWarnings({ spec }: Pod): string[] {
  return spec === undefined ? [] : specWarnings(spec, 'spec');
}

export function templateWarnings(template: PodTemplateSpec | undefined, path: string): string[] {
  return template?.spec === undefined ? [] : specWarnings(template.spec, `${path}.spec`);
}

/** Of names that become part of the host names of pods. */
export function nameWarnings(name: string): string[] {
  const reasons = names.dnsLabel(name);
  if (reasons.length === 0) return [];
  const why =
    'this is used in Pod names and hostnames, which can result in surprising behavior; a DNS label is recommended';
  return [`metadata.name: ${why}: [${reasons.join(' ')}]`];
}

const renamedLabels: ReadonlyMap<string, string> = new Map([
  ['beta.kubernetes.io/arch', 'deprecated since v1.14; use "kubernetes.io/arch" instead'],
  ['beta.kubernetes.io/os', 'deprecated since v1.14; use "kubernetes.io/os" instead'],
  ['failure-domain.beta.kubernetes.io/region', 'deprecated since v1.17; use "topology.kubernetes.io/region" instead'],
  ['failure-domain.beta.kubernetes.io/zone', 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead'],
  ['beta.kubernetes.io/instance-type', 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead'],
]);

function specWarnings(spec: PodSpec, path: string): string[] {
  const warnings = Object.keys(spec.nodeSelector ?? {}).flatMap((key) => {
    const text = renamedLabels.get(key);
    return text === undefined ? [] : [`${path}.nodeSelector[${key}]: ${text}`];
  });
  for (const [i, volume] of (spec.volumes ?? []).entries()) {
    if (volume.gitRepo !== undefined) warnings.push(`${path}.volumes[${i}].gitRepo: deprecated in v1.11`);
  }
  warnings.push(...duplicateNames(spec.imagePullSecrets ?? [], `${path}.imagePullSecrets`));
  for (const list of ['initContainers', 'containers'] as const) {
    for (const [i, container] of (spec[list] ?? []).entries()) {
      warnings.push(...containerWarnings(container, `${path}.${list}[${i}]`));
    }
  }
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) {
    const why = 'must be >= 0; negative values are invalid and will be treated as 1';
    warnings.push(`${path}.terminationGracePeriodSeconds: ${why}`);
  }
  return warnings;
}

/** Names that come twice: the later ones are lost in an apply. */
function duplicateNames(items: readonly { name?: string }[], path: string): string[] {
  const seen = new Set<string>();
  return items.flatMap(({ name = '' }, i) => {
    const again = name !== '' && seen.has(name);
    seen.add(name);
    return again ? [`${path}[${i}].name: duplicate name ${JSON.stringify(name)}`] : [];
  });
}

function containerWarnings({ env = [], ports = [] }: Container, path: string): string[] {
  const seen = new Map<string, number>();
  const repeated = ports.flatMap(({ containerPort, protocol = 'TCP', hostIP = '', hostPort = 0 }, i) => {
    const key = `${protocol}/${containerPort}/${hostIP}/${hostPort}`;
    const known = seen.get(key);
    if (known === undefined) seen.set(key, i);
    return known === undefined ? [] : [`${path}.ports[${i}]: duplicate port definition with ${path}.ports[${known}]`];
  });
  return [...hidden(env, path), ...repeated];
}

/** A later value of a variable hides an earlier one, unless it is made from it. */
function hidden(env: readonly EnvVar[], path: string): string[] {
  const seen = new Set<string>();
  return env.flatMap(({ name, value }, i) => {
    const again = seen.has(name);
    seen.add(name);
    if (!again || value?.includes(`$(${name})`) === true) return [];
    return [
      `${path}.env[${i}]: hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`,
    ];
  });
}
