import type { ApiClient } from '@kubus/shared/bus';
import { compareVersions } from '@kubus/shared/object';
import type { ApiService } from '@kubus/shared/registry';
import type { ServedKind } from './served-kinds.ts';

/** What servers behind APIServices serve. */
export interface AggregatedKinds {
  /** Each resource once, in the version that is preferred. */
  kinds: readonly ServedKind[];
  /** Of each group version that does not say what it serves: which and why, as discovery clients put it. */
  failures: readonly string[];
}

interface ResourceList {
  resources?: readonly { name: string; kind: string; namespaced: boolean; verbs?: readonly string[] }[];
}

/** Asks every server that can be asked now. Without such servers nobody is asked. */
export async function discoverAggregated(
  api: Pick<ApiClient, 'request'>,
  apiServices: readonly ApiService[],
): Promise<AggregatedKinds> {
  const remote = apiServices.filter(({ spec }) => spec?.service !== undefined).sort(preferredFirst);
  const kinds = new Map<string, ServedKind>();
  const failures: string[] = [];
  for (const found of await Promise.all(remote.map((apiService) => discover(api, apiService)))) {
    if (typeof found === 'string') failures.push(found);
    else for (const kind of found) addOnce(kinds, kind);
  }
  return { kinds: [...kinds.values()], failures: failures.sort() };
}

function addOnce(kinds: Map<string, ServedKind>, kind: ServedKind): void {
  const name = `${kind.group}/${kind.resource}`;
  if (!kinds.has(name)) kinds.set(name, kind);
}

function preferredFirst({ spec: a }: ApiService, { spec: b }: ApiService): number {
  const byPriority = (b?.versionPriority ?? 0) - (a?.versionPriority ?? 0);
  return byPriority || compareVersions(a?.version ?? '', b?.version ?? '');
}

/** The kinds of a group version, or why they are not known. */
async function discover(
  api: Pick<ApiClient, 'request'>,
  { spec, status }: ApiService,
): Promise<readonly ServedKind[] | string> {
  const { group = '', version = '' } = spec ?? {};
  const available = status?.conditions?.some((one) => one.type === 'Available' && one.status === 'True') === true;
  if (!available) return `${group}/${version}: stale GroupVersion discovery: ${group}/${version}`;
  try {
    const { resources = [] } = await api.request<ResourceList>({ verb: 'get', group, version, resource: '' });
    return resources
      .filter(({ name }) => !name.includes('/'))
      .map(({ name, kind, namespaced, verbs = [] }) => ({
        ...{ group, version, resource: name, kind, namespaced, verbs: new Set(verbs) },
        storage: { group, resource: name },
      }));
  } catch (error) {
    return `${group}/${version}: ${error instanceof Error ? error.message : String(error)}`;
  }
}
