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
  alwaysPullImages,
  certificateApproval,
  certificateSigning,
  certificateSubjectRestriction,
  claimResize,
  defaultIngressClass,
  defaultStorageClass,
  denyServiceExternalIPs,
  LimitRanger,
  NamedClass,
  NamespaceLifecycle,
  NodeRestriction,
  OwnerReferencesPermissionEnforcement,
  PodSecurity,
  type PodSecurityConfiguration,
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
  podSecurity: PodSecurityConfiguration | undefined;
  /** Of the plugins that are off unless asked for, those that are on. */
  enabled: readonly OptionalPlugin[];
  registry: () => Registry;
  /** Every kind that is kept in namespaces. */
  namespacedKinds: () => readonly GroupResource[];
}

/** Plugins that a cluster has only when it is told so (kube-apiserver's --enable-admission-plugins). */
export const optionalPlugins = [
  'AlwaysPullImages',
  'DenyServiceExternalIPs',
  'OwnerReferencesPermissionEnforcement',
] as const;
export type OptionalPlugin = (typeof optionalPlugins)[number];

/** The plugins every cluster has, in their order, and what they decide by. */
export interface BuiltinAdmission {
  readonly plugins: readonly AdmissionPlugin[];
  readonly quota: ResourceQuotaGate;
  start(): Promise<void>;
  stop(): void;
}

export function builtinAdmission(options: BuiltinAdmissionOptions): BuiltinAdmission {
  const { caches, store, rbac, authorizer, views: known } = options;
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
  const quotas = view<ResourceQuota>(core('resourcequotas'));
  return {
    plugins: [
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
        ...(options.podSecurity === undefined ? {} : { configuration: options.podSecurity }),
      }),
      ...optional(options),
    ],
    quota: new ResourceQuotaGate({ view: quotas, store, kinds: options.namespacedKinds }),
    start: async () => {
      await Promise.all(views.map((one) => one.start()));
    },
    stop: () => {
      for (const one of views) one.stop();
    },
  };
}

function optional({ enabled, authorizer, registry }: BuiltinAdmissionOptions): AdmissionPlugin[] {
  const served = (apiVersion: string, kind: string) => {
    const [version = '', group = ''] = apiVersion.split('/').reverse();
    return registry().kind({ group, version, kind });
  };
  const made: Readonly<Record<OptionalPlugin, () => AdmissionPlugin>> = {
    AlwaysPullImages: () => alwaysPullImages,
    DenyServiceExternalIPs: () => denyServiceExternalIPs,
    OwnerReferencesPermissionEnforcement: () => new OwnerReferencesPermissionEnforcement(authorizer, served),
  };
  return enabled.map((name) => made[name]());
}
