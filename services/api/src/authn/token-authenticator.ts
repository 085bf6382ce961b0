import type { KubeObject, ObjectKey } from '@kubus/shared/object';
import type { AuthenticatedToken, BearerTokens } from './bearer.ts';
import type { UserInfo } from './contract.ts';
import {
  type ObjectRef,
  type ServiceAccountTokens,
  serviceAccountIssuer,
  type TokenClaims,
  type VerifiedToken,
} from './service-account-tokens.ts';
import { authenticatedGroup, credentialIdKey, serviceAccountGroups, serviceAccountName } from './users.ts';

/** Verified tokens kept, so that a signature is checked once and not on every request. */
const CAPACITY = 4096;

/**
 * Milliseconds for which nobody asks the store again about the objects of a token that are here as they were: what this replica knows may be old while the
 * bus is away (kube-apiserver keeps what it found of any token for as long).
 */
const LOOK_AGAIN_MS = 10_000;

/** Reads one object from the store. */
export type ReadObject = (key: ObjectKey) => Promise<KubeObject | undefined>;

export interface TokenAuthenticatorOptions {
  /** An object as this replica knows it. Default: it knows of none, and the store is asked for each request. */
  known?: (key: ObjectKey) => KubeObject | undefined;
  now?: () => Date;
}

/**
 * Characters at the end of a token by which it is looked up: of its signature, which no two have in common. Telling tokens apart by their whole text, which is new with
 * every request, would be a thousand characters to hash.
 */
const TAIL = 64;

interface KnownToken {
  token: string;
  verified: VerifiedToken;
  user: UserInfo;
  /** The objects that it lives and dies with. */
  bound: readonly [ObjectKey, ObjectRef][];
  /** When the store last said that its objects live; milliseconds. */
  looked: number;
}

/**
 * Bearer tokens of service accounts. A token holds as long as its signature and times do and the objects it is bound to live under the same uid:
 * a deleted account, or one made anew under the same name, is refused.
 */
export class TokenAuthenticator implements BearerTokens {
  readonly #tokens: ServiceAccountTokens;
  readonly #read: ReadObject;
  readonly #known: (key: ObjectKey) => KubeObject | undefined;
  readonly #now: () => Date;
  readonly #verified = new Map<string, KnownToken>();

  constructor(tokens: ServiceAccountTokens, read: ReadObject, options: TokenAuthenticatorOptions = {}) {
    this.#tokens = tokens;
    this.#read = read;
    this.#known = options.known ?? (() => undefined);
    this.#now = options.now ?? (() => new Date());
  }

  /** Undefined when the token does not hold. At once, where it is known to. */
  authenticate(
    token: string,
    audiences: readonly string[] = [serviceAccountIssuer],
  ): AuthenticatedToken | undefined | Promise<AuthenticatedToken | undefined> {
    const now = this.#now();
    const known = this.#find(token);
    if (known === undefined) return this.#authenticateNew(token, audiences, now);
    if (!this.#isValid(known, audiences, now)) return undefined;
    if (this.#lives(known, now)) return authenticated(known, audiences);
    return this.#isLive(known, now).then((live) => (live ? authenticated(known, audiences) : undefined));
  }

  async #authenticateNew(token: string, audiences: readonly string[], now: Date) {
    const known = await this.#verify(token, audiences, now);
    return known !== undefined && (await this.#isLive(known, now)) ? authenticated(known, audiences) : undefined;
  }

  #find(token: string): KnownToken | undefined {
    const known = this.#verified.get(token.slice(-TAIL));
    return known?.token === token ? known : undefined;
  }

  #isValid(known: KnownToken, audiences: readonly string[], now: Date): boolean {
    const { expires, keyId, audiences: meant } = known.verified;
    const valid = expires * 1000 > now.getTime() && this.#tokens.knows(keyId);
    return valid && meant.some((audience) => audiences.includes(audience));
  }

  async #verify(token: string, audiences: readonly string[], now: Date): Promise<KnownToken | undefined> {
    const verified = await this.#tokens.verify(token, audiences, now);
    if (verified === undefined) return undefined;
    if (this.#verified.size >= CAPACITY) this.#verified.clear();
    const bound = boundObjects(verified.claims);
    const known = { token, verified, user: userOf(verified), bound, looked: Number.NEGATIVE_INFINITY };
    this.#verified.set(token.slice(-TAIL), known);
    return known;
  }

  /** The store has said so lately, and this replica knows nothing else. */
  #lives({ bound, looked }: KnownToken, now: Date): boolean {
    return (
      now.getTime() - looked < LOOK_AGAIN_MS && bound.every(([key, { uid }]) => isLive(this.#known(key), uid, now))
    );
  }

  async #isLive(token: KnownToken, now: Date): Promise<boolean> {
    const checks = token.bound.map(async ([key, { uid }]) => isLive(await this.#read(key), uid, now));
    const live = (await Promise.all(checks)).every(Boolean);
    if (live) token.looked = now.getTime();
    return live;
  }
}

function authenticated({ user, verified }: KnownToken, audiences: readonly string[]): AuthenticatedToken {
  return { user, audiences: audiences.filter((audience) => verified.audiences.includes(audience)) };
}

function boundObjects({ namespace, serviceaccount, pod, secret, node }: TokenClaims): [ObjectKey, ObjectRef][] {
  const bound = (resource: string, within: string, ref: ObjectRef): [ObjectKey, ObjectRef] => [
    { group: '', resource, namespace: within, name: ref.name },
    ref,
  ];
  const all = [bound('serviceaccounts', namespace, serviceaccount)];
  if (pod !== undefined) all.push(bound('pods', namespace, pod));
  if (secret !== undefined) all.push(bound('secrets', namespace, secret));
  if (node !== undefined && pod === undefined) all.push(bound('nodes', '', node));
  return all;
}

function isLive(object: KubeObject | undefined, uid: string, now: Date): boolean {
  return object !== undefined && object.metadata.uid === uid && !isPast(object.metadata.deletionTimestamp, now);
}

/** A bound object on its way out keeps its tokens for a minute beyond its grace period (serviceaccount/claims.go). */
function isPast(deletion: string | undefined, now: Date): boolean {
  return deletion !== undefined && Date.parse(deletion) + 60_000 < now.getTime();
}

function userOf({ claims, id }: VerifiedToken): UserInfo {
  const { namespace, serviceaccount, pod, node } = claims;
  const extra = new Map<string, readonly string[]>();
  if (id !== undefined) extra.set(credentialIdKey, [`JTI=${id}`]);
  if (pod !== undefined) {
    extra.set('authentication.kubernetes.io/pod-name', [pod.name]);
    extra.set('authentication.kubernetes.io/pod-uid', [pod.uid]);
  }
  if (node !== undefined) {
    extra.set('authentication.kubernetes.io/node-name', [node.name]);
    extra.set('authentication.kubernetes.io/node-uid', [node.uid]);
  }
  return {
    username: serviceAccountName(namespace, serviceaccount.name),
    uid: serviceaccount.uid,
    groups: [...serviceAccountGroups(namespace), authenticatedGroup],
    extra,
  };
}
