import { type Ask, Verdicts } from '../outbound/index.ts';
import type { AuthenticatedToken, BearerTokens } from './bearer.ts';
import type { UserInfo } from './contract.ts';
import { serviceAccountIssuer } from './service-account-tokens.ts';
import { authenticatedGroup } from './users.ts';

/** For which a verdict holds, whatever it is; ms (kube-apiserver: --authentication-token-webhook-cache-ttl). */
const LIFE = 120_000;

interface Review {
  status?: {
    authenticated?: boolean;
    user?: { username?: string; uid?: string; groups?: string[]; extra?: Record<string, string[]> };
    audiences?: string[];
  };
}

export interface WebhookTokensOptions {
  ask: Ask;
  /** Told when there was no answer; the token does not hold then. */
  onFailure?(error: unknown): void;
  now?: () => number;
}

/** Bearer tokens about which a webhook knows (kubernetes.io: Webhook Token Authentication). */
export function webhookTokens({ ask, onFailure, now }: WebhookTokensOptions): BearerTokens {
  const verdicts = new Verdicts<AuthenticatedToken | undefined>(() => LIFE, now);
  return {
    authenticate: (token, audiences = [serviceAccountIssuer]) => {
      const question = JSON.stringify([token, audiences]);
      const review = async () => verdictOf((await ask(reviewOf(token, audiences))) as Review, audiences);
      return verdicts.get(question, review).catch((error: unknown) => {
        onFailure?.(error);
        return undefined;
      });
    },
  };
}

function reviewOf(token: string, audiences: readonly string[]): object {
  return { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', metadata: {}, spec: { token, audiences } };
}

/** A webhook that does not speak of audiences knows the api's own alone. */
function verdictOf({ status }: Review, asked: readonly string[]): AuthenticatedToken | undefined {
  const { authenticated, user, audiences = [] } = status ?? {};
  if (authenticated !== true || !user?.username) return undefined;
  const known = audiences.length === 0 ? [serviceAccountIssuer] : audiences;
  const meant = asked.filter((audience) => known.includes(audience));
  return meant.length === 0 ? undefined : { user: userOf(user), audiences: meant };
}

function userOf({
  username = '',
  uid,
  groups = [],
  extra,
}: NonNullable<NonNullable<Review['status']>['user']>): UserInfo {
  return {
    username,
    ...(uid === undefined ? {} : { uid }),
    groups: groups.includes(authenticatedGroup) ? groups : [...groups, authenticatedGroup],
    ...(extra === undefined ? {} : { extra: new Map(Object.entries(extra)) }),
  };
}
