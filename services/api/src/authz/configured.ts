import { type Ask, webhookOf } from '../outbound/index.ts';
import { AuthorizerChain } from './chain.ts';
import type { ConfiguredAuthorizer, ConfiguredWebhook } from './config.ts';
import { type Authorizer, allowed, noOpinion } from './contract.ts';
import { RequestConditions } from './match-conditions.ts';
import { WebhookAuthorizer } from './webhook.ts';

/** Those that need a view of the cluster. */
interface OwnAuthorizers {
  node: Authorizer;
  rbac: Authorizer;
}

/** Makes of the authorizers of this api, and of others, the chain that is asked. */
export type ChainOf = (own: OwnAuthorizers) => Authorizer;

export interface ConfiguredOptions {
  onFailure(webhook: string, error: unknown): void;
  /** How a webhook is reached; default: as its kubeconfig says. */
  open?(kubeconfig: string, timeoutMs: number): Promise<Ask>;
}

type Link = (own: OwnAuthorizers) => Authorizer;

const standing: Readonly<Record<Exclude<ConfiguredAuthorizer['type'], 'Webhook'>, Link>> = {
  Node: ({ node }) => node,
  RBAC: ({ rbac }) => rbac,
  AlwaysAllow: () => ({ authorize: () => allowed }),
  AlwaysDeny: () => ({ authorize: () => ({ ...noOpinion, reason: 'Everything is forbidden.' }) }),
};

/** The chain of an AuthorizationConfiguration. Throws SettingsError for conditions and kubeconfigs that are none. */
export async function configuredChain(
  configured: readonly ConfiguredAuthorizer[],
  options: ConfiguredOptions,
): Promise<ChainOf> {
  const links = await Promise.all(
    configured.map(async (one): Promise<Link> => {
      if (one.type !== 'Webhook') return standing[one.type];
      const webhook = await webhookAuthorizer(one.name, one.webhook, options);
      return () => webhook;
    }),
  );
  return (own) => new AuthorizerChain(links.map((link) => link(own)));
}

async function webhookAuthorizer(
  name: string,
  configured: ConfiguredWebhook,
  { onFailure, open = webhookOf }: ConfiguredOptions,
): Promise<Authorizer> {
  const { authorizedTTL, cacheAuthorizedRequests, unauthorizedTTL, cacheUnauthorizedRequests } = configured;
  return new WebhookAuthorizer({
    ask: await open(configured.connectionInfo.kubeConfigFile, configured.timeout),
    onFailure: (error) => onFailure(name, error),
    failurePolicy: configured.failurePolicy,
    conditions: new RequestConditions(configured.matchConditions.map(({ expression }) => expression)),
    version: configured.subjectAccessReviewVersion,
    life: {
      allowed: cacheAuthorizedRequests ? authorizedTTL : 0,
      refused: cacheUnauthorizedRequests ? unauthorizedTTL : 0,
    },
  });
}
