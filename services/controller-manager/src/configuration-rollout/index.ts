import type { ApiClient } from '@kubus/shared/bus';
import { isConflict, isNotFound } from '@kubus/shared/errors';
import type { EventRecorder } from '@kubus/shared/events';
import type { GroupVersionResource, KubeObject } from '@kubus/shared/object';
import type { Controller, ReconcileKey, ReconcileResult, Watch } from '@kubus/shared/reconcile';
import type { ConfigMap, Secret } from '@kubus/shared/schema';
import type { ControllerContext, InformerSet } from '../common/context.ts';
import type { DaemonSet, Deployment, StatefulSet } from '../common/types.ts';
import { hashAnnotation, optInAnnotation, plan, type Used } from './plan.ts';
import { type Reference, referencesOf } from './references.ts';

type Workload = Deployment | StatefulSet | DaemonSet;

const workloads: readonly GroupVersionResource[] = ['deployments', 'statefulsets', 'daemonsets'].map((resource) => ({
  group: 'apps',
  version: 'v1',
  resource,
}));
const configuration: readonly GroupVersionResource[] = ['configmaps', 'secrets'].map((resource) => ({
  group: '',
  version: 'v1',
  resource,
}));
const soon = { requeueAfter: 100 };

/**
 * Replaces the pods of workloads that ask for it when a ConfigMap or Secret that their template uses changes: a hash of these is written
 * on the template. Kubernetes has no such thing; without the annotation nothing is done.
 */
export function createConfigurationRolloutController(context: ControllerContext): Controller {
  return new ConfigurationRolloutController(context);
}

class ConfigurationRolloutController implements Controller {
  readonly name = 'configuration-rollout';
  readonly reads = [...workloads, ...configuration];
  readonly watches: readonly Watch[];
  readonly #api: ApiClient;
  readonly #informers: InformerSet;
  readonly #events: EventRecorder;

  constructor({ api, informers, events }: ControllerContext) {
    this.#api = api;
    this.#informers = informers;
    this.#events = events('configuration-rollout-controller');
    this.watches = [
      ...workloads.map((resource) => ({
        resource,
        map: (object: KubeObject) => (asksForIt(object) ? [keyOf(resource, object)] : []),
      })),
      ...configuration.map((resource) => ({
        resource,
        map: (object: KubeObject) => this.#using(resource.resource, object),
      })),
    ];
  }

  keys(): ReconcileKey[] {
    return workloads.flatMap((resource) => this.#asking(resource).map((object) => keyOf(resource, object)));
  }

  async reconcile(key: ReconcileKey): Promise<ReconcileResult> {
    const [plural, name = ''] = key.name.split('/');
    const resource = workloads.find((one) => one.resource === plural);
    if (resource === undefined) return undefined;
    const workload = this.#informers.get<Workload>(resource).get(key.namespace, name);
    if (workload === undefined || !asksForIt(workload) || workload.metadata.deletionTimestamp !== undefined)
      return undefined;
    const used = await this.#read(key.namespace, referencesOf(workload.spec.template));
    const step = plan(workload.metadata.annotations?.[hashAnnotation], used);
    if (step.type === 'none') return undefined;
    const annotations = { [hashAnnotation]: step.hash };
    const template = step.type === 'rollOut' ? { spec: { template: { metadata: { annotations } } } } : {};
    if (!(await this.#patch(resource, workload, { annotations }, template))) return soon;
    if (step.type === 'rollOut') {
      const message = 'The ConfigMaps or Secrets that the template uses have changed: pods are replaced';
      this.#events.event(workload, 'Normal', 'ConfigurationChanged', message);
    }
    return undefined;
  }

  /** Secrets are sealed in informers: the API is asked for them. */
  async #read(namespace: string, references: readonly Reference[]): Promise<Used[]> {
    return Promise.all(
      references.map(async (reference) => {
        const informer = this.#informers.get({ group: '', resource: reference.resource });
        const known = informer.get(namespace, reference.name);
        const object = known === undefined || reference.resource === 'configmaps' ? known : await this.#open(known);
        return { reference, object: object as ConfigMap | Secret | undefined };
      }),
    );
  }

  async #open({ metadata: { namespace = '', name } }: KubeObject): Promise<Secret | undefined> {
    try {
      return await this.#api.request({ group: '', version: 'v1', resource: 'secrets', verb: 'get', namespace, name });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async #patch(resource: GroupVersionResource, workload: Workload, metadata: object, spec: object): Promise<boolean> {
    const { namespace = '', name, uid, resourceVersion } = workload.metadata;
    const body = { metadata: { uid, resourceVersion, ...metadata }, ...spec };
    const contentType = 'application/merge-patch+json';
    try {
      await this.#api.request({ ...resource, verb: 'patch', namespace, name, contentType, body });
      return true;
    } catch (error) {
      if (isConflict(error) || isNotFound(error)) return false;
      throw error;
    }
  }

  #asking(resource: GroupVersionResource, namespace?: string): Workload[] {
    return this.#informers.get<Workload>(resource).list(namespace).filter(asksForIt);
  }

  /** Workloads of the namespace that use the ConfigMap or Secret. */
  #using(plural: string, { metadata: { namespace, name } }: KubeObject): ReconcileKey[] {
    return workloads.flatMap((resource) =>
      this.#asking(resource, namespace)
        .filter(({ spec }) =>
          referencesOf(spec.template).some((reference) => reference.resource === plural && reference.name === name),
        )
        .map((object) => keyOf(resource, object)),
    );
  }
}

const asksForIt = ({ metadata }: KubeObject): boolean => metadata.annotations?.[optInAnnotation] === 'true';

const keyOf = ({ resource }: GroupVersionResource, { metadata }: KubeObject): ReconcileKey => ({
  namespace: metadata.namespace ?? '',
  name: `${resource}/${metadata.name}`,
});
