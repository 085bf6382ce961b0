import type { Lifecycle } from '@kubus/shared/lifecycle';
import { SettingsError } from '@kubus/shared/settings';
import type { Logger } from '@kubus/shared/telemetry';
import {
  type AnonymousAccess,
  anonymousAt,
  type BearerTokens,
  issuerOfSettings,
  oidcTokens,
  parseAuthenticationConfiguration,
  webhookTokens,
} from './authn/index.ts';
import {
  AuthorizerChain,
  type ChainOf,
  configuredChain,
  parseAuthorizationConfiguration,
  WebhookAuthorizer,
} from './authz/index.ts';
import { webhookOf } from './outbound/index.ts';
import { ReloadedFile } from './reloaded-file.ts';
import type { ApiSettings } from './settings.ts';

/** kube-apiserver waits as long for webhooks that decide about every request. */
const TIMEOUT_MS = 10_000;

/** What administrators have set up about who is who, and who may what. */
export interface ForeignAccess {
  tokens: readonly BearerTokens[];
  anonymous: AnonymousAccess;
  chainOf: ChainOf;
}

export async function foreignAccess(settings: ApiSettings, lifecycle: Lifecycle, log: Logger): Promise<ForeignAccess> {
  const { KUBUS_AUTHENTICATION_CONFIG: issuers, KUBUS_AUTHENTICATION_TOKEN_WEBHOOK_CONFIG: webhook } = settings;
  const configured = issuers === undefined ? undefined : await openIssuers(issuers, lifecycle, log);
  const tokens: BearerTokens[] = await tokensOfSettings(settings, lifecycle, log);
  if (configured !== undefined) tokens.push({ authenticate: (...of) => configured.current.tokens.authenticate(...of) });
  if (webhook !== undefined) {
    const onFailure = failed(log, 'authentication');
    tokens.push(webhookTokens({ ask: await webhookOf(webhook, TIMEOUT_MS), onFailure }));
  }
  return {
    tokens,
    anonymous: (path) => anonymousAt(configured?.current.anonymous, path),
    chainOf: await openChain(settings, lifecycle, log),
  };
}

const failed = (log: Logger, webhook: string) => (error: unknown) =>
  log.warn({ webhook, err: error }, 'Webhook did not answer');

/** The message alone: errors of claims carry the claims. */
const refused = (log: Logger) => (issuer: string, why: string) => log.info({ issuer, why }, 'ID token does not hold');

async function tokensOfSettings(settings: ApiSettings, lifecycle: Lifecycle, log: Logger): Promise<BearerTokens[]> {
  const issuer = await issuerOfSettings(settings);
  if (issuer === undefined) return [];
  if (settings.KUBUS_AUTHENTICATION_CONFIG !== undefined) {
    throw new SettingsError(['KUBUS_AUTHENTICATION_CONFIG and KUBUS_OIDC_ISSUER_URL exclude each other']);
  }
  const algorithms = settings.KUBUS_OIDC_SIGNING_ALGS;
  const tokens = oidcTokens([issuer], { algorithms, onRefusal: refused(log) });
  lifecycle.onStop('issuer', async () => tokens.close());
  return [tokens];
}

function openIssuers(path: string, lifecycle: Lifecycle, log: Logger) {
  const onRefusal = refused(log);
  return openFile(
    path,
    { what: 'issuers', lifecycle, log },
    (text) => {
      const { jwt, anonymous } = parseAuthenticationConfiguration(text, path);
      return { tokens: oidcTokens(jwt, { onRefusal }), anonymous };
    },
    ({ tokens }) => tokens.close(),
  );
}

async function openChain(settings: ApiSettings, lifecycle: Lifecycle, log: Logger): Promise<ChainOf> {
  const { KUBUS_AUTHORIZATION_CONFIG: path, KUBUS_AUTHORIZATION_WEBHOOK_CONFIG: webhook } = settings;
  if (path === undefined) {
    if (webhook === undefined) return ({ node, rbac }) => new AuthorizerChain([node, rbac]);
    const onFailure = failed(log, 'authorization');
    const last = new WebhookAuthorizer({ ask: await webhookOf(webhook, TIMEOUT_MS), onFailure });
    return ({ node, rbac }) => new AuthorizerChain([node, rbac, last]);
  }
  if (webhook !== undefined) {
    throw new SettingsError(['KUBUS_AUTHORIZATION_CONFIG and KUBUS_AUTHORIZATION_WEBHOOK_CONFIG exclude each other']);
  }
  const onFailure = (name: string, error: unknown) => failed(log, name)(error);
  const file = await openFile(path, { what: 'authorizers', lifecycle, log }, (text) =>
    configuredChain(parseAuthorizationConfiguration(text, path), { onFailure }),
  );
  return (own) => {
    let [of, chain] = [file.current, file.current(own)];
    return {
      authorize: (attributes) => {
        if (of !== file.current) [of, chain] = [file.current, file.current(own)];
        return chain.authorize(attributes);
      },
    };
  };
}

async function openFile<T>(
  path: string,
  { what, lifecycle, log }: { what: string; lifecycle: Lifecycle; log: Logger },
  make: (text: string) => T | Promise<T>,
  end?: (made: T) => void,
): Promise<ReloadedFile<T>> {
  const file = await ReloadedFile.open({
    path,
    make,
    ...(end === undefined ? {} : { end }),
    onError: (err) => log.error({ err, path }, 'Configuration of access cannot be taken; the one before goes on'),
    onReload: () => log.info({ path }, 'Configuration of access was read anew'),
  });
  lifecycle.onStop(what, () => file.close());
  return file;
}
