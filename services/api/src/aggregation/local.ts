import type { ApiService, GroupVersionResources } from '@kubus/shared/registry';

const automanaged = 'kube-aggregator.kubernetes.io/automanaged';

/** Where clients look first (kube-apiserver: apiVersionPriorities): the priority of a group, and of a version in it. */
const priorities: ReadonlyMap<string, readonly [group: number, version: number]> = new Map([
  ['/v1', [18_000, 1]],
  ['apps/v1', [17_800, 15]],
  ['events.k8s.io/v1', [17_750, 15]],
  ['authentication.k8s.io/v1', [17_700, 15]],
  ['authorization.k8s.io/v1', [17_600, 15]],
  ['autoscaling/v1', [17_500, 15]],
  ['autoscaling/v2', [17_500, 30]],
  ['batch/v1', [17_400, 15]],
  ['certificates.k8s.io/v1', [17_300, 15]],
  ['networking.k8s.io/v1', [17_200, 15]],
  ['policy/v1', [17_100, 15]],
  ['rbac.authorization.k8s.io/v1', [17_000, 15]],
  ['storage.k8s.io/v1', [16_800, 15]],
  ['admissionregistration.k8s.io/v1', [16_700, 15]],
  ['apiextensions.k8s.io/v1', [16_700, 15]],
  ['scheduling.k8s.io/v1', [16_600, 15]],
  ['coordination.k8s.io/v1', [16_500, 15]],
  ['node.k8s.io/v1', [16_300, 15]],
  ['discovery.k8s.io/v1', [16_200, 15]],
  ['resource.k8s.io/v1', [16_200, 15]],
  ['flowcontrol.apiserver.k8s.io/v1', [16_100, 21]],
]);

/** Of what custom resources bring along. */
const customPriority: readonly [number, number] = [1000, 100];

const priorityOf = (group: string, version: string): readonly [group: number, version: number] =>
  priorities.get(`${group}/${version}`) ?? customPriority;

const isBuiltin = (group: string, version: string): boolean => priorities.has(`${group}/${version}`);

/** The APIService of each group version that this api serves itself; apiregistration.k8s.io needs none, as upstream. */
export function localApiServices(versions: readonly GroupVersionResources[]): ApiService[] {
  return versions
    .filter(({ group }) => group !== 'apiregistration.k8s.io')
    .map(({ group, version }) => {
      const [groupPriorityMinimum, versionPriority] = priorityOf(group, version);
      return {
        apiVersion: 'apiregistration.k8s.io/v1',
        kind: 'APIService',
        metadata: {
          name: `${version}.${group}`,
          labels: { [automanaged]: isBuiltin(group, version) ? 'onstart' : 'true' },
        },
        spec: { ...(group === '' ? {} : { group }), version, groupPriorityMinimum, versionPriority },
      };
    });
}

export type LocalAction =
  | { type: 'create'; object: ApiService }
  | { type: 'delete'; object: ApiService }
  | { type: 'available'; object: ApiService };

/** What makes the local APIServices those of the group versions that are served: one that somebody pointed at a service of his own is his. */
export function planLocal(wanted: readonly ApiService[], present: ReadonlyMap<string, ApiService>): LocalAction[] {
  const names = new Set(wanted.map(({ metadata }) => metadata.name));
  const created = wanted.flatMap((object): LocalAction[] => {
    const existing = present.get(object.metadata.name);
    if (existing === undefined) return [{ type: 'create', object }];
    if (existing.spec?.service !== undefined || isAvailable(existing)) return [];
    return [{ type: 'available', object: existing }];
  });
  const gone = [...present.values()].filter(
    ({ metadata, spec }) =>
      spec?.service === undefined && metadata.labels?.[automanaged] !== undefined && !names.has(metadata.name),
  );
  return [...created, ...gone.map((object): LocalAction => ({ type: 'delete', object }))];
}

export function isAvailable({ status }: ApiService): boolean {
  return (
    status?.conditions?.some((condition) => condition.type === 'Available' && condition.status === 'True') ?? false
  );
}
