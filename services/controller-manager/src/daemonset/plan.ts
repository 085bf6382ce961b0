import { labelSelector, type OwnerReference } from '@kubus/shared/object';
import { claim } from '../common/claim.ts';
import {
  type HistoryActionMap,
  newRevision,
  planHistory,
  revisionHashLabel,
  surplusRevisions,
} from '../common/history/index.ts';
import { isPodReady, untilAvailable } from '../common/pod-state.ts';
import type { ControllerRevision, DaemonSet, DaemonSetStatus, Node, Pod } from '../common/types.ts';
import { newDaemonPod } from './daemon-pod.ts';
import { nodeFit } from './node-fit.ts';
import { type NodePods, type NodeStep, nodeStep, podsByNode } from './on-node.ts';
import { updateStep } from './rolling.ts';
import { statusOf } from './status.ts';
import { isRolling } from './strategy.ts';

/** Pods created, or deleted, in one reconcile at most; the rest follows when these have been seen. */
const burst = 250;

export interface Observed {
  set: DaemonSet;
  /** All pods that the set manages, and those of its namespace that nobody manages. */
  pods: readonly Pod[];
  /** Likewise. */
  revisions: readonly ControllerRevision[];
  nodes: readonly Node[];
  /** Milliseconds for which a failed pod on the node has to stay; 0: it may go. */
  backoff(node: string): number;
}

export interface ActionMap extends HistoryActionMap {
  createPods: { pods: Pod[] };
  deletePods: { pods: Pod[] };
  report: { type: 'Normal' | 'Warning'; reason: string; message: string };
  /** The back-off of a node grows: its failed pod is being deleted. */
  recordFailure: { node: string };
}

export type Action = { [K in keyof ActionMap]: { do: K } & ActionMap[K] }[keyof ActionMap];

export interface Plan {
  actions: Action[];
  /** Undefined while it is not settled what belongs to the set, or its revision does not exist. */
  status: DaemonSetStatus | undefined;
  /** Milliseconds until the passing of time alone changes something. */
  wait: number | undefined;
}

/** One step of a DaemonSet towards one pod of its template on every node that fits. */
export function plan(observed: Observed, controllerRef: OwnerReference, now: number): Plan {
  const { set } = observed;
  const selector = labelSelector(set.spec.selector);
  if (selector.isEverything) return refuse();
  const pods = claim(set, observed.pods, ({ metadata }) => selector.matches(metadata.labels));
  const revisions = claim(set, observed.revisions, ({ metadata }) => selector.matches(metadata.labels));
  const claiming: Action[] = [];
  if (pods.adopt.length > 0) claiming.push({ do: 'adoptPods', pods: pods.adopt });
  if (pods.release.length > 0) claiming.push({ do: 'releasePods', pods: pods.release });
  if (revisions.adopt.length > 0) claiming.push({ do: 'adoptRevisions', revisions: revisions.adopt });
  if (claiming.length > 0) return { actions: claiming, status: undefined, wait: undefined };
  // A revision that does not carry the labels any more still is one of the set's.
  const history = [...revisions.owned, ...revisions.release];
  return planRevisions(observed, { pods: pods.owned, history }, controllerRef, now);
}

function refuse(): Plan {
  const message = 'This daemon set is selecting all pods. A non-empty selector is required.';
  return {
    actions: [{ do: 'report', type: 'Warning', reason: 'SelectingAll', message }],
    status: undefined,
    wait: undefined,
  };
}

function planRevisions(
  observed: Observed,
  { pods, history }: { pods: Pod[]; history: ControllerRevision[] },
  controllerRef: OwnerReference,
  now: number,
): Plan {
  const { set } = observed;
  const { template } = set.spec;
  const collisionCount = set.status?.collisionCount ?? 0;
  const { update, action } = planHistory(history, (revision) =>
    newRevision(set, controllerRef, { template, revision, collisionCount, hashLabel: revisionHashLabel }),
  );
  const deleting = set.metadata.deletionTimestamp !== undefined;
  if (deleting) return { actions: [], status: undefined, wait: undefined };
  if (action?.type === 'create')
    return { actions: [{ do: 'createRevision', revision: action.revision }], status: undefined, wait: undefined };
  if (update === undefined || action !== undefined)
    return {
      actions: action === undefined ? [] : [{ ...action, do: 'renumberRevision' }],
      status: undefined,
      wait: undefined,
    };
  const hash = update.metadata.labels?.[revisionHashLabel] ?? '';
  const isNew = (pod: Pod) => hash !== '' && pod.metadata.labels?.[revisionHashLabel] === hash;
  const nodes = podsByNode(observed.nodes, pods, nodeFit(set));
  const { actions, wait } = planNodes(observed, nodes, { hash, isNew, controllerRef, now });
  const live = new Set(pods.map(({ metadata }) => metadata.labels?.[revisionHashLabel]));
  const surplus = surplusRevisions(
    history,
    set.spec.revisionHistoryLimit,
    (revision) => revision === update || live.has(revision.metadata.labels?.[revisionHashLabel]),
  );
  if (surplus.length > 0) actions.push({ do: 'deleteRevisions', revisions: surplus });
  return { actions, status: statusOf(set, nodes, isNew, now), wait };
}

interface Making {
  hash: string;
  isNew: (pod: Pod) => boolean;
  controllerRef: OwnerReference;
  now: number;
}

/** Every node is put in order first; an update takes its next step only when there was nothing to put in order. */
function planNodes(
  observed: Observed,
  nodes: readonly NodePods[],
  making: Making,
): { actions: Action[]; wait: number | undefined } {
  const { set } = observed;
  const { isNew, now } = making;
  const steps = nodes.map((node) => ({ node: node.name, ...nodeStep(set, node, isNew, now) }));
  const ended = planEnded(observed, steps);
  const create = steps.filter((step) => step.create).map((step) => step.node);
  const remove = [...steps.flatMap((step) => step.remove), ...ended.remove];
  const wait = shortest([ended.wait, untilNextAvailable(set, nodes, now)]);
  if (create.length + remove.length > 0 || !isRolling(set))
    return { actions: [...ended.reports, ...podActions(set, create, remove, making)], wait };
  const update = updateStep(set, nodes, isNew, now);
  return { actions: [...ended.reports, ...podActions(set, update.surge, update.remove, making)], wait };
}

/** Pods that ended are deleted, and so replaced; failed ones with a back-off for each node. */
function planEnded(
  { backoff }: Observed,
  steps: readonly (NodeStep & { node: string })[],
): { remove: Pod[]; reports: Action[]; wait: number | undefined } {
  const remove: Pod[] = [];
  const reports: Action[] = [];
  const waits: number[] = [];
  for (const { node, failed, succeeded } of steps) {
    const pause = failed.length > 0 ? backoff(node) : 0;
    if (pause > 0) waits.push(pause);
    for (const pod of pause > 0 ? [] : failed) {
      const message = `Found failed daemon pod ${nameOf(pod)} on node ${node}, will try to kill it`;
      reports.push(
        { do: 'report', type: 'Warning', reason: 'FailedDaemonPod', message },
        { do: 'recordFailure', node },
      );
      remove.push(pod);
    }
    for (const pod of succeeded) {
      const message = `Found succeeded daemon pod ${nameOf(pod)} on node ${node}, will try to delete it`;
      reports.push({ do: 'report', type: 'Normal', reason: 'SucceededDaemonPod', message });
      remove.push(pod);
    }
  }
  return { remove, reports, wait: shortest(waits) };
}

const nameOf = ({ metadata }: Pod): string => `${metadata.namespace}/${metadata.name}`;

function podActions(set: DaemonSet, create: readonly string[], remove: readonly Pod[], making: Making): Action[] {
  const { hash, controllerRef } = making;
  const pods = create.slice(0, burst).map((node) => newDaemonPod(set, node, hash, controllerRef));
  return [
    ...(pods.length === 0 ? [] : [{ do: 'createPods' as const, pods }]),
    ...(remove.length === 0 ? [] : [{ do: 'deletePods' as const, pods: remove.slice(0, burst) }]),
  ];
}

function untilNextAvailable(set: DaemonSet, nodes: readonly NodePods[], now: number): number | undefined {
  const minReady = set.spec.minReadySeconds ?? 0;
  if (minReady === 0) return undefined;
  return shortest(
    nodes.flatMap(({ pods }) => pods.filter(isPodReady).map((pod) => untilAvailable(pod, minReady, now))),
  );
}

function shortest(waits: readonly (number | undefined)[]): number | undefined {
  const known = waits.filter((wait): wait is number => wait !== undefined && wait > 0);
  return known.length === 0 ? undefined : Math.min(...known);
}
