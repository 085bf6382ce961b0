/** Kills an agent at a chosen moment: what it calls from then on does not happen, and never answers, as after kill -9. */
export class Mortal {
  #calls = 0;
  #dead = false;
  readonly #dieAt: number;
  readonly #moment: 'before' | 'after';
  /** Names of the calls in order. */
  readonly calls: string[] = [];
  readonly died = Promise.withResolvers<void>();

  /** Dies at the call with this number, counted from 0, before it is done or after. */
  constructor(dieAt: number, moment: 'before' | 'after') {
    this.#dieAt = dieAt;
    this.#moment = moment;
  }

  /** The same object, whose methods count as the calls of the agent; only those named change anything in the world. */
  hold<T extends object>(target: T, methods: readonly (keyof T & string)[]): T {
    return new Proxy(target, {
      get: (object, name) => {
        const value: unknown = Reflect.get(object, name, object);
        if (typeof value !== 'function') return value;
        const counts = methods.includes(name as keyof T & string);
        return (...args: unknown[]) => this.#call(String(name), counts, () => value.apply(object, args));
      },
    });
  }

  #call(name: string, counts: boolean, work: () => unknown): unknown {
    if (this.#dead) return never;
    if (!counts) return work();
    const mine = this.#calls++;
    this.calls.push(name);
    if (mine !== this.#dieAt) return work();
    if (this.#moment === 'before') return this.#die();
    return Promise.resolve(work()).then(
      () => this.#die(),
      () => this.#die(),
    );
  }

  #die(): Promise<never> {
    this.#dead = true;
    this.died.resolve();
    return never;
  }
}

const never = new Promise<never>(() => undefined);
