export { RequestAuthenticator, type RequireRight } from './authenticator.ts';
export type * from './contract.ts';
export { Identities } from './identities.ts';
export type { ImpersonationRight } from './impersonation.ts';
export {
  type ObjectRef,
  readSigningKey,
  readSigningKeys,
  ServiceAccountTokens,
  type SigningKey,
  serviceAccountIssuer,
  type TokenClaims,
} from './service-account-tokens.ts';
export { type AuthenticatedToken, type ReadObject, TokenAuthenticator } from './token-authenticator.ts';
export {
  anonymous,
  anonymousName,
  apiserver,
  authenticatedGroup,
  parseServiceAccountName,
  serviceAccountGroups,
  serviceAccountName,
} from './users.ts';
