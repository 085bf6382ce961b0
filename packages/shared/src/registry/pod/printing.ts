import type { Container, ContainerState, ContainerStatus, Pod } from '../../schema/index.ts';
import { age, ageColumn, nameColumn, since, text } from '../columns.ts';
import type { TableColumns } from '../contract.ts';

/** How `kubectl get pods` shows a pod (pkg/printers/internalversion printPod). */
export const podColumns: TableColumns<Pod> = {
  columns: [
    nameColumn,
    text('Ready', 'The aggregate readiness state of this pod for accepting traffic.'),
    text('Status', 'The aggregate status of the containers in this pod.'),
    text(
      'Restarts',
      'The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.',
    ),
    ageColumn,
    text('IP', 'IP address allocated to the pod.', 1),
    text('Node', 'Name of the node that the pod is assigned to.', 1),
    text('Nominated Node', 'Node on which room is made for the pod by preempting others.', 1),
    text('Readiness Gates', 'Conditions beside its containers that the pod needs to be ready.', 1),
  ],
  cells(pod, now) {
    const summary = summarize(pod);
    return [
      pod.metadata.name,
      `${summary.ready}/${summary.total}`,
      summary.reason,
      restartsCell(summary, now),
      age(pod, now),
      pod.status?.podIPs?.[0]?.ip || pod.status?.podIP || '<none>',
      pod.spec?.nodeName || '<none>',
      pod.status?.nominatedNodeName || '<none>',
      readinessGates(pod),
    ];
  },
};

interface Summary {
  /** What the pod is doing, as one word. */
  reason: string;
  ready: number;
  total: number;
  restarts: number;
  lastRestart: string;
}

function summarize(pod: Pod): Summary {
  const initContainers = new Map((pod.spec?.initContainers ?? []).map((container) => [container.name, container]));
  const sidecars = [...initContainers.values()].filter(isSidecar).length;
  const summary: Summary = {
    reason: initialReason(pod),
    ready: 0,
    total: (pod.spec?.containers ?? []).length + sidecars,
    restarts: 0,
    lastRestart: '',
  };
  const sidecarRestarts = { restarts: 0, lastRestart: '' };
  const initializing = readInit(pod, initContainers, summary, sidecarRestarts);
  if (!initializing || hasCondition(pod, 'Initialized')) {
    Object.assign(summary, sidecarRestarts);
    readContainers(pod, summary);
  }
  const { deletionTimestamp } = pod.metadata;
  if (deletionTimestamp !== undefined && pod.status?.reason === 'NodeLost') summary.reason = 'Unknown';
  else if (deletionTimestamp !== undefined && !isTerminal(pod)) summary.reason = 'Terminating';
  return summary;
}

function initialReason({ status }: Pod): string {
  const gated = (status?.conditions ?? []).some(
    (condition) => condition.type === 'PodScheduled' && condition.reason === 'SchedulingGated',
  );
  return gated ? 'SchedulingGated' : status?.reason || status?.phase || '';
}

type Restarts = Pick<Summary, 'restarts' | 'lastRestart'>;

/** Reads the init containers up to the first that is not done; true when there is one. */
function readInit(
  pod: Pod,
  initContainers: ReadonlyMap<string, Container>,
  summary: Summary,
  sidecarRestarts: Restarts,
): boolean {
  const count = (pod.spec?.initContainers ?? []).length;
  for (const [i, status] of (pod.status?.initContainerStatuses ?? []).entries()) {
    const sidecar = isSidecar(initContainers.get(status.name));
    countRestarts(summary, status);
    if (sidecar) countRestarts(sidecarRestarts, status);
    if (status.state?.terminated?.exitCode === 0) continue;
    if (sidecar && status.started === true) {
      if (status.ready) summary.ready++;
      continue;
    }
    summary.reason = initReason(status.state, i, count);
    return true;
  }
  return false;
}

function initReason(state: ContainerState | undefined, index: number, count: number): string {
  const { terminated, waiting } = state ?? {};
  if (terminated !== undefined) return `Init:${endReason(terminated)}`;
  if (waiting?.reason && waiting.reason !== 'PodInitializing') return `Init:${waiting.reason}`;
  return `Init:${index}/${count}`;
}

function readContainers(pod: Pod, summary: Summary): void {
  let running = false;
  for (const status of (pod.status?.containerStatuses ?? []).toReversed()) {
    countRestarts(summary, status);
    const { waiting, terminated, running: runs } = status.state ?? {};
    if (waiting?.reason) summary.reason = waiting.reason;
    else if (terminated !== undefined) summary.reason = endReason(terminated);
    else if (status.ready && runs !== undefined) {
      running = true;
      summary.ready++;
    }
  }
  // One container has ended well while another runs on.
  if (summary.reason === 'Completed' && running) summary.reason = hasCondition(pod, 'Ready') ? 'Running' : 'NotReady';
}

function endReason({ reason, signal, exitCode }: NonNullable<ContainerState['terminated']>): string {
  if (reason) return reason;
  return signal ? `Signal:${signal}` : `ExitCode:${exitCode}`;
}

function countRestarts(restarts: Restarts, status: ContainerStatus): void {
  restarts.restarts += status.restartCount;
  const ended = status.lastState?.terminated?.finishedAt ?? '';
  if (ended !== '' && (restarts.lastRestart === '' || Date.parse(ended) > Date.parse(restarts.lastRestart))) {
    restarts.lastRestart = ended;
  }
}

function restartsCell({ restarts, lastRestart }: Restarts, now: Date): string {
  return restarts === 0 || lastRestart === '' ? `${restarts}` : `${restarts} (${since(lastRestart, now)} ago)`;
}

function isSidecar(container: Container | undefined): boolean {
  return container?.restartPolicy === 'Always';
}

function hasCondition({ status }: Pod, type: string): boolean {
  return (status?.conditions ?? []).some((condition) => condition.type === type && condition.status === 'True');
}

function isTerminal({ status }: Pod): boolean {
  return status?.phase === 'Succeeded' || status?.phase === 'Failed';
}

function readinessGates(pod: Pod): string {
  const gates = pod.spec?.readinessGates ?? [];
  if (gates.length === 0) return '<none>';
  return `${gates.filter(({ conditionType }) => hasCondition(pod, conditionType)).length}/${gates.length}`;
}
