import { StatusError } from '@kubus/shared/errors';
import type { BearerTokens } from './bearer.ts';
import type { Asked } from './constrained-impersonation.ts';
import type { Authenticator, Credentials, UserInfo } from './contract.ts';
import { Identities } from './identities.ts';
import { impersonate, type RequireRight } from './impersonation.ts';
import { anonymous, certificateUser } from './users.ts';

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

  async authenticate(credentials: Credentials, onOwn?: (own: UserInfo) => void, asked?: Asked): Promise<UserInfo> {
    const own = this.#identities.intern(await this.#own(credentials));
    onOwn?.(own);
    const wanted = credentials.impersonate;
    if (wanted === undefined) return own;
    return this.#identities.intern(await impersonate({ own, wanted, asked, require: this.#require }));
  }

  async #own({ bearerToken, certificate }: Credentials): Promise<UserInfo> {
    if (certificate !== undefined && certificate.commonName !== '') return certificateUser(certificate);
    if (bearerToken === undefined) return anonymous;
    const authenticated = await this.#tokens?.authenticate(bearerToken);
    if (authenticated === undefined) throw new StatusError('Unauthorized', 'Unauthorized');
    return authenticated.user;
  }
}
