import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { duration, SettingsError } from '@kubus/shared/settings';
import { parseYaml } from '@kubus/shared/yaml';
import { z } from 'zod';

const answers = 'credentialprovider.kubelet.k8s.io';
const latest = `${answers}/v1`;

const tokenAttributes = z
  .strictObject({
    serviceAccountTokenAudience: z.string().min(1),
    /** What a credential is kept for: those with the same account, or with the same token. */
    cacheType: z.enum(['ServiceAccount', 'Token']),
    requireServiceAccount: z.boolean(),
    requiredServiceAccountAnnotationKeys: z.array(z.string()).default([]),
    optionalServiceAccountAnnotationKeys: z.array(z.string()).default([]),
  })
  .refine((given) => given.requireServiceAccount || given.requiredServiceAccountAnnotationKeys.length === 0, {
    path: ['requiredServiceAccountAnnotationKeys'],
    message: 'requireServiceAccount cannot be false when requiredServiceAccountAnnotationKeys is set',
  });

const provider = z
  .strictObject({
    /** Of a program in the folder of them. */
    name: z
      .string()
      .min(1)
      .refine((name) => !/[/ ]/.test(name) && name !== '.' && name !== '..', 'not the name of a program'),
    matchImages: z.array(z.string().min(1)).min(1),
    defaultCacheDuration: duration,
    apiVersion: z.enum([latest, `${answers}/v1beta1`, `${answers}/v1alpha1`]),
    args: z.array(z.string()).default([]),
    env: z.array(z.strictObject({ name: z.string().min(1), value: z.string() })).default([]),
    tokenAttributes: tokenAttributes.optional(),
  })
  .refine((given) => given.tokenAttributes === undefined || given.apiVersion === latest, {
    path: ['tokenAttributes'],
    message: `tokenAttributes is only supported for ${latest} API version`,
  });

const configuration = z.strictObject({
  apiVersion: z.enum(['kubelet.config.k8s.io/v1', 'kubelet.config.k8s.io/v1beta1', 'kubelet.config.k8s.io/v1alpha1']),
  kind: z.literal('CredentialProviderConfig'),
  providers: z.array(provider).min(1, 'at least 1 item in plugins is required'),
});

/** One of the programs that are asked for credentials. */
export type ProviderConfig = z.infer<typeof provider>;

/** Reads a CredentialProviderConfig, or those of a folder in the order of their names (kubelet: --image-credential-provider-config). Throws SettingsError. */
export async function readProviders(path: string): Promise<ProviderConfig[]> {
  const providers: ProviderConfig[] = [];
  for (const file of await filesOf(path)) providers.push(...parseProviders(await textOf(file), file));
  const names = providers.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) < index);
  if (twice !== undefined)
    throw new SettingsError([`${path}: duplicate provider name "${twice}" found in configuration file(s)`]);
  return providers;
}

function parseProviders(text: string, where: string): ProviderConfig[] {
  const [document, ...more] = parseYaml(text);
  if (document === undefined || more.length > 0) throw new SettingsError([`${where}: it does not hold one document`]);
  if ('error' in document) throw new SettingsError([`${where}: ${document.error}`]);
  const parsed = configuration.safeParse(document.value);
  if (parsed.success) return parsed.data.providers;
  throw new SettingsError(parsed.error.issues.map((issue) => `${where}: ${issue.path.join('.')}: ${issue.message}`));
}

async function filesOf(path: string): Promise<string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const names = (await readdir(path, { withFileTypes: true })).filter((entry) => !entry.isDirectory());
    const files = names.map(({ name }) => name).filter((name) => ['.json', '.yaml', '.yml'].includes(extname(name)));
    if (files.length > 0) return files.toSorted().map((name) => join(path, name));
  } catch (cause) {
    throw new SettingsError([`${path}: ${(cause as Error).message}`]);
  }
  throw new SettingsError([`no configuration files found in directory "${path}"`]);
}

const textOf = (file: string): Promise<string> =>
  readFile(file, 'utf8').catch((cause: Error) => {
    throw new SettingsError([`${file}: ${cause.message}`]);
  });
