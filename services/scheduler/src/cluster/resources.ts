/** Resource names as columns: the four that every pod is counted by have fixed places, extended resources come when they are first seen. */
export const CPU = 0;
export const MEMORY = 1;
export const PODS = 3;

export class ResourceColumns {
  readonly #names: string[] = ['cpu', 'memory', 'ephemeral-storage', 'pods'];
  readonly #columns = new Map(this.#names.map((name, column) => [name, column]));

  get count(): number {
    return this.#names.length;
  }

  /** The column of a resource; a new one when it has none. */
  of(name: string): number {
    const known = this.#columns.get(name);
    if (known !== undefined) return known;
    const column = this.#names.push(name) - 1;
    this.#columns.set(name, column);
    return column;
  }

  name(column: number): string {
    return this.#names[column] ?? '';
  }
}
