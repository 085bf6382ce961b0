import type { UserInfo } from './contract.ts';
import { serviceAccountIssuer } from './service-account-tokens.ts';

export interface AuthenticatedToken {
  user: UserInfo;
  /** Those of the asked audiences that the token is for. */
  audiences: string[];
}

/** One kind of bearer tokens. */
export interface BearerTokens {
  /** Undefined when the token does not hold, or is of another kind. `audiences` default: the api's own. */
  authenticate(token: string, audiences?: readonly string[]): Answer;
}

type Answer = AuthenticatedToken | undefined | Promise<AuthenticatedToken | undefined>;

/** Asks one kind after the other. */
export class AnyOfTokens implements BearerTokens {
  readonly #kinds: readonly BearerTokens[];

  constructor(kinds: readonly BearerTokens[]) {
    this.#kinds = kinds;
  }

  authenticate(token: string, audiences?: readonly string[]): Answer {
    return this.#ask(0, token, audiences);
  }

  #ask(from: number, token: string, audiences: readonly string[] | undefined): Answer {
    for (let i = from; i < this.#kinds.length; i++) {
      const found = this.#kinds[i]?.authenticate(token, audiences);
      if (found instanceof Promise) return found.then((later) => later ?? this.#ask(i + 1, token, audiences));
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

/** Tokens that name no audience of Kubernetes' are for the api alone (apiserver/pkg/authentication/authenticator WrapAudienceAgnosticToken). */
export function forApi(
  authenticate: (token: string) => Promise<UserInfo | undefined> | UserInfo | undefined,
): BearerTokens {
  return {
    authenticate: async (token, audiences = [serviceAccountIssuer]) => {
      if (!audiences.includes(serviceAccountIssuer)) return undefined;
      const user = await authenticate(token);
      return user === undefined ? undefined : { user, audiences: [serviceAccountIssuer] };
    },
  };
}
