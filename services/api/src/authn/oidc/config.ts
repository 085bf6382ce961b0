import { z } from 'zod';
import { parseConfigurationFile, wrongFile } from '../../configuration-file.ts';
import { serviceAccountIssuer } from '../service-account-tokens.ts';

/** Asymmetric ones alone: nobody who knows a public key can sign with these. */
export const algorithms = ['RS256', 'RS384', 'RS512', 'ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512'] as const;

const claimOrExpression = { claim: z.string().min(1).optional(), expression: z.string().min(1).optional() };
const one = 'exactly one of claim and expression must be set';
const isOne = ({ claim, expression }: { claim?: string | undefined; expression?: string | undefined }): boolean =>
  (claim === undefined) !== (expression === undefined);

const prefixed = z
  .strictObject({ ...claimOrExpression, prefix: z.string().optional() })
  .refine(isOne, one)
  .refine(
    ({ claim, prefix }) => claim === undefined || prefix !== undefined,
    'prefix is required with claim; it may be ""',
  )
  .refine(
    ({ expression, prefix }) => expression === undefined || prefix === undefined,
    'prefix cannot be set with expression',
  );

const httpsUrl = z.url({ protocol: /^https$/ });

const jwt = z.strictObject({
  issuer: z.strictObject({
    url: httpsUrl.refine((url) => url !== serviceAccountIssuer, 'must not be the issuer of service account tokens'),
    discoveryURL: httpsUrl.optional(),
    certificateAuthority: z.string().optional(),
    audiences: z.array(z.string().min(1)).min(1),
    audienceMatchPolicy: z.enum(['', 'MatchAny']).optional(),
  }),
  claimValidationRules: z
    .array(
      z
        .strictObject({ ...claimOrExpression, requiredValue: z.string().optional(), message: z.string().optional() })
        .refine(isOne, one),
    )
    .default([]),
  claimMappings: z.strictObject({
    username: prefixed,
    groups: prefixed.optional(),
    uid: z.strictObject(claimOrExpression).refine(isOne, one).optional(),
    extra: z
      .array(
        z.strictObject({
          key: z
            .string()
            .regex(/^[a-z0-9.-]+\/[a-z0-9._~!$&'()*+,;=:@%/-]+$/, 'must be a domain-prefixed path, in lower case')
            .refine(
              (key) => !/^([^/]+\.)?(k8s|kubernetes)\.io\//.test(key),
              'k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use',
            ),
          valueExpression: z.string().min(1),
        }),
      )
      .default([]),
  }),
  userValidationRules: z
    .array(z.strictObject({ expression: z.string().min(1), message: z.string().optional() }))
    .default([]),
});

/** Whether, and where, one may ask without credentials (KEP-4633). */
const anonymous = z
  .strictObject({ enabled: z.boolean(), conditions: z.array(z.strictObject({ path: z.string() })).default([]) })
  .refine(
    ({ enabled, conditions }) => enabled || conditions.length === 0,
    'enabled should be set to true when conditions are defined',
  );

const configuration = z.strictObject({
  apiVersion: z.enum(['apiserver.config.k8s.io/v1', 'apiserver.config.k8s.io/v1beta1']),
  kind: z.literal('AuthenticationConfiguration'),
  jwt: z.array(jwt).max(64).default([]),
  anonymous: anonymous.optional(),
});

/** One issuer whose tokens hold (apiserver.config.k8s.io/v1 JWTAuthenticator). */
export type JwtAuthenticator = z.infer<typeof jwt>;

/** An apiserver.config.k8s.io/v1 AuthenticationConfiguration. */
export type AuthenticationConfiguration = z.infer<typeof configuration>;

/** Reads an AuthenticationConfiguration, JSON or YAML. Throws SettingsError that names everything that is wrong with it. */
export function parseAuthenticationConfiguration(text: string, where: string): AuthenticationConfiguration {
  const parsed = parseConfigurationFile(configuration, text, where);
  const problems = parsed.jwt.flatMap((entry, i) => problemsOf(entry, parsed.jwt.slice(0, i)));
  if (problems.length > 0) throw wrongFile(where, problems);
  return parsed;
}

function problemsOf(
  { issuer, claimMappings, claimValidationRules }: JwtAuthenticator,
  before: readonly JwtAuthenticator[],
): string[] {
  const problems: string[] = [];
  if (before.some((other) => other.issuer.url === issuer.url)) problems.push(`issuer ${issuer.url} is named twice`);
  if (issuer.discoveryURL !== undefined) {
    if (withoutSlashes(issuer.discoveryURL) === withoutSlashes(issuer.url))
      problems.push(`issuer ${issuer.url}: discoveryURL must be different from URL`);
    if (before.some((other) => other.issuer.discoveryURL === issuer.discoveryURL))
      problems.push(`issuer ${issuer.url}: discoveryURL ${issuer.discoveryURL} is named twice`);
  }
  const keys = claimMappings.extra.map(({ key }) => key);
  if (new Set(keys).size < keys.length) problems.push(`issuer ${issuer.url}: a key of extra is named twice`);
  if (issuer.audiences.length > 1 && issuer.audienceMatchPolicy !== 'MatchAny') {
    problems.push(`issuer ${issuer.url}: audienceMatchPolicy must be MatchAny for multiple audiences`);
  }
  const username = claimMappings.username.expression ?? '';
  const others = [
    username,
    ...claimMappings.extra.map(({ valueExpression }) => valueExpression),
    ...claimValidationRules.map(({ expression = '' }) => expression),
  ];
  // Whoever can choose an address that nobody has verified can be anybody.
  if (/claims\.email\b/.test(username) && !others.some((text) => /claims\.\??email_verified\b/.test(text))) {
    problems.push(`issuer ${issuer.url}: claims.email_verified must be used where claims.email is the user name`);
  }
  return problems;
}

const withoutSlashes = (url: string): string => url.replace(/\/+$/, '');
