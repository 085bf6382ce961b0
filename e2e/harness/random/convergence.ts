import { isReady, jobIsComplete, keyOf, nothingIsOrphaned, type Recorded, type Violation } from '../history/index.ts';
import type { HttpApi } from '../http.ts';
import { namespace, resources } from './workloads.ts';

/** All objects of the followed resources, by resource. */
export type Stored = ReadonlyMap<string, readonly Recorded[]>;

/** Rejects while the cluster does not answer. */
export async function readAll(api: HttpApi): Promise<Stored> {
  const found = new Map<string, Recorded[]>();
  for (const [resource, path] of resources) {
    const { code, body } = await api.call<{ items: Recorded[] }>({ path });
    if (code !== 200) throw new Error(`${path} is answered with ${code}`);
    found.set(resource, body.items);
  }
  return found;
}

/** I4 and I7: what is still different from what is desired; empty when all has come to rest. */
export function unsettled(stored: Stored, nodes: number): Violation[] {
  const of = (resource: string) => stored.get(resource) ?? [];
  const pods = of('pods');
  const scaled = [...of('deployments'), ...of('statefulsets')];
  return [
    ...scaled.flatMap((object) => workload(object, Number(object.spec?.['replicas'] ?? 1), pods)),
    ...of('daemonsets').flatMap((object) => workload(object, nodes, pods)),
    ...of('jobs')
      .filter((object) => object.metadata.ownerReferences === undefined)
      .flatMap((object) => jobIsComplete(object, pods)),
    ...of('namespaces')
      .filter((object) => object.metadata.labels?.['passing'] !== undefined)
      .map((object) => `namespace ${object.metadata.name} is still there`),
    ...[...stored].flatMap(([resource, objects]) => leftBehind(resource, objects)),
    ...nothingIsOrphaned([...stored.values()].flat().filter((object) => !ownedFromOutside(object))),
  ];
}

function workload(object: Recorded, replicas: number, pods: readonly Recorded[]): Violation[] {
  const found: Violation[] = [];
  const expect = (is: unknown, wanted: unknown, what: string) => {
    if (is !== wanted) found.push(`${keyOf(object)}: ${what} is ${is}, not ${wanted}`);
  };
  const { spec = {}, status = {} } = object;
  expect(status['observedGeneration'], object.metadata.generation, 'observedGeneration');
  const fields = 'desiredNumberScheduled' in status ? daemonFields : replicaFields;
  for (const field of fields) expect(status[field] ?? 0, replicas, field);
  const own = pods.filter(
    ({ metadata }) => metadata.namespace === namespace && metadata.labels?.['app'] === object.metadata.name,
  );
  expect(own.length, replicas, 'number of pods');
  expect(
    own.filter((pod) => isReady(pod) && pod.metadata.deletionTimestamp === undefined).length,
    replicas,
    'ready pods',
  );
  const template = (spec['template'] ?? {}) as { spec?: unknown };
  for (const pod of own) expect(imageOf(pod.spec), imageOf(template.spec), `image of ${pod.metadata.name}`);
  return found;
}

const replicaFields = ['replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas'];
const daemonFields = ['desiredNumberScheduled', 'updatedNumberScheduled', 'numberReady', 'numberAvailable'];

const imageOf = (spec: unknown) => (spec as { containers?: { image: string }[] } | undefined)?.containers?.[0]?.image;

/** Of a namespace that is gone, or on its way out for ever. */
function leftBehind(resource: string, objects: readonly Recorded[]): Violation[] {
  return objects.flatMap((object) => {
    const { deletionTimestamp, namespace: of } = object.metadata;
    const foreign = of !== undefined && of !== namespace && !of.startsWith('kube-') && of !== 'default';
    if (foreign) return [`${resource} ${keyOf(object)} is left over from its namespace`];
    return deletionTimestamp === undefined ? [] : [`${resource} ${keyOf(object)} is still being deleted`];
  });
}

/** Its owner is of a resource that is not followed. */
const ownedFromOutside = ({ metadata }: Recorded) =>
  metadata.ownerReferences?.some((owner) => owner.kind === 'Node') ?? false;
