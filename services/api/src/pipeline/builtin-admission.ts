import type { GroupResource, KubeObject, ObjectKey } from '@kubus/shared/object';
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
  NamespaceLifecycle,
  NodeRestriction,
  PodSecurity,
  Priority,
  RbacEscalation,
  ResourceQuotaGate,
  RuntimeClassAdmission,
  ServiceAccountAdmission,
  storageObjectInUseProtection,
  type TolerationDefaults,
  tolerationSeconds,
} from '../admission/index.ts';
import type { Authorizer, RbacAuthorizer } from '../authz/index.ts';
import { LiveView } from '../storage/index.ts';
import type { WatchCaches } from '../watchcache/index.ts';

const core = (resource: string): GroupResource => ({ group: '', resource });
const pods = core('pods');
const namespaces = core('namespaces');

export interface BuiltinAdmissionOptions {
  caches: WatchCaches;
  store: Store;
  namespaceView: LiveView;
  rbac: RbacAuthorizer;
  authorizer: Authorizer;
  tolerations: TolerationDefaults;
  suffix: () => string;
  /** Every kind that is kept in namespaces. */
  namespacedKinds: () => readonly GroupResource[];
}

/** The plugins every cluster has, in their order, and what they decide by. */
export interface BuiltinAdmission {
  readonly plugins: readonly AdmissionPlugin[];
  readonly quota: ResourceQuotaGate;
  start(): Promise<void>;
  stop(): void;
}

export function builtinAdmission(options: BuiltinAdmissionOptions): BuiltinAdmission {
  const { caches, store, namespaceView, rbac, authorizer } = options;
  const views: { start(): Promise<void>; stop(): void }[] = [];
  const view = <T extends KubeObject>(resource: GroupResource): LiveView<T> => {
    const made = new LiveView<T>(caches, resource, { byNamespace: true });
    views.push(made);
    return made;
  };
  const read = (key: ObjectKey): Promise<KubeObject | undefined> => store.get(key);
  const readNamespace = (name: string) => read({ ...namespaces, namespace: '', name });
  const podsOf = async (namespace: string, limit: number) => (await store.list({ ...pods, namespace, limit })).items;
  const quotas = view<ResourceQuota>(core('resourcequotas'));
  return {
    plugins: [
      new NamespaceLifecycle(namespaceView, readNamespace),
      new ServiceAccountAdmission(view(core('serviceaccounts')), read, { suffix: options.suffix }),
      tolerationSeconds(options.tolerations),
      new Priority(view<PriorityClass>({ group: 'scheduling.k8s.io', resource: 'priorityclasses' }), read),
      new LimitRanger(view<LimitRange>(core('limitranges'))),
      new RuntimeClassAdmission(view<RuntimeClass>({ group: 'node.k8s.io', resource: 'runtimeclasses' }), read),
      defaultStorageClass(view<StorageClass>({ group: 'storage.k8s.io', resource: 'storageclasses' })),
      defaultIngressClass(view<IngressClass>({ group: 'networking.k8s.io', resource: 'ingressclasses' })),
      storageObjectInUseProtection,
      claimResize(read),
      new NodeRestriction(read),
      certificateApproval(authorizer),
      certificateSigning(authorizer),
      certificateSubjectRestriction,
      new RbacEscalation(rbac, authorizer),
      new PodSecurity({ namespaces: namespaceView, read: readNamespace, podsOf }),
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
