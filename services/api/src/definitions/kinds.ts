import { type Converter, type CustomResourceDefinition, customKind, isTrue } from '@kubus/shared/custom-resources';
import type { GroupResource } from '@kubus/shared/object';
import { type KindDeclaration, Registry } from '@kubus/shared/registry';
import { LiveView } from '../storage/index.ts';
import type { WatchCaches } from '../watchcache/index.ts';

export const definitions: GroupResource = { group: 'apiextensions.k8s.io', resource: 'customresourcedefinitions' };

interface Known {
  definition: CustomResourceDefinition;
  declaration: KindDeclaration;
}

/** The kinds that this replica serves: the built-in ones, and those of established definitions. */
export class ServedKinds {
  readonly view: LiveView<CustomResourceDefinition>;
  readonly #builtin: Registry;
  readonly #caches: WatchCaches;
  readonly #known = new Map<string, Known>();
  readonly #listeners: ((definition: CustomResourceDefinition) => void)[] = [];
  #registry: Registry | undefined;

  readonly #converterOf: (definition: CustomResourceDefinition) => Converter | undefined;

  constructor(
    builtin: Registry,
    caches: WatchCaches,
    converterOf: (definition: CustomResourceDefinition) => Converter | undefined = () => undefined,
  ) {
    this.#converterOf = converterOf;
    this.#builtin = builtin;
    this.#caches = caches;
    this.#registry = builtin;
    this.view = new LiveView<CustomResourceDefinition>(caches, definitions, {
      onChange: (definition, previous) => this.#changed(definition, previous),
    });
  }

  /** Another one whenever kinds have changed; made when it is asked for. */
  get registry(): Registry {
    this.#registry ??= this.#merge();
    return this.#registry;
  }

  /** Resolves when every definition that was committed before the call is known. */
  async catchUp(): Promise<void> {
    if (this.#serves) await this.view.catchUp();
  }

  async start(): Promise<void> {
    if (this.#serves) await this.view.start();
  }

  stop(): void {
    this.view.stop();
  }

  /** Told of every definition that is new or has changed. */
  onChange(listener: (definition: CustomResourceDefinition) => void): void {
    this.#listeners.push(listener);
  }

  /** Registries of tests may know nothing of definitions. */
  get #serves(): boolean {
    return this.#builtin.stored(definitions) !== undefined;
  }

  #changed(definition: CustomResourceDefinition | undefined, previous: CustomResourceDefinition | undefined): void {
    const { name } = (definition ?? previous)?.metadata ?? { name: '' };
    const known = this.#known.get(name);
    if (definition === undefined || !isTrue(definition, 'Established')) {
      if (known !== undefined) this.#forget(name, known);
    } else if (known === undefined || isOther(known.definition, definition)) {
      this.#known.set(name, { definition, declaration: customKind(definition, this.#converterOf(definition)) });
      this.#registry = undefined;
    }
    if (definition !== undefined) for (const listener of this.#listeners) listener(definition);
  }

  #forget(name: string, { definition: { spec } }: Known): void {
    this.#known.delete(name);
    this.#registry = undefined;
    // Its watches end: nobody serves them any longer.
    void this.#caches.remove({ group: spec.group, resource: spec.names.plural }).catch(() => undefined);
  }

  #merge(): Registry {
    const custom = [...this.#known.values()]
      .map(({ declaration }) => declaration)
      .filter(({ versions, kind, plural }) =>
        versions.every(
          (served) =>
            this.#builtin.resource({ ...served, resource: plural }) === undefined &&
            this.#builtin.kind({ ...served, kind }) === undefined,
        ),
      );
    return new Registry([...this.#builtin.declarations, ...custom]);
  }
}

/** What is served differs, not only how it is going. */
function isOther(known: CustomResourceDefinition, next: CustomResourceDefinition): boolean {
  return (
    known.metadata.uid !== next.metadata.uid ||
    known.metadata.generation !== next.metadata.generation ||
    known.metadata.deletionTimestamp !== next.metadata.deletionTimestamp ||
    JSON.stringify(known.status?.acceptedNames) !== JSON.stringify(next.status?.acceptedNames)
  );
}
