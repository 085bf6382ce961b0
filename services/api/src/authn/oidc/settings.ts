import { readFile } from 'node:fs/promises';
import { namesOf, SettingsError } from '@kubus/shared/settings';
import { z } from 'zod';
import { algorithms, type JwtAuthenticator, parseAuthenticationConfiguration } from './config.ts';

/** One issuer of ID tokens by kube-apiserver's flags --oidc-*; an AuthenticationConfiguration says more, for several. */
export const oidcSettings = {
  KUBUS_OIDC_ISSUER_URL: z.string().optional(),
  KUBUS_OIDC_CLIENT_ID: z.string().optional(),
  KUBUS_OIDC_USERNAME_CLAIM: z.string().prefault('sub'),
  /** '-': none; default: none for addresses (email), else the issuer with '#'. */
  KUBUS_OIDC_USERNAME_PREFIX: z.string().optional(),
  KUBUS_OIDC_GROUPS_CLAIM: z.string().optional(),
  KUBUS_OIDC_GROUPS_PREFIX: z.string().prefault(''),
  /** `claim=value`, comma-separated: what a token has to say, too. */
  KUBUS_OIDC_REQUIRED_CLAIM: z.string().prefault(''),
  KUBUS_OIDC_SIGNING_ALGS: namesOf(algorithms).prefault('RS256'),
  /** PEM of who has signed the certificate of the issuer; default: whom the system trusts. */
  KUBUS_OIDC_CA_FILE: z.string().optional(),
};

const flags = z.object(oidcSettings);
export type OidcSettings = z.infer<typeof flags>;

/** The issuer that these settings name, as a configuration would; undefined: they name none. Throws SettingsError. */
export async function issuerOfSettings(settings: OidcSettings): Promise<JwtAuthenticator | undefined> {
  const { KUBUS_OIDC_ISSUER_URL: url, KUBUS_OIDC_CLIENT_ID: client, KUBUS_OIDC_CA_FILE: ca } = settings;
  if (url === undefined && client === undefined) return undefined;
  if (url === undefined || client === undefined) {
    throw new SettingsError(['KUBUS_OIDC_ISSUER_URL and KUBUS_OIDC_CLIENT_ID are needed together']);
  }
  const issuer = {
    ...{ url, audiences: [client] },
    ...(ca === undefined ? {} : { certificateAuthority: await certificates(ca) }),
  };
  const document = {
    ...{ apiVersion: 'apiserver.config.k8s.io/v1', kind: 'AuthenticationConfiguration' },
    jwt: [{ issuer, claimMappings: mappings(settings, url), claimValidationRules: rules(settings) }],
  };
  const { jwt } = parseAuthenticationConfiguration(JSON.stringify(document), 'KUBUS_OIDC_*');
  return jwt[0];
}

function mappings(settings: OidcSettings, issuer: string): object {
  const { KUBUS_OIDC_USERNAME_CLAIM: claim, KUBUS_OIDC_USERNAME_PREFIX: wanted } = settings;
  const { KUBUS_OIDC_GROUPS_CLAIM: groups, KUBUS_OIDC_GROUPS_PREFIX: groupsPrefix } = settings;
  const standard = claim === 'email' ? '' : `${issuer}#`;
  return {
    username: { claim, prefix: wanted === '-' ? '' : (wanted ?? standard) },
    ...(groups === undefined ? {} : { groups: { claim: groups, prefix: groupsPrefix } }),
  };
}

function rules({ KUBUS_OIDC_REQUIRED_CLAIM: required }: OidcSettings): object[] {
  const pairs = required.split(',').filter((pair) => pair !== '');
  const wrong = pairs.filter((pair) => pair.indexOf('=') < 1);
  if (wrong.length > 0) {
    throw new SettingsError(
      wrong.map((pair) => `KUBUS_OIDC_REQUIRED_CLAIM: ${JSON.stringify(pair)} is no claim=value`),
    );
  }
  return pairs.map((pair) => {
    const equals = pair.indexOf('=');
    return { claim: pair.slice(0, equals), requiredValue: pair.slice(equals + 1) };
  });
}

async function certificates(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new SettingsError([`KUBUS_OIDC_CA_FILE: ${error instanceof Error ? error.message : String(error)}`]);
  }
}
