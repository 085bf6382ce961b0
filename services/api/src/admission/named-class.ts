import type { GroupResource, KubeObject, ObjectKey } from '@kubus/shared/object';
import type { LiveView } from '../storage/index.ts';

/** Classes of the cluster that pods name: as this replica has heard of them, and else as they are stored. */
export class NamedClass<T extends KubeObject> {
  readonly #resource: GroupResource;
  readonly #known: LiveView<T>;
  readonly #read: (key: ObjectKey) => Promise<KubeObject | undefined>;

  constructor(resource: GroupResource, known: LiveView<T>, read: (key: ObjectKey) => Promise<KubeObject | undefined>) {
    this.#resource = resource;
    this.#known = known;
    this.#read = read;
  }

  /** Waits for nothing where the class is known. */
  with(name: string, use: (found: T | undefined) => void): void | Promise<void> {
    const found = this.#known.get('', name);
    return found === undefined ? this.#look(name, use) : use(found);
  }

  async #look(name: string, use: (found: T | undefined) => void): Promise<void> {
    use((await this.#read({ ...this.#resource, namespace: '', name })) as T | undefined);
  }

  /** Those that this replica has heard of. */
  values(): Iterable<T> {
    return this.#known.values();
  }
}
