import { names } from '@kubus/shared/object';
import { z } from 'zod';
import { parseConfigurationFile } from '../configuration-file.ts';

/** A metav1.Duration, in ms. */
const duration = z
  .string()
  .regex(/^(\d+(\.\d+)?(ms|s|m|h)){1,8}$/, 'must be a duration such as 3s or 1m30s')
  .transform(milliseconds);
const scale: ReadonlyMap<string, number> = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
]);

function milliseconds(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (scale.get(unit as string) ?? 0), 0);
}

const positive = duration.refine((ms) => ms > 0, 'must be > 0s');

const webhook = z
  .strictObject({
    authorizedTTL: positive.prefault('5m'),
    cacheAuthorizedRequests: z.boolean().default(true),
    unauthorizedTTL: positive.prefault('30s'),
    cacheUnauthorizedRequests: z.boolean().default(true),
    timeout: positive.refine((ms) => ms <= 30_000, 'must be > 0s and <= 30s'),
    subjectAccessReviewVersion: z.enum(['v1', 'v1beta1']),
    matchConditionSubjectAccessReviewVersion: z.literal('v1').optional(),
    failurePolicy: z.enum(['NoOpinion', 'Deny']),
    connectionInfo: z.strictObject({
      // The other type, InClusterConfig, is for servers that run in a cluster.
      type: z.literal('KubeConfigFile'),
      kubeConfigFile: z.string().regex(/^\//, 'must be an absolute path'),
    }),
    matchConditions: z
      .array(z.strictObject({ expression: z.string().regex(/\S/, 'Required value') }))
      .max(64)
      .default([]),
  })
  .refine(
    ({ matchConditions, matchConditionSubjectAccessReviewVersion: version }) =>
      matchConditions.length === 0 || version !== undefined,
    'matchConditionSubjectAccessReviewVersion is required if match conditions are specified',
  )
  .refine(
    ({ matchConditions }) => isSet(matchConditions.map(({ expression }) => expression)),
    'an expression is there twice',
  );

const name = z.string().refine((text) => names.dnsSubdomain(text).length === 0, 'authorizer name is invalid');

const configuration = z.strictObject({
  apiVersion: z.enum(['apiserver.config.k8s.io/v1', 'apiserver.config.k8s.io/v1beta1']),
  kind: z.literal('AuthorizationConfiguration'),
  authorizers: z
    .array(
      z.discriminatedUnion('type', [
        z.strictObject({ type: z.enum(['Node', 'RBAC', 'AlwaysAllow', 'AlwaysDeny']), name }),
        z.strictObject({ type: z.literal('Webhook'), name, webhook }),
      ]),
    )
    .min(1, 'at least one authorization mode must be defined')
    .refine((all) => isSet(all.map((one) => one.name)), 'a name is there twice')
    .refine((all) => isSet(all.flatMap(({ type }) => (type === 'Webhook' ? [] : [type]))), 'a type is there twice'),
});

const isSet = (all: readonly string[]): boolean => new Set(all).size === all.length;

/** One of those who are asked, in their order (apiserver.config.k8s.io/v1 AuthorizerConfiguration). */
export type ConfiguredAuthorizer = z.infer<typeof configuration>['authorizers'][number];
export type ConfiguredWebhook = z.infer<typeof webhook>;

/** Reads an AuthorizationConfiguration (KEP-3221), JSON or YAML. Throws SettingsError that names everything that is wrong with it. */
export function parseAuthorizationConfiguration(text: string, where: string): ConfiguredAuthorizer[] {
  return parseConfigurationFile(configuration, text, where).authorizers;
}
