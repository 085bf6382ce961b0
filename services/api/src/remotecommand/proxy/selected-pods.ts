import type { Pod, Service } from '@kubus/shared/schema';

/** A pod that serves a service, at the address and port that the service means. */
export interface Candidate {
  address: string;
  pod: string;
  port: number;
}

/**
 * The ready pods that a service selects, for a service of which no EndpointSlice tells. The same choice that Kubernetes' EndpointSlice controller makes; a service without a selector has none.
 */
export function selectedPods({ spec, metadata }: Service, portName: string, pods: readonly Pod[]): Candidate[] {
  const selector = Object.entries(spec?.selector ?? {});
  const port = (spec?.ports ?? []).find(({ name = '' }) => name === portName);
  if (selector.length === 0 || port === undefined) return [];
  return pods.flatMap((pod) => {
    const { labels = {}, namespace } = pod.metadata;
    const isSelected =
      (namespace ?? '') === (metadata.namespace ?? '') &&
      selector.every(([key, value]) => Object.hasOwn(labels, key) && labels[key] === value);
    const address = pod.status?.podIP ?? '';
    if (!isSelected || address === '' || !mayServe(pod, spec?.publishNotReadyAddresses === true)) return [];
    const number = targetPort(pod, port);
    return number === undefined ? [] : [{ address, pod: pod.metadata.name, port: number }];
  });
}

function mayServe({ metadata, status }: Pod, publishNotReady: boolean): boolean {
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return false;
  if (publishNotReady) return true;
  const isReady = (status?.conditions ?? []).some(
    (condition) => condition.type === 'Ready' && condition.status === 'True',
  );
  return isReady && metadata.deletionTimestamp === undefined;
}

type ServicePort = NonNullable<NonNullable<Service['spec']>['ports']>[number];

/** A name is that of a container's port, of the same protocol. */
function targetPort({ spec }: Pod, { port, targetPort: target, protocol = 'TCP' }: ServicePort): number | undefined {
  if (typeof target === 'number' && target !== 0) return target;
  if (typeof target !== 'string' || target === '') return port;
  const ports = [...(spec?.containers ?? []), ...restartable(spec)].flatMap(({ ports: list = [] }) => list);
  return ports.find((one) => one.name === target && (one.protocol ?? 'TCP') === protocol)?.containerPort;
}

const restartable = (spec: Pod['spec']) =>
  (spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
