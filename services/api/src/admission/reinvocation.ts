/**
 * What one mutating plugin remembers while a request is admitted: which of its parts were called that want to be called again if a later one changes the object
 * (apiserver/pkg/admission/plugin/webhook/mutating reinvocationcontext.go).
 */
class Reinvocation {
  readonly #called = new Set<string>();
  readonly #again = new Set<string>();

  /** The object was changed by somebody else: what was called so far is to see it. */
  require(): void {
    for (const id of this.#called) this.#again.add(id);
    this.#called.clear();
  }

  /** `id` was called and asks for `reinvocationPolicy: IfNeeded`. */
  called(id: string): void {
    this.#called.add(id);
  }

  isRequired(id: string): boolean {
    return this.#again.has(id);
  }
}

/** Two rounds at most: the second when something that mutates changed the object in the first. */
export interface Rounds {
  current: 0 | 1;
  again: boolean;
  /** By the plugin's name. */
  memory: Map<string, Memory>;
}

export interface Memory {
  reinvocation: Reinvocation;
  /** The object as the plugin left it. */
  output: unknown;
}

/** What a plugin remembers of this request; made when it first asks. */
export function memoryOf(request: { rounds?: Rounds }, plugin: string): Memory {
  request.rounds ??= { current: 0, again: false, memory: new Map() };
  const { memory } = request.rounds;
  const known = memory.get(plugin) ?? { reinvocation: new Reinvocation(), output: undefined };
  memory.set(plugin, known);
  return known;
}
