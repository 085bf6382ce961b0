import { decodeJwt, jwtVerify } from 'jose';
import { type BearerTokens, forApi } from '../bearer.ts';
import type { UserInfo } from '../contract.ts';
import { claimMapping, type MapClaims } from './claims.ts';
import { algorithms as everyAlgorithm, type JwtAuthenticator } from './config.ts';
import { RemoteKeySet } from './key-set.ts';

export {
  type JwtAuthenticator,
  parseAuthenticationConfiguration,
} from './config.ts';
export { issuerOfSettings, oidcSettings } from './settings.ts';

export interface OidcOptions {
  /** Told why a token of a known issuer does not hold; the client is not. */
  onRefusal?(issuer: string, why: string): void;
  /** By which tokens may be signed; default: all that are known. */
  algorithms?: readonly string[];
  now?: () => Date;
  cooldownMs?: number;
}

interface Issuer {
  keys: RemoteKeySet;
  audiences: string[];
  map: MapClaims;
}

/** ID tokens of other issuers (KEP-3331, structured authentication configuration). Throws SettingsError for expressions that are none. */
export function oidcTokens(
  configured: readonly JwtAuthenticator[],
  { onRefusal, algorithms = everyAlgorithm, now = () => new Date(), cooldownMs }: OidcOptions = {},
): BearerTokens & { close(): void } {
  const issuers = new Map<string, Issuer>(
    configured.map((entry) => [entry.issuer.url, issuerOf(entry, cooldownMs)] as const),
  );
  const authenticate = async (token: string): Promise<UserInfo | undefined> => {
    const url = issuerNamed(token);
    const issuer = url === undefined ? undefined : issuers.get(url);
    if (url === undefined || issuer === undefined) return undefined;
    try {
      const { payload } = await jwtVerify(token, issuer.keys.key, {
        issuer: url,
        audience: issuer.audiences,
        algorithms: [...algorithms],
        currentDate: now(),
        requiredClaims: ['exp'],
      });
      return issuer.map(payload);
    } catch (error) {
      onRefusal?.(url, error instanceof Error ? error.message : String(error));
      return undefined;
    }
  };
  return {
    ...forApi(authenticate),
    close: () => {
      for (const { keys } of issuers.values()) keys.close();
    },
  };
}

function issuerOf(entry: JwtAuthenticator, cooldownMs: number | undefined): Issuer {
  const { url, discoveryURL, certificateAuthority, audiences } = entry.issuer;
  const options = { issuer: url, discoveryUrl: discoveryURL, certificateAuthority };
  return {
    keys: new RemoteKeySet({ ...options, ...(cooldownMs === undefined ? {} : { cooldownMs }) }),
    audiences,
    map: claimMapping(entry),
  };
}

/** Whom a token says that it is from; nothing of it is checked yet. */
function issuerNamed(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}
