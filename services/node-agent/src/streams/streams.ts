import type { BusStream, NodeStreamRequest } from '@kubus/shared/bus';
import { StatusError } from '@kubus/shared/errors';
import type { Pod } from '@kubus/shared/schema';
import type { ContainerRecord, Runtime } from '../runtime/contract.ts';
import type { Kubelet } from './kubelet.ts';
import { serveLogs } from './logs.ts';
import { servePort } from './port-forward.ts';
import { isTrue } from './query.ts';
import { serveSession } from './session.ts';

export interface StreamsOptions {
  runtime: Runtime;
  /** Answers for the node itself; absent: nothing does. */
  kubelet?: Pick<Kubelet, 'serve'>;
  /** A pod of this node by its uid, or by that of its mirror. */
  pod(uid: string): Pod | undefined;
}

/** Carries out one stream that the api opened to this node. */
export async function serveStream(
  request: NodeStreamRequest,
  stream: BusStream,
  options: StreamsOptions,
): Promise<void> {
  if (request.operation === 'kubelet') {
    if (options.kubelet === undefined) throw new StatusError('MethodNotAllowed', 'this node has no API of its own');
    return options.kubelet.serve(stream);
  }
  if (request.operation === 'portforward') {
    return servePort(await findSandbox(request, options), request, stream, options.runtime);
  }
  if (request.operation === 'logs')
    return serveLogs(await findLogged(request, options), request.options, stream, options.runtime);
  return serveSession(await findRunning(request, options), request, stream, options.runtime);
}

/** Only pods of this node; the uid keeps a request for an earlier pod of the same name from reaching its successor. */
function findPod({ namespace, pod: name, uid }: NodeStreamRequest, options: StreamsOptions): Pod {
  const pod = options.pod(uid);
  if (pod !== undefined && pod.metadata.name === name && (pod.metadata.namespace ?? '') === namespace) return pod;
  throw new StatusError('NotFound', `pods "${name}" not found`);
}

/** What holds the pod's network, with the addresses that this node gave it: what the pod says of itself is not asked. */
async function findSandbox(request: NodeStreamRequest, options: StreamsOptions): Promise<ContainerRecord> {
  const pod = findPod(request, options);
  const records = await options.runtime.containers(pod.metadata.uid);
  const sandbox = records.find((record) => record.container === '' && record.state === 'running');
  if (sandbox !== undefined) return sandbox;
  throw new StatusError(
    'BadRequest',
    `unable to forward port because pod is not running. Current status=${pod.status?.phase ?? 'Unknown'}`,
  );
}

/** Where commands run. To kubelet whatever does not run is not there (GetExec), of which kube-apiserver makes an internal error. */
async function findRunning(request: NodeStreamRequest, options: StreamsOptions): Promise<ContainerRecord> {
  const pod = findPod(request, options);
  const container = request.container ?? pod.spec?.containers[0]?.name ?? '';
  const records = await options.runtime.containers(pod.metadata.uid);
  const running = records.find((record) => record.container === container && record.state === 'running');
  if (running !== undefined && container !== '') return running;
  const message = `unable to upgrade connection: container not found (${JSON.stringify(container)})`;
  throw new StatusError('InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] });
}

async function findLogged(request: NodeStreamRequest, options: StreamsOptions): Promise<ContainerRecord> {
  const pod = findPod(request, options);
  const { name } = pod.metadata;
  const container = request.container ?? pod.spec?.containers[0]?.name ?? '';
  if (!containersOf(pod).includes(container))
    throw new StatusError('BadRequest', `container ${container} is not valid for pod ${name}`);
  const starts = (await options.runtime.containers(pod.metadata.uid))
    .filter((record) => record.container === container)
    .sort((a, b) => b.attempt - a.attempt);
  const previous = isTrue(request.options['previous']);
  // While a container waits to be started again, its last start is the previous one.
  const found = previous && !isWaiting(pod, container) ? starts[1] : starts[0];
  if (found !== undefined && found.state !== 'created') return found;
  throw new StatusError('BadRequest', whyNoLog(pod, container, previous));
}

const containersOf = ({ spec }: Pod) =>
  [...(spec?.initContainers ?? []), ...(spec?.containers ?? []), ...(spec?.ephemeralContainers ?? [])].map(
    (container) => container.name,
  );

const statusOf = ({ status }: Pod, container: string) =>
  [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ].find(({ name }) => name === container);

const isWaiting = (pod: Pod, container: string) => statusOf(pod, container)?.state?.waiting !== undefined;

/** As kubelet tells it to readers of logs. */
function whyNoLog(pod: Pod, container: string, previous: boolean): string {
  const which = `container "${container}" in pod "${pod.metadata.name}"`;
  const status = statusOf(pod, container);
  const hasEnded = pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded';
  // A pod that its node refused tells of no container; one that has just come does not yet.
  if (status === undefined && hasEnded) return `${which} is not available`;
  if (previous) return `previous terminated ${which} not found`;
  const { state = {}, lastState = {} } = status ?? {};
  if ((state.terminated ?? lastState.terminated) !== undefined) return `${which} is terminated`;
  const reason = state.waiting?.reason ?? 'ContainerCreating';
  return `${which} is waiting to start: ${pullFailures.get(reason) ?? reason}`;
}

const pullFailures = new Map([
  ['ErrImagePull', "image can't be pulled"],
  ['ImagePullBackOff', 'trying and failing to pull image'],
]);
