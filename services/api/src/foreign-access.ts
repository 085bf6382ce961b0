import type { Lifecycle } from '@kubus/shared/lifecycle';
import type { Logger } from '@kubus/shared/telemetry';
import {
  type BearerTokens,
  oidcTokens,
  parseAuthenticationConfiguration,
  ReloadedTokens,
  webhookTokens,
} from './authn/index.ts';
import { type Authorizer, WebhookAuthorizer } from './authz/index.ts';
import { webhookOf } from './outbound/index.ts';
import type { ApiSettings } from './settings.ts';

/** kube-apiserver waits as long for webhooks that decide about every request. */
const TIMEOUT_MS = 10_000;

/** Those outside who say whose a token is, and what one may do. */
export interface ForeignAccess {
  tokens: readonly BearerTokens[];
  authorizers: readonly Authorizer[];
}

export async function foreignAccess(settings: ApiSettings, lifecycle: Lifecycle, log: Logger): Promise<ForeignAccess> {
  const { KUBUS_AUTHENTICATION_CONFIG: issuers } = settings;
  const { KUBUS_AUTHENTICATION_TOKEN_WEBHOOK_CONFIG: tokens, KUBUS_AUTHORIZATION_WEBHOOK_CONFIG: access } = settings;
  const failed = (webhook: string) => (error: unknown) => log.warn({ webhook, err: error }, 'Webhook did not answer');
  const kinds: BearerTokens[] = [];
  if (issuers !== undefined) kinds.push(await openIssuers(issuers, lifecycle, log));
  if (tokens !== undefined) {
    kinds.push(webhookTokens({ ask: await webhookOf(tokens, TIMEOUT_MS), onFailure: failed('authentication') }));
  }
  if (access === undefined) return { tokens: kinds, authorizers: [] };
  const authorizer = new WebhookAuthorizer({
    ask: await webhookOf(access, TIMEOUT_MS),
    onFailure: failed('authorization'),
  });
  return { tokens: kinds, authorizers: [authorizer] };
}

async function openIssuers(path: string, lifecycle: Lifecycle, log: Logger): Promise<BearerTokens> {
  // The message alone: errors of claims carry the claims.
  const onRefusal = (issuer: string, why: string) => log.info({ issuer, why }, 'ID token does not hold');
  const tokens = await ReloadedTokens.open({
    path,
    make: (text) => oidcTokens(parseAuthenticationConfiguration(text, path), { onRefusal }),
    onError: (err) => log.error({ err, path }, 'Authentication configuration cannot be taken; the one before goes on'),
    onReload: () => log.info({ path }, 'Authentication configuration was read anew'),
  });
  lifecycle.onStop('issuers', () => tokens.close());
  return tokens;
}
