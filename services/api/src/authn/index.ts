export { type AnonymousAccess, anonymousAt } from './anonymous.ts';
export { RequestAuthenticator } from './authenticator.ts';
export { AnyOfTokens, type AuthenticatedToken, type BearerTokens } from './bearer.ts';
export { bootstrapTokens } from './bootstrap-tokens.ts';
export type { Asked } from './constrained-impersonation.ts';
export type * from './contract.ts';
export { Identities } from './identities.ts';
export type { ImpersonationRight, RequireRight } from './impersonation.ts';
export {
  type AuthenticationConfiguration,
  issuerOfSettings,
  type JwtAuthenticator,
  oidcSettings,
  oidcTokens,
  parseAuthenticationConfiguration,
} from './oidc/index.ts';
export {
  type ObjectRef,
  readSigningKey,
  readSigningKeys,
  ServiceAccountTokens,
  type SigningKey,
  serviceAccountIssuer,
  type TokenClaims,
} from './service-account-tokens.ts';
export { type ReadObject, TokenAuthenticator } from './token-authenticator.ts';
export { apiserver, authenticatedGroup } from './users.ts';
export { webhookTokens } from './webhook-tokens.ts';
