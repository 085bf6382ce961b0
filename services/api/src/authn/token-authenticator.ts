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
import { authenticatedGroup, serviceAccountGroups, serviceAccountName } from './users.ts';

/** Verified tokens kept, so that a signature is checked once and not on every request. */
const CAPACITY = 4096;

/** Reads one object: as this replica knows it, or from the store. */
export type ReadObject = (key: ObjectKey) => Promise<KubeObject | undefined>;

/**
 * Bearer tokens of service accounts. A token holds as long as its signature and times do and the objects it is bound to live under the same uid:
 * a deleted account, or one made anew under the same name, is refused.
 */
export class TokenAuthenticator implements BearerTokens {
  readonly #tokens: ServiceAccountTokens;
  readonly #read: ReadObject;
  readonly #now: () => Date;
  readonly #verified = new Map<string, VerifiedToken>();

  constructor(tokens: ServiceAccountTokens, read: ReadObject, now: () => Date = () => new Date()) {
    this.#tokens = tokens;
    this.#read = read;
    this.#now = now;
  }

  /** Undefined when the token does not hold. */
  async authenticate(
    token: string,
    audiences: readonly string[] = [serviceAccountIssuer],
  ): Promise<AuthenticatedToken | undefined> {
    const verified = await this.#verify(token, audiences);
    if (verified === undefined || !(await this.#isLive(verified.claims))) return undefined;
    return { user: userOf(verified), audiences: audiences.filter((audience) => verified.audiences.includes(audience)) };
  }

  async #verify(token: string, audiences: readonly string[]): Promise<VerifiedToken | undefined> {
    const known = this.#verified.get(token);
    if (known !== undefined) {
      const valid = known.expires * 1000 > this.#now().getTime() && this.#tokens.knows(known.keyId);
      return valid && known.audiences.some((audience) => audiences.includes(audience)) ? known : undefined;
    }
    const verified = await this.#tokens.verify(token, audiences, this.#now());
    if (verified === undefined) return undefined;
    if (this.#verified.size >= CAPACITY) this.#verified.clear();
    this.#verified.set(token, verified);
    return verified;
  }

  async #isLive({ namespace, serviceaccount, pod, secret, node }: TokenClaims): Promise<boolean> {
    const checks = [this.#has('serviceaccounts', namespace, serviceaccount)];
    if (pod !== undefined) checks.push(this.#has('pods', namespace, pod));
    if (secret !== undefined) checks.push(this.#has('secrets', namespace, secret));
    if (node !== undefined && pod === undefined) checks.push(this.#has('nodes', '', node));
    return (await Promise.all(checks)).every(Boolean);
  }

  async #has(resource: string, namespace: string, { name, uid }: ObjectRef): Promise<boolean> {
    const object = await this.#read({ group: '', resource, namespace, name });
    return object?.metadata.uid === uid && !isPast(object.metadata.deletionTimestamp, this.#now());
  }
}

/** A bound object on its way out keeps its tokens for a minute beyond its grace period (serviceaccount/claims.go). */
function isPast(deletion: string | undefined, now: Date): boolean {
  return deletion !== undefined && Date.parse(deletion) + 60_000 < now.getTime();
}

function userOf({ claims, id }: VerifiedToken): UserInfo {
  const { namespace, serviceaccount, pod, node } = claims;
  const extra = new Map<string, readonly string[]>();
  if (id !== undefined) extra.set('authentication.kubernetes.io/credential-id', [`JTI=${id}`]);
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
