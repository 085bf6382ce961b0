import { heldSpec } from '@kubus/shared/object';
import type { Pod } from '@kubus/shared/schema';
import { isTerminal } from './pod-info.ts';

/**
 * What the scheduler keeps of a pod: all, while it waits for a node; then what it takes of its node; and of one that has ended, that it has. What `podInfo` reads must be
 * in it.
 */
export function keptPod(pod: Pod): Pod {
  const { apiVersion, kind, metadata, spec, status = {} } = pod;
  if (spec === undefined || (spec.nodeName ?? '') === '') return pod;
  const kept = { apiVersion, kind, metadata: pick(metadata, identity), status: pick(status, ['phase']) };
  if (isTerminal(pod)) return { ...kept, spec: { ...pick(spec, ['nodeName']), containers: [] } };
  const held = heldSpec(pod);
  const { containers, initContainers } = held;
  return {
    ...kept,
    spec: {
      ...pick(held, ['nodeName', 'priority', 'overhead', 'resources']),
      containers: containers.map((container) => pick(container, needs)),
      ...(initContainers === undefined ? {} : { initContainers: initContainers.map((one) => pick(one, needs)) }),
    },
  };
}

const identity = ['name', 'namespace', 'uid', 'resourceVersion', 'deletionTimestamp', 'ownerReferences'] as const;
const needs = ['name', 'resources', 'ports', 'restartPolicy'] as const;

function pick<T extends object, K extends keyof T>(object: T, names: readonly K[]): Pick<T, K> {
  const picked: Partial<T> = {};
  for (const name of names) if (object[name] !== undefined) picked[name] = object[name];
  return picked as Pick<T, K>;
}
