import { randomUUID } from 'node:crypto';
import type { ApiRequest } from '@kubus/shared/bus';
import { type GroupResource, type KubeObject, type ObjectKey, safeAlphabet } from '@kubus/shared/object';
import type { KindDeclaration, Registry, ServedResource } from '@kubus/shared/registry';
import { CreationTracker, UpdateTracker } from '@kubus/shared/schema';
import type { Store } from '@kubus/shared/store';
import {
  AdmissionChain,
  dynamicAdmission,
  type OptionalPlugin,
  type PluginConfigurations,
  PolicyStatus,
  type TolerationDefaults,
  tolerationDefaults,
} from '../admission/index.ts';
import {
  AddressRepair,
  type Allocator,
  defaultServiceNetwork,
  ServiceAllocator,
  ServiceNetwork,
  type ServiceNetworkSettings,
} from '../allocation/index.ts';
import {
  AnyOfTokens,
  type BearerTokens,
  bootstrapTokens,
  RequestAuthenticator,
  type ServiceAccountTokens,
  TokenAuthenticator,
  type UserInfo,
} from '../authn/index.ts';
import {
  type Authorizer,
  AuthorizerChain,
  type ChainOf,
  forbiddenRequest,
  type ImpliedBinding,
  NodeAuthorizer,
  NodeGraph,
  nodeRules,
  RbacAuthorizer,
} from '../authz/index.ts';
import { converterOf, DefinitionController, definitions, ServedKinds } from '../definitions/index.ts';
import { type ServiceReader, serviceResolver } from '../outbound/index.ts';
import type { LiveView } from '../storage/index.ts';
import { UsageStore } from '../usage/index.ts';
import type { WatchCaches } from '../watchcache/index.ts';
import { builtinActions, type Component } from './actions/index.ts';
import { createNamespace } from './bootstrap.ts';
import { builtinAdmission } from './builtin-admission.ts';
import { checksOf } from './checks.ts';
import { type Clock, type Deps, type Ids, timestamp } from './deps.ts';
import { objectForms } from './forms.ts';
import { RequestPipeline } from './request-pipeline.ts';
import { Settled } from './settled.ts';
import { Turns } from './turns.ts';
import { ClusterViews } from './views.ts';

export interface PipelineOptions {
  registry: Registry;
  store: Store;
  caches: WatchCaches;
  /** Absent: no tokens are issued and none hold. */
  tokens?: ServiceAccountTokens;
  /** Of other issuers. Default: none. */
  foreignTokens?: readonly BearerTokens[];
  /** Who is asked what one may do. Default: the Node authorizer, then RBAC. */
  chainOf?: ChainOf;
  /** What users may do without being bound to a role; see `desiredSetBindings`. Default: nothing. */
  impliedBindings?: (user: UserInfo) => readonly ImpliedBinding[];
  /** Default: five minutes, as Kubernetes'. */
  tolerations?: TolerationDefaults;
  /** Of admission plugins. Default: none; the labels of namespaces alone say what pods may be. */
  pluginConfigurations?: PluginConfigurations | undefined;
  /** Of the admission plugins that are off unless asked for. Default: none. */
  enabledPlugins?: readonly OptionalPlugin[];
  /** Of the others, those that are off. Default: none. */
  disabledPlugins?: readonly string[];
  /** Default: 10.96.0.0/16, ports 30000 to 32767. */
  serviceNetwork?: ServiceNetworkSettings;
  /** What ComponentStatuses tell of. Default: nothing. */
  components?: readonly Component[];
  /** What nodes say that they use; default: none says anything. */
  usage?: UsageStore;
  onError?(error: unknown, request: ApiRequest): void;
  clock?: Clock;
  ids?: Ids;
}

/** The pipeline of one replica, with the views of the cluster that it decides by. */
export interface RunningPipeline {
  readonly pipeline: RequestPipeline;
  stop(): void;
}

const namespaces: GroupResource = { group: '', resource: 'namespaces' };
const ipAddresses: GroupResource = { group: 'networking.k8s.io', resource: 'ipaddresses' };
const policies: GroupResource = { group: 'admissionregistration.k8s.io', resource: 'validatingadmissionpolicies' };

const nodeThenRbac: ChainOf = ({ node, rbac }) => new AuthorizerChain([node, rbac]);

/** Resolves when every view is complete: from then on requests can be decided. */
export async function startPipeline(options: PipelineOptions): Promise<RunningPipeline> {
  const { caches, store, tokens } = options;
  const ids = options.ids ?? randomIds;
  const graph = new NodeGraph();
  const views = new ClusterViews(caches, (pod, previous) => graph.update(pod, previous));
  const rbac = new RbacAuthorizer(caches, options.impliedBindings);
  const authorizer = (options.chainOf ?? nodeThenRbac)({
    node: new NodeAuthorizer(graph, views.pods, nodeRules),
    rbac,
  });
  const read = (key: ObjectKey): Promise<KubeObject | undefined> => store.get(key);
  const kinds = servedKinds(options);
  const dynamic = dynamicOf(options, kinds, views.namespaces, authorizer);
  const disabled: ReadonlySet<string> = new Set(options.disabledPlugins);
  const builtin = builtinAdmission({
    caches,
    store,
    views,
    rbac,
    authorizer,
    tolerations: options.tolerations ?? tolerationDefaults,
    configurations: options.pluginConfigurations ?? {},
    enabled: options.enabledPlugins ?? [],
    disabled,
    registry: () => kinds.registry,
    createNamespace: (name) => createNamespace(pipeline, name),
    namespacedKinds: () => namespacedKinds(kinds.registry),
  });
  const plugins = [...builtin.plugins, ...dynamic.mutating, ...dynamic.validating, ...builtin.last];
  const admission = new AdmissionChain(plugins.filter(({ name }) => !disabled.has(name)));
  const tokenAuthenticator = bearerTokensOf(options, read, views);
  const clock = options.clock ?? { now: () => new Date() };
  const network = new ServiceNetwork(caches, options.serviceNetwork ?? defaultServiceNetwork);
  const born = () => ({ uid: ids.uid(), creationTimestamp: timestamp(clock.now()) });
  const deps: Deps = {
    get registry() {
      return kinds.registry;
    },
    kinds,
    store,
    caches,
    authorizer,
    admission,
    quota: builtin.quota,
    allocators: allocatorsOf(options.registry, new ServiceAllocator({ network, born })),
    checks: checksOf(options.registry),
    turns: new Turns(),
    settled: new Settled(),
    creations: new CreationTracker(),
    updates: new UpdateTracker(),
    clock,
    ids,
  };
  const authenticator = authenticatorOf(tokenAuthenticator, authorizer);
  const pipeline = new RequestPipeline({
    deps,
    authenticator,
    actions: builtinActions({
      rbac,
      tokens,
      tokenAuthenticator,
      components: options.components ?? [],
      usage: options.usage ?? new UsageStore(),
    }),
    ...(options.onError === undefined ? {} : { onError: options.onError }),
  });
  const controller = definitionController(options, kinds, pipeline, clock);
  const policyStatus = new PolicyStatus({
    ...{ caches, pipeline, registry: () => kinds.registry },
    onError: (error, name) => options.onError?.(error, { ...policies, version: 'v1', verb: 'update', name }),
  });
  const parts = [views, builtin, dynamic, network, kinds, policyStatus];
  await Promise.all([...parts.map((part) => part.start()), rbac.start()]);
  controller.start();
  const repair = new AddressRepair({
    ...{ network, store, born, now: () => clock.now() },
    onError: (error) => options.onError?.(error, { ...ipAddresses, version: 'v1', verb: 'update' }),
  });
  repair.start();
  return {
    pipeline,
    stop: () => {
      rbac.stop();
      controller.stop();
      repair.stop();
      for (const part of parts) part.stop();
    },
  };
}

function allocatorsOf(registry: Registry, services: ServiceAllocator): ReadonlyMap<KindDeclaration, Allocator> {
  const service = registry.kind({ group: '', version: 'v1', kind: 'Service' });
  return new Map(service === undefined ? [] : [[service.declaration, services as Allocator]]);
}

const readerOf = (caches: WatchCaches, get: (key: ObjectKey) => Promise<KubeObject | undefined>): ServiceReader => ({
  get,
  list: async (resource, namespace) => (await (await caches.of(resource)).list({ namespace, freshness: 'any' })).items,
});

function servedKinds({ registry, caches, store }: PipelineOptions): ServedKinds {
  const resolve = serviceResolver(readerOf(caches, (key) => store.get(key)));
  return new ServedKinds(registry, caches, (definition) => converterOf(definition, resolve));
}

function dynamicOf(
  { caches, store }: PipelineOptions,
  kinds: ServedKinds,
  namespaceView: LiveView,
  authorizer: Authorizer,
): ReturnType<typeof dynamicAdmission> {
  const read = (key: ObjectKey): Promise<KubeObject | undefined> => store.get(key);
  return dynamicAdmission({
    caches,
    namespaces: (name) => namespaceView.get('', name) ?? read({ ...namespaces, namespace: '', name }),
    equivalents: (resource) => equivalentsOf(kinds.registry, resource),
    forms: objectForms,
    registry: () => kinds.registry,
    authorizer,
    resolveService: serviceResolver(readerOf(caches, read)),
  });
}

function bearerTokensOf(
  { tokens, foreignTokens = [] }: PipelineOptions,
  read: (key: ObjectKey) => Promise<KubeObject | undefined>,
  views: ClusterViews,
): BearerTokens | undefined {
  if (tokens === undefined) return undefined;
  const known = (key: ObjectKey) => views.boundTo(key);
  return new AnyOfTokens([new TokenAuthenticator(tokens, read, { known }), bootstrapTokens(read), ...foreignTokens]);
}

function authenticatorOf(tokens: BearerTokens | undefined, authorizer: Authorizer): RequestAuthenticator {
  return new RequestAuthenticator({
    ...(tokens === undefined ? {} : { tokens }),
    requireRight: async (user, verb, right) => {
      const attributes = { user, verb, ...right };
      const decision = await authorizer.authorize(attributes);
      if (!decision.allowed) throw forbiddenRequest(attributes, decision.reason);
    },
  });
}

function definitionController(
  { store, onError }: PipelineOptions,
  kinds: ServedKinds,
  pipeline: RequestPipeline,
  clock: Clock,
): DefinitionController {
  return new DefinitionController({
    kinds,
    pipeline,
    store,
    clock,
    onError: (error, name) => onError?.(error, { ...definitions, version: 'v1', verb: 'update', name }),
  });
}

/** The other group versions of the same kind. */
function equivalentsOf(registry: Registry, { declaration, apiVersion }: ServedResource): ServedResource[] {
  return declaration.versions.flatMap(({ group, version }) => {
    const found = registry.resource({ group, version, resource: declaration.plural });
    return found === undefined || found.apiVersion === apiVersion ? [] : [found];
  });
}

/** Kinds of which objects are kept in namespaces. */
function namespacedKinds({ declarations }: Registry): GroupResource[] {
  const kept = declarations.filter(({ scope, strategy }) => scope === 'Namespaced' && strategy !== undefined);
  return kept.map(({ plural, versions }) => ({ group: versions[0].group, resource: plural }));
}

const safeLetter = (): string => safeAlphabet.charAt(Math.floor(Math.random() * safeAlphabet.length));

/** Who guesses one has gained nothing. */
const randomIds: Ids = {
  uid: () => randomUUID(),
  suffix: () => safeLetter() + safeLetter() + safeLetter() + safeLetter() + safeLetter(),
};
