import { StatusError } from '../../errors/index.ts';
import type { BusIdentity } from '../contract.ts';

/** Bounds what is under way, of each kind of identities and of one identity, so that nobody can take everything: users leave room for services and nodes. */
export class InFlight {
  readonly #most: number;
  readonly #mostEach: number;
  readonly #each = new Map<string, number>();
  readonly #kinds = new Map<BusIdentity['kind'], number>();
  #all = 0;
  #idle: PromiseWithResolvers<void> | undefined;

  constructor(most: number, mostEach: number) {
    this.#most = most;
    this.#mostEach = mostEach;
  }

  /** Throws TooManyRequests; else gives back how to leave. */
  enter(identity: BusIdentity): () => void {
    const { kind } = identity;
    const key = `${kind}/${identity.name}`;
    const own = this.#each.get(key) ?? 0;
    const ofKind = this.#kinds.get(kind) ?? 0;
    if (ofKind >= this.#most || own >= this.#mostEach) throw tooMany();
    this.#all += 1;
    this.#kinds.set(kind, ofKind + 1);
    this.#each.set(key, own + 1);
    return () => this.#leave(kind, key);
  }

  /** Resolves when nothing is under way, or after `ms`. */
  async idle(ms: number): Promise<void> {
    if (this.#all === 0) return;
    this.#idle ??= Promise.withResolvers();
    const timer = setTimeout(() => this.#idle?.resolve(), ms);
    await this.#idle.promise;
    clearTimeout(timer);
  }

  #leave(kind: BusIdentity['kind'], key: string): void {
    this.#all -= 1;
    this.#kinds.set(kind, (this.#kinds.get(kind) ?? 1) - 1);
    const own = (this.#each.get(key) ?? 1) - 1;
    if (own === 0) this.#each.delete(key);
    else this.#each.set(key, own);
    if (this.#all === 0) this.#idle?.resolve();
  }
}

const tooMany = () =>
  new StatusError('TooManyRequests', 'too many requests, please try again later', { retryAfterSeconds: 1 });
