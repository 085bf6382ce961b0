import type { NodeStreamRequest } from '@kubus/shared/bus';
import { StatusError } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';

interface NamedContainer {
  name: string;
}

/** Of a pod, what choosing a container and a node takes. */
export interface TargetPod extends KubeObject {
  spec?: {
    nodeName?: string;
    containers?: NamedContainer[];
    initContainers?: NamedContainer[];
    ephemeralContainers?: NamedContainer[];
  };
}

/**
 * The container that a request means: the one it names, or the only one. Throws BadRequest in kube-apiserver's words
 * (pkg/registry/core/pod/strategy.go LogLocation, streamLocation).
 */
export function containerOf(pod: TargetPod, asked: string): string {
  const names = namesOf(pod.spec?.containers);
  const initNames = namesOf(pod.spec?.initContainers);
  const podName = pod.metadata.name;
  if (asked !== '') {
    if ([...names, ...initNames, ...namesOf(pod.spec?.ephemeralContainers)].includes(asked)) return asked;
    throw new StatusError('BadRequest', `container ${asked} is not valid for pod ${podName}`);
  }
  const [only] = names;
  if (only !== undefined && names.length === 1) return only;
  const choice = only === undefined ? '' : `, choose one of: [${names.join(' ')}]`;
  const inits = initNames.length === 0 ? '' : ` or one of the init containers: [${initNames.join(' ')}]`;
  throw new StatusError('BadRequest', `a container name must be specified for pod ${podName}${choice}${inits}`);
}

const namesOf = (containers: readonly NamedContainer[] | undefined): string[] => (containers ?? []).map((c) => c.name);

/** What the node is asked. */
export function nodeRequest(
  operation: NodeStreamRequest['operation'],
  pod: TargetPod,
  container: string | undefined,
  options: Record<string, unknown>,
): NodeStreamRequest {
  const { namespace = '', name, uid = '' } = pod.metadata;
  return { operation, namespace, pod: name, uid, options, ...(container === undefined ? {} : { container }) };
}
