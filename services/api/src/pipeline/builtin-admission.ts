import { notFound } from '@kubus/shared/errors';
import type { GroupResource, KubeObject, ObjectKey } from '@kubus/shared/object';
import type { Registry } from '@kubus/shared/registry';
import type {
  IngressClass,
  LimitRange,
  PriorityClass,
  ResourceQuota,
  RuntimeClass,
  StorageClass,
} from '@kubus/shared/schema';
import type { Store } from '@kubus/shared/store';
import {
  type AdmissionPlugin,
  certificateApproval,
  certificateSigning,
  certificateSubjectRestriction,
  claimResize,
  defaultIngressClass,
  defaultStorageClass,
  LimitRanger,
  madeOptional,
  NamedClass,
  NamespaceLifecycle,
  NodeRestriction,
  type OptionalPlugin,
  type PlacedPlugins,
  type PluginConfigurations,
  PodSecurity,
  PodTopologyLabels,
  Priority,
  priorityClasses,
  RbacEscalation,
  ResourceQuotaGate,
  RuntimeClassAdmission,
  runtimeClasses,
  ServiceAccountAdmission,
  storageObjectInUseProtection,
  type TolerationDefaults,
  taintNodesByCondition,
  tolerationSeconds,
} from '../admission/index.ts';
import type { Authorizer, RbacAuthorizer } from '../authz/index.ts';
import { LiveView } from '../storage/index.ts';
import type { WatchCaches } from '../watchcache/index.ts';
import type { ClusterViews } from './views.ts';

const core = (resource: string): GroupResource => ({ group: '', resource });
const pods = core('pods');
const namespaces = core('namespaces');

export interface BuiltinAdmissionOptions {
  caches: WatchCaches;
  store: Store;
  views: ClusterViews;
  rbac: RbacAuthorizer;
  authorizer: Authorizer;
  tolerations: TolerationDefaults;
  configurations: PluginConfigurations;
  /** Of the plugins that are off unless asked for, those that are on. */
  enabled: readonly OptionalPlugin[];
  /** Quotas are no plugin of the chain: whether they hold is for the gate to know. */
  disabled: ReadonlySet<string>;
  registry: () => Registry;
  /** As the server itself. Throws AlreadyExists. */
  createNamespace(name: string): Promise<void>;
  /** Every kind that is kept in namespaces. */
  namespacedKinds: () => readonly GroupResource[];
}

/** The plugins every cluster has, in their order, and what they decide by. */
export interface BuiltinAdmission {
  readonly plugins: readonly AdmissionPlugin[];
  /** After what objects of the cluster configure. */
  readonly last: readonly AdmissionPlugin[];
  readonly quota: ResourceQuotaGate;
  start(): Promise<void>;
  stop(): void;
}

export function builtinAdmission(options: BuiltinAdmissionOptions): BuiltinAdmission {
  const { caches, store, rbac, authorizer, configurations, views: known } = options;
  const views: { start(): Promise<void>; stop(): void }[] = [];
  const view = <T extends KubeObject>(resource: GroupResource): LiveView<T> => {
    const made = new LiveView<T>(caches, resource, { byNamespace: true });
    views.push(made);
    return made;
  };
  const read = (key: ObjectKey): Promise<KubeObject | undefined> => store.get(key);
  const named = <T extends KubeObject>(resource: GroupResource) => new NamedClass<T>(resource, view(resource), read);
  const readNamespace = (name: string) => read({ ...namespaces, namespace: '', name });
  const podsOf = async (namespace: string, limit: number) => (await store.list({ ...pods, namespace, limit })).items;
  const chosen = optional(options, readNamespace);
  const quotas = view<ResourceQuota>(core('resourcequotas'));
  return {
    plugins: [
      ...chosen.first,
      new NamespaceLifecycle(known.namespaces, readNamespace),
      new ServiceAccountAdmission(known.accounts, read),
      tolerationSeconds(options.tolerations),
      new Priority(named<PriorityClass>(priorityClasses)),
      new LimitRanger(view<LimitRange>(core('limitranges'))),
      new RuntimeClassAdmission(named<RuntimeClass>(runtimeClasses)),
      defaultStorageClass(view<StorageClass>({ group: 'storage.k8s.io', resource: 'storageclasses' })),
      defaultIngressClass(view<IngressClass>({ group: 'networking.k8s.io', resource: 'ingressclasses' })),
      storageObjectInUseProtection,
      claimResize(read),
      new NodeRestriction(read),
      certificateApproval(authorizer),
      certificateSigning(authorizer),
      certificateSubjectRestriction,
      new RbacEscalation(rbac, authorizer),
      taintNodesByCondition,
      new PodTopologyLabels(known.nodes),
      new PodSecurity({
        namespaces: known.namespaces,
        read: readNamespace,
        podsOf,
        ...(configurations.PodSecurity === undefined ? {} : { configuration: configurations.PodSecurity }),
      }),
      ...chosen.usual,
    ],
    last: chosen.last,
    quota: new ResourceQuotaGate({
      ...{ view: quotas, store, kinds: options.namespacedKinds },
      off: options.disabled.has('ResourceQuota'),
    }),
    start: async () => {
      await Promise.all(views.map((one) => one.start()));
    },
    stop: () => {
      for (const one of views) one.stop();
    },
  };
}

function optional(options: BuiltinAdmissionOptions, readNamespace: ReadNamespace): PlacedPlugins {
  const { enabled, authorizer, registry, views, createNamespace, configurations } = options;
  const resourceOf = (apiVersion: string, kind: string) => {
    const [version = '', group = ''] = apiVersion.split('/').reverse();
    return registry().kind({ group, version, kind });
  };
  const namespaceNamed = (name: string) => views.namespaces.get('', name) ?? readNamespaceOrFail(name, readNamespace);
  return madeOptional(enabled, { authorizer, resourceOf, namespaceNamed, createNamespace, configurations });
}

type ReadNamespace = (name: string) => Promise<KubeObject | undefined>;

async function readNamespaceOrFail(name: string, read: ReadNamespace): Promise<KubeObject> {
  const namespace = await read(name);
  if (namespace === undefined) throw notFound(namespaces, name);
  return namespace;
}
