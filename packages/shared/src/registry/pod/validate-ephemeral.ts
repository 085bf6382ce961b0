import type { FieldError } from '../../errors/index.ts';
import type { PodSpec } from '../../schema/index.ts';
import { field } from '../field.ts';

/** What a container that is added to look into a pod can have; all else is for those that the pod is made of (core AllowedEphemeralContainerFields). */
const allowed: ReadonlySet<string> = new Set([
  'name',
  'image',
  'command',
  'args',
  'workingDir',
  'envFrom',
  'env',
  'volumeMounts',
  'volumeDevices',
  'terminationMessagePath',
  'terminationMessagePolicy',
  'imagePullPolicy',
  'securityContext',
  'stdin',
  'stdinOnce',
  'tty',
  'targetContainerName',
]);

/** Told of elsewhere, with the rules of containers. */
const toldOf: ReadonlySet<string> = new Set([
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
  'restartPolicy',
  'restartPolicyRules',
]);

export function validateEphemeral(spec: PodSpec, path: string): FieldError[] {
  const others = new Set([...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ name }) => name));
  return (spec.ephemeralContainers ?? []).flatMap((container, i) => {
    const where = field.index(path, i);
    const set = Object.entries(container).filter(
      ([name, value]) => !allowed.has(name) && !toldOf.has(name) && isSet(value),
    );
    const errors = set.map(([name]) => field.forbidden(`${where}.${name}`, 'cannot be set for an Ephemeral Container'));
    const target = container.targetContainerName;
    if (target && !others.has(target)) errors.push(field.notFound(`${where}.targetContainerName`, target));
    for (const [j, mount] of (container.volumeMounts ?? []).entries()) {
      const why = 'cannot be set for an Ephemeral Container';
      if (mount.subPath) errors.push(field.forbidden(`${where}.volumeMounts[${j}].subPath`, why));
      if (mount.subPathExpr) errors.push(field.forbidden(`${where}.volumeMounts[${j}].subPathExpr`, why));
    }
    return errors;
  });
}

/** Defaulting leaves empty objects behind. */
function isSet(value: unknown): boolean {
  if (value === undefined || value === null) return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}
