import { StatusError } from '@kubus/shared/errors';
import type { BearerTokens } from './bearer.ts';
import type { Authenticator, Credentials, UserInfo } from './contract.ts';
import { Identities } from './identities.ts';
import { type ImpersonationRight, impersonatedUser, impersonationRights } from './impersonation.ts';
import { anonymous, certificateUser } from './users.ts';

/** Throws Forbidden when `user` may not do this. */
export type RequireRight = (user: UserInfo, verb: string, right: ImpersonationRight) => Promise<void>;

/** Client certificates, bearer tokens of any kind, and impersonation on top of either. */
export class RequestAuthenticator implements Authenticator {
  readonly #tokens: BearerTokens | undefined;
  readonly #require: RequireRight;
  readonly #identities: Identities;

  constructor(options: { tokens?: BearerTokens; requireRight: RequireRight; identities?: Identities }) {
    this.#tokens = options.tokens;
    this.#require = options.requireRight;
    this.#identities = options.identities ?? new Identities();
  }

  async authenticate(credentials: Credentials, onOwn?: (own: UserInfo) => void): Promise<UserInfo> {
    const user = this.#identities.intern(await this.#own(credentials));
    onOwn?.(user);
    const wanted = credentials.impersonate;
    if (wanted === undefined) return user;
    for (const right of impersonationRights(wanted)) await this.#require(user, 'impersonate', right);
    return this.#identities.intern(impersonatedUser(wanted));
  }

  async #own({ bearerToken, certificate }: Credentials): Promise<UserInfo> {
    if (certificate !== undefined && certificate.commonName !== '') return certificateUser(certificate);
    if (bearerToken === undefined) return anonymous;
    const authenticated = await this.#tokens?.authenticate(bearerToken);
    if (authenticated === undefined) throw new StatusError('Unauthorized', 'Unauthorized');
    return authenticated.user;
  }
}
