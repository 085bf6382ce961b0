import { type EncryptionKey, parseEncryptionKeys, type Sealing } from '@kubus/shared/store';
import { z } from 'zod';
import { parseConfigurationFile, readConfigurationFile, wrongFile } from '../configuration-file.ts';

const keySizes: readonly number[] = [16, 24, 32];

const key = z
  .strictObject({
    name: z.string().regex(/^[\w-]+$/, "expected letters, digits, '-' and '_'"),
    secret: z.base64('secrets must be base64 encoded'),
  })
  .transform(({ name, secret }): EncryptionKey => ({ id: name, secret: Buffer.from(secret, 'base64') }))
  .refine(({ secret }) => keySizes.includes(secret.length), {
    path: ['secret'],
    error: 'secret is not of the expected length, expected one of [16 24 32]',
  });

/** What another algorithm has sealed lies in no Redis: there is nothing to read, and what is written is worth the better one. */
const absent = z.undefined('there is no such provider here: use aesgcm').optional();

const provider = z
  .strictObject({
    aesgcm: z.strictObject({ keys: z.array(key).min(1, 'at least one keys is required') }).optional(),
    identity: z.strictObject({}).optional(),
    aescbc: absent,
    secretbox: absent,
    kms: absent,
  })
  .refine(
    ({ aesgcm, identity }) => (aesgcm === undefined) !== (identity === undefined),
    'more than one provider specified in a single element, or none',
  );

const onlySecrets = 'secrets are encrypted, and nothing else can be';

const configuration = z.strictObject({
  apiVersion: z.literal('apiserver.config.k8s.io/v1'),
  kind: z.literal('EncryptionConfiguration'),
  resources: z
    .array(
      z.strictObject({
        resources: z.tuple([z.literal('secrets', onlySecrets)], onlySecrets),
        providers: z.array(provider).min(1, 'at least one providers is required'),
      }),
    )
    .length(1, `one element is expected: ${onlySecrets}`),
});

/** The configuration of a file, by which Secrets are kept in place of the keys that the api made for itself. */
export interface EncryptionConfigurationFile {
  path: string;
  text: string;
}

/**
 * How Secrets are kept: by the providers of an EncryptionConfiguration (kube-apiserver's --encryption-provider-config) where there is one, of which the first writes; what was
 * written with the api's own keys, those of encryption.json, is read all the same. What lies there unencrypted is always read. Throws SettingsError.
 */
export function sealingOf(own: string, file: EncryptionConfigurationFile | undefined): Sealing {
  const ownKeys = parseEncryptionKeys(own);
  if (file === undefined) return { keys: ownKeys };
  const { resources } = parseConfigurationFile(configuration, file.text, file.path);
  const providers = resources.flatMap((resource) => resource.providers);
  const keys = [...providers.flatMap(({ aesgcm }) => aesgcm?.keys ?? []), ...ownKeys];
  const names = keys.map(({ id }) => id);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw wrongFile(file.path, [`two keys are named ${twice}`]);
  return { keys, plain: providers[0]?.identity !== undefined };
}

/** The same at a start: with what the file says now. Throws SettingsError. */
export async function readSealing(own: string, path: string | undefined): Promise<Sealing> {
  return sealingOf(own, path === undefined ? undefined : { path, text: await readConfigurationFile(path) });
}
