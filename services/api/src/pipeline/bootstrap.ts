import type { ApiRequest } from '@kubus/shared/bus';
import { isAlreadyExists, isConflict, type Status, StatusError } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import { parseApiVersion } from '@kubus/shared/object';
import { equal, systemPriorityClasses } from '@kubus/shared/registry';
import type { Service } from '@kubus/shared/schema';
import {
  defaultServiceNetwork,
  kubernetesService,
  kubernetesServiceCidr,
  type ServiceNetworkSettings,
} from '../allocation/index.ts';
import { apiserver } from '../authn/index.ts';
import {
  bootstrapClusterRoleBindings,
  bootstrapClusterRoles,
  bootstrapRoleBindings,
  bootstrapRoles,
  type PolicyRule,
} from '../authz/index.ts';
import { bootstrapFlowSchemas, bootstrapPriorityLevels, mendFlowControl } from '../flowcontrol/index.ts';
import type { Pipeline, RequestContext } from './contract.ts';

const systemNamespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

const context: RequestContext = {
  user: apiserver,
  userAgent: 'kube-apiserver',
  signal: new AbortController().signal,
};

/**
 * Makes what every cluster has: the system namespaces, the system's priority classes, the bootstrap roles and bindings, flow schemas and priority
 * levels. Several replicas may do it at the same time, and do it again
 * at every start; what has been added to a role stays, what is missing comes back unless the role is annotated autoupdate=false.
 */
export async function bootstrapObjects(
  pipeline: Pipeline,
  network: ServiceNetworkSettings = defaultServiceNetwork,
  port = 6443,
): Promise<void> {
  for (const name of systemNamespaces) {
    await createIfAbsent(pipeline, 'namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  }
  await Promise.all([
    ...systemPriorityClasses.map((object) => createIfAbsent(pipeline, 'priorityclasses', structuredClone(object))),
    ...bootstrapClusterRoles().map((role) => reconcile(pipeline, 'clusterroles', role, mendRole)),
    ...bootstrapClusterRoleBindings().map((binding) =>
      reconcile(pipeline, 'clusterrolebindings', binding, mendBinding),
    ),
    ...bootstrapRoles().map((role) => reconcile(pipeline, 'roles', role, mendRole)),
    ...bootstrapRoleBindings().map((binding) => reconcile(pipeline, 'rolebindings', binding, mendBinding)),
    bootstrapServices(pipeline, network, port),
    ...bootstrapPriorityLevels().map((level) =>
      reconcile(pipeline, 'prioritylevelconfigurations', level, mendFlowControl),
    ),
    ...bootstrapFlowSchemas().map((schema) => reconcile(pipeline, 'flowschemas', schema, mendFlowControl)),
  ]);
}

/** The service of the API itself; its endpoints are the affair of those that serve it. */
async function bootstrapServices(pipeline: Pipeline, { cidrs }: ServiceNetworkSettings, port: number): Promise<void> {
  const serviceCidr = kubernetesServiceCidr(cidrs);
  // Ranges cannot change; a second family can come. What else the settings say holds beside it.
  await reconcile(pipeline, 'servicecidrs', serviceCidr, (existing, wanted) => {
    const [before = [], after = []] = [existing.spec?.cidrs, wanted.spec?.cidrs];
    const grows = after.length > before.length && before.every((cidr, i) => cidr === after[i]);
    return grows ? { ...existing, spec: { cidrs: after } } : undefined;
  });
  await createService(pipeline, kubernetesService(cidrs, port));
}

/** Its address is refused before its name is: another replica may have made it meanwhile, or somebody else may have the address. */
async function createService(pipeline: Pipeline, service: Service): Promise<void> {
  const target = { ...gvr('services', service), name: service.metadata.name, verb: 'get' } as const;
  const exists = async (): Promise<boolean> => (await pipeline.handle(target, context)).code < 400;
  if (await exists()) return;
  try {
    await createIfAbsent(pipeline, 'services', structuredClone(service));
  } catch (error) {
    if (await exists()) return;
    if (!(error instanceof StatusError) || error.reason !== 'Invalid') throw error;
    const { clusterIP: _, ...spec } = service.spec ?? {};
    await createIfAbsent(pipeline, 'services', { ...service, spec } as Service);
  }
}

/** Throws AlreadyExists. */
export async function createNamespace(pipeline: Pipeline, name: string): Promise<void> {
  const body = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
  await send(pipeline, { ...gvr('namespaces', body), verb: 'create', body });
}

async function createIfAbsent(pipeline: Pipeline, resource: string, object: KubeObject): Promise<boolean> {
  try {
    await send(pipeline, { ...gvr(resource, object), verb: 'create', body: object });
    return true;
  } catch (error) {
    if (isAlreadyExists(error)) return false;
    throw error;
  }
}

/** Gives the object as it should be, or undefined when nothing is missing. */
type Mend<T> = (existing: T, wanted: T) => T | undefined;

async function reconcile<T extends KubeObject>(
  pipeline: Pipeline,
  resource: string,
  wanted: T,
  mend: Mend<T>,
): Promise<void> {
  if (await createIfAbsent(pipeline, resource, structuredClone(wanted))) return;
  for (;;) {
    const target = { ...gvr(resource, wanted), name: wanted.metadata.name };
    const existing = (await send(pipeline, { ...target, verb: 'get' })) as T;
    if (existing.metadata.annotations?.['rbac.authorization.kubernetes.io/autoupdate'] === 'false') return;
    const mended = mend(existing, wanted);
    if (mended === undefined) return;
    try {
      await send(pipeline, { ...target, verb: 'update', body: structuredClone(mended) });
      return;
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }
}

function mendRole<T extends { rules: readonly PolicyRule[] }>(existing: T, wanted: T): T | undefined {
  const has = (rule: PolicyRule): boolean => (existing.rules ?? []).some((own) => equal(own, rule));
  const missing = wanted.rules.filter((rule) => !has(rule));
  return missing.length === 0 ? undefined : { ...existing, rules: [...(existing.rules ?? []), ...missing] };
}

function mendBinding<T extends { subjects: readonly object[] }>(existing: T, wanted: T): T | undefined {
  const subjects = existing.subjects ?? [];
  const missing = wanted.subjects.filter((subject) => !subjects.some((own) => equal(own, subject)));
  return missing.length === 0 ? undefined : { ...existing, subjects: [...subjects, ...missing] };
}

function gvr(resource: string, object: KubeObject) {
  const { namespace } = object.metadata;
  return { ...parseApiVersion(object.apiVersion), resource, ...(namespace === undefined ? {} : { namespace }) };
}

/** Throws the StatusError of a refusal. */
async function send(pipeline: Pipeline, request: ApiRequest): Promise<unknown> {
  const { code, body } = await pipeline.handle(request, context);
  if (code >= 400) throw StatusError.from(body as Status);
  return body;
}
