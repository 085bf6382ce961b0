import type { GroupResource, KubeObject, ObjectKey } from '@kubus/shared/object';
import type { Node } from '@kubus/shared/schema';
import type { PodLike } from '../authz/index.ts';
import { LiveView } from '../storage/index.ts';
import type { WatchCaches } from '../watchcache/index.ts';

const core = (resource: string): GroupResource => ({ group: '', resource });

/** The objects that several parts of the pipeline decide by, as this replica knows them. */
export class ClusterViews {
  readonly pods: LiveView<PodLike>;
  readonly namespaces: LiveView;
  readonly accounts: LiveView;
  readonly nodes: LiveView<Node>;
  readonly #bound: ReadonlyMap<string, LiveView>;

  constructor(caches: WatchCaches, onPod: (pod: PodLike | undefined, previous: PodLike | undefined) => void) {
    this.pods = new LiveView<PodLike>(caches, core('pods'), { onChange: onPod });
    this.namespaces = new LiveView(caches, core('namespaces'));
    this.accounts = new LiveView(caches, core('serviceaccounts'));
    this.nodes = new LiveView<Node>(caches, core('nodes'));
    this.#bound = new Map<string, LiveView>([
      ['serviceaccounts', this.accounts],
      ['pods', this.pods as LiveView],
      ['nodes', this.nodes],
    ]);
  }

  /** An object that a token is bound to, where its kind is kept here. */
  boundTo({ resource, namespace, name }: ObjectKey): KubeObject | undefined {
    return this.#bound.get(resource)?.get(namespace, name);
  }

  async start(): Promise<void> {
    await Promise.all(this.#all.map((view) => view.start()));
  }

  stop(): void {
    for (const view of this.#all) view.stop();
  }

  get #all(): { start(): Promise<void>; stop(): void }[] {
    return [this.pods, this.namespaces, this.accounts, this.nodes];
  }
}
