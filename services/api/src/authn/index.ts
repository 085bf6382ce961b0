export { type AnonymousAccess, anonymousAt } from './anonymous.ts';
export { RequestAuthenticator } from './authenticator.ts';
export { AnyOfTokens, type BearerTokens } from './bearer.ts';
export { bootstrapTokens } from './bootstrap-tokens.ts';
export type { Asked } from './constrained-impersonation.ts';
export type * from './contract.ts';
export { Identities } from './identities.ts';
export {
  issuerOfSettings,
  oidcSettings,
  oidcTokens,
  parseAuthenticationConfiguration,
} from './oidc/index.ts';
export {
  type ObjectRef,
  readSigningKey,
  readSigningKeys,
  ServiceAccountTokens,
  serviceAccountIssuer,
  type TokenClaims,
} from './service-account-tokens.ts';
export { TokenAuthenticator } from './token-authenticator.ts';
export { apiserver, authenticatedGroup } from './users.ts';
export { webhookTokens } from './webhook-tokens.ts';
