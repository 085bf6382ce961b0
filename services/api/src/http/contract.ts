/** What the HTTP front needs of the rest of the api service. */
export type { AnonymousAccess, Asked, Credentials, UserInfo } from '../authn/index.ts';
export type { DecodedRequest, Pipeline, RequestContext } from '../pipeline/index.ts';
