import { type Entry, keyOf, type Objects, type Recorded, replay, type Violation } from './history.ts';

const ended = (pod: Recorded | undefined) => ['Succeeded', 'Failed'].includes(String(pod?.status?.['phase']));
const uidOf = (pod: Recorded) => pod.metadata.uid ?? '';

/** I5: a pod is bound once, does not come back from its end, and a name has one uid at a time. */
export function podsRunOnce(history: readonly Entry[]): Violation[] {
  const violations: Violation[] = [];
  const nodes = new Map<string, string>();
  const gone = new Set<string>();
  const look = (pod: Recorded, revision: number | string) => {
    const node = pod.spec?.['nodeName'];
    const bound = nodes.get(uidOf(pod));
    if (bound !== undefined && node !== bound)
      violations.push(`${keyOf(pod)} was bound to ${bound}, and is to ${node} at revision ${revision}`);
    if (typeof node === 'string') nodes.set(uidOf(pod), node);
    if (gone.has(uidOf(pod))) violations.push(`${keyOf(pod)} was deleted, and is there at revision ${revision}`);
  };
  replay(
    history,
    'pods',
    ({ type, object, revision }, before) => {
      look(object, revision);
      const former = before.get(keyOf(object));
      if (former !== undefined && uidOf(former) !== uidOf(object))
        violations.push(`${keyOf(object)} has two uids at revision ${revision}`);
      if (ended(former) && !ended(object))
        violations.push(`${keyOf(object)} had ended, and runs again at revision ${revision}`);
      if (type === 'DELETED') gone.add(uidOf(object));
    },
    (pods) => {
      for (const pod of pods.values()) look(pod, 'of a list');
    },
  );
  return violations;
}

export interface Floor {
  namespace: string;
  /** Of the pods' label `app`. */
  app: string;
  /** Ready pods that the controllers promise to leave. */
  minimum: number;
}

/**
 * I6: nobody takes a pod away below the floor that maxUnavailable or a budget promises. Pods that were ready and are not being deleted count, so that a pod
 * that fails by itself is nobody's doing; the floor holds once it was reached.
 *
 * A pod that is not ready may be taken whatever is left: by the rolling updates of a Deployment (it scales unhealthy replicas of old ReplicaSets down first) and
 * of a DaemonSet, by a StatefulSet that replaces what failed, by an eviction while the budget's status still tells enough healthy ones. Who decides so may see
 * late that the pod is ready by now, and a ReplicaSet that is told to be smaller chooses by itself. So each pod that ceases to be ready excuses one that is taken,
 * and so does each that becomes ready while there are too few.
 */
export function neverBelow(history: readonly Entry[], { namespace, app, minimum }: Floor): Violation[] {
  const violations: Violation[] = [];
  const concerns = (pod: Recorded) => pod.metadata.namespace === namespace && pod.metadata.labels?.['app'] === app;
  const leaving = (pod: Recorded) => pod.metadata.deletionTimestamp !== undefined;
  /** Pods that were ready, with what tells one time of being ready from the next; undefined: it is not ready now. */
  let alive = new Map<string, string | undefined>();
  let excuses = 0;
  let reached = false;
  const look = (pod: Recorded) => {
    const uid = uidOf(pod);
    const since = readySince(pod);
    const isNew = !alive.has(uid);
    if (since === undefined && isNew) return;
    const former = alive.get(uid);
    const comesLate = isNew && reached && alive.size < minimum;
    if (comesLate || (former !== undefined && former !== since)) excuses++;
    alive.set(uid, since);
  };
  const take = (pod: Recorded, revision: number) => {
    const taken = alive.delete(uidOf(pod));
    if (!taken || !reached || alive.size >= minimum) return;
    if (excuses > 0) excuses--;
    else
      violations.push(`${keyOf(pod)} was taken at revision ${revision}: ${alive.size} of ${app} left, not ${minimum}`);
  };
  replay(
    history,
    'pods',
    ({ type, object, revision }) => {
      if (!concerns(object)) return;
      if (type === 'DELETED' || leaving(object)) take(object, revision);
      else look(object);
      reached ||= alive.size >= minimum;
    },
    (pods) => {
      const here = [...pods.values()].filter((pod) => concerns(pod) && !leaving(pod));
      const uids = new Set(here.map(uidOf));
      alive = new Map([...alive].filter(([uid]) => uids.has(uid)));
      for (const pod of here) look(pod);
      reached ||= alive.size >= minimum;
    },
  );
  return violations;
}

const readyOf = (pod: Recorded) =>
  ((pod.status?.['conditions'] ?? []) as { type: string; status: string; lastTransitionTime?: string }[]).find(
    ({ type }) => type === 'Ready',
  );

export const isReady = (pod: Recorded): boolean => readyOf(pod)?.status === 'True';

/** Undefined when it is not ready. */
const readySince = (pod: Recorded) => (isReady(pod) ? (readyOf(pod)?.lastTransitionTime ?? '') : undefined);

/** I7: what names an owner that is gone is gone too. */
export function nothingIsOrphaned(objects: readonly Recorded[]): Violation[] {
  const uids = new Set(objects.map(uidOf));
  return objects.flatMap((object) =>
    (object.metadata.ownerReferences ?? [])
      .filter((owner) => !uids.has(owner.uid))
      .map((owner) => `${keyOf(object)} is owned by ${owner.kind} ${owner.name}, which is not there`),
  );
}

/** I9: no address and no port of the nodes is held twice at any time. */
export function nothingIsAllocatedTwice(history: readonly Entry[]): Violation[] {
  const violations: Violation[] = [];
  const look = (services: Objects, service: Recorded, revision: number) => {
    for (const other of services.values()) {
      if (keyOf(other) === keyOf(service)) continue;
      const taken = new Set(allocations(other));
      for (const allocation of allocations(service).filter((a) => taken.has(a)))
        violations.push(`${allocation} is of ${keyOf(service)} and of ${keyOf(other)} at revision ${revision}`);
    }
  };
  replay(history, 'services', ({ type, object, revision }, before) => {
    if (type !== 'DELETED') look(before, object, revision);
  });
  return violations;
}

function allocations({ spec }: Recorded): string[] {
  const addresses = ((spec?.['clusterIPs'] ?? []) as string[]).filter((address) => address !== 'None');
  const ports = (spec?.['ports'] ?? []) as { nodePort?: number; protocol?: string }[];
  return [
    ...addresses.map((address) => `address ${address}`),
    ...ports.flatMap((port) => (port.nodePort ? [`port ${port.nodePort}/${port.protocol ?? 'TCP'}`] : [])),
  ];
}
