import { StatusError } from '@kubus/shared/errors';
import type { AuthenticatedToken, BearerTokens } from './bearer.ts';
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

  authenticate(credentials: Credentials, onOwn?: (own: UserInfo) => void, asked?: Asked): UserInfo | Promise<UserInfo> {
    const takenFor = (found: UserInfo): UserInfo | Promise<UserInfo> => {
      const own = this.#identities.intern(found);
      onOwn?.(own);
      const wanted = credentials.impersonate;
      return wanted === undefined ? own : this.#impersonate(own, wanted, asked);
    };
    const own = this.#own(credentials);
    return own instanceof Promise ? own.then(takenFor) : takenFor(own);
  }

  #own({ bearerToken, certificate }: Credentials): UserInfo | Promise<UserInfo> {
    if (certificate !== undefined && certificate.commonName !== '') return certificateUser(certificate);
    if (bearerToken === undefined) return anonymous;
    const authenticated = this.#tokens?.authenticate(bearerToken);
    return authenticated instanceof Promise ? authenticated.then(userOf) : userOf(authenticated);
  }

  async #impersonate(own: UserInfo, wanted: UserInfo, asked: Asked | undefined): Promise<UserInfo> {
    return this.#identities.intern(await impersonate({ own, wanted, asked, require: this.#require }));
  }
}

function userOf(authenticated: AuthenticatedToken | undefined): UserInfo {
  if (authenticated === undefined) throw new StatusError('Unauthorized', 'Unauthorized');
  return authenticated.user;
}
