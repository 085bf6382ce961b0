import type { UserInfo } from './contract.ts';

/** Identities kept before the oldest are forgotten. */
const CAPACITY = 10_000;

/**
 * Gives the same UserInfo for the same identity, so that what is known of a user (his authorization decisions) can be kept by it.
 */
export class Identities {
  readonly #known = new Map<string, UserInfo>();
  /** By the objects that have been here: they need not be looked for by what they say. */
  readonly #seen = new WeakMap<UserInfo, UserInfo>();

  intern(user: UserInfo): UserInfo {
    const seen = this.#seen.get(user);
    if (seen !== undefined) return seen;
    const found = this.#find(user);
    this.#seen.set(user, found);
    return found;
  }

  #find(user: UserInfo): UserInfo {
    const key = identityKey(user);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#known.size >= CAPACITY) this.#forgetOldest();
    this.#known.set(key, user);
    return user;
  }

  #forgetOldest(): void {
    const [oldest] = this.#known.keys();
    if (oldest !== undefined) this.#known.delete(oldest);
  }
}

function identityKey(user: UserInfo): string {
  return JSON.stringify([user.username, user.uid ?? '', user.groups, [...(user.extra ?? [])]]);
}
