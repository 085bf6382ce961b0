import { createHash, createPublicKey, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { ApiClient } from '../bus/index.ts';
import { isConflict, isNotFound } from '../errors/index.ts';
import type { HealthReport, KeyIds } from '../lifecycle/index.ts';
import type { KubeObject } from '../object/index.ts';
import { type EncryptionKey, parseEncryptionKeys } from '../store/encryption.ts';
import { createSigningKey } from './certificates.ts';
import { readSecret, writeSecret } from './files.ts';

export interface KeyRotation {
  /** The api's folder of the state: `<dir>/services/api`. Every replica reads it. */
  dir: string;
  api: Pick<ApiClient, 'request'>;
  /** Of every instance of every service. */
  health(): Promise<HealthReport[]>;
  /** Tokens that older keys have signed end at once; default: they hold until their time is over. */
  retire?: boolean;
  /** Says what is done. */
  report(step: string): void;
  /** How long replicas may take to take up a file; milliseconds, default 30,000. */
  timeoutMs?: number;
}

const secrets = { group: '', version: 'v1', resource: 'secrets' } as const;

/**
 * New keys for service account tokens and for the encryption of Secrets, while the cluster runs. A key is used only when every replica of the api knows it, and
 * goes only when nothing needs it: added last, put first, every Secret written again, then the old one is removed. May be run again after it was interrupted.
 * Gives the number of Secrets that were written.
 */
export async function rotateKeys(rotation: KeyRotation): Promise<number> {
  const { dir, report } = rotation;
  const [tokenFile, ringFile] = [join(dir, 'sa.key'), join(dir, 'encryption.json')];
  const tokenKeys = blocksOf((await readSecret(tokenFile)) ?? '');
  const ring = parseEncryptionKeys((await readSecret(ringFile)) ?? '{}');
  const tokenKey = (await createSigningKey()).trim();
  const ringKey = { id: `key-${randomBytes(6).toString('hex')}`, secret: randomBytes(32) };
  const tokenKeyId = idOf(tokenKey);
  const write = async (tokens: readonly string[], keys: readonly EncryptionKey[]): Promise<void> => {
    await writeSecret(tokenFile, `${tokens.join('\n')}\n`);
    await writeSecret(ringFile, ringText(keys));
  };

  await refuseForeignKeys(rotation, ring);
  await write([...tokenKeys, tokenKey], [...ring, ringKey]);
  await everywhere(
    rotation,
    ({ serviceAccount, encryption }) => serviceAccount.includes(tokenKeyId) && encryption.includes(ringKey.id),
  );
  report('every replica of the api knows the new keys');
  await write([tokenKey, ...tokenKeys], [ringKey, ...ring]);
  await everywhere(
    rotation,
    ({ serviceAccount, encryption }) => serviceAccount[0] === tokenKeyId && encryption[0] === ringKey.id,
  );
  report('new tokens and new Secrets use them');
  const written = await rewriteSecrets(rotation.api);
  report(`${written} Secrets were written again`);
  await write(rotation.retire === true ? [tokenKey] : [tokenKey, ...tokenKeys], [ringKey]);
  await everywhere(rotation, ({ encryption }) => encryption.length === 1);
  report('the old key of Secrets is gone');
  return written;
}

const blocksOf = (pem: string): string[] => pem.match(/-----BEGIN [A-Z ]+-----[^-]+-----END [A-Z ]+-----/g) ?? [];

const ringText = (keys: readonly EncryptionKey[]): string =>
  JSON.stringify({ keys: keys.map(({ id, secret }) => ({ id, secret: Buffer.from(secret).toString('base64') })) });

/** As the api names it: the thumbprint of the public half (RFC 7638), of the required members in the order of their names. */
function idOf(pem: string): string {
  const { crv, kty, x, y } = createPublicKey(pem).export({ format: 'jwk' });
  return createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
}

/** Where an EncryptionConfiguration says how Secrets are written, keys change there. */
async function refuseForeignKeys({ health }: KeyRotation, ring: readonly EncryptionKey[]): Promise<void> {
  const own = new Set(ring.map(({ id }) => id));
  const foreign = (await health()).some(
    ({ service, keys }) => service === 'api' && keys !== undefined && !own.has(keys.encryption[0] ?? ''),
  );
  if (foreign) throw new Error('Secrets are written as KUBUS_ENCRYPTION_PROVIDER_CONFIG says: their keys change there');
}

/** Waits until every replica of the api says so, twice in a row: one may have missed a question. */
async function everywhere(
  { health, timeoutMs = 30_000 }: KeyRotation,
  holds: (keys: KeyIds) => boolean,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (let agreed = 0; agreed < 2; ) {
    const replicas = (await health()).filter(({ service }) => service === 'api');
    const yes = replicas.length > 0 && replicas.every(({ keys }) => keys !== undefined && holds(keys));
    agreed = yes ? agreed + 1 : 0;
    if (agreed === 2 || performance.now() < deadline) continue;
    const who = replicas.map(({ instance }) => instance).join(', ') || 'none answers';
    throw new Error(`not every replica of the api has taken up the keys (${who}); nothing is lost: run it again`);
  }
}

/** Writes every Secret as it is: what is sealed with an old key is sealed anew. One that changes or goes meanwhile is sealed anew by that. */
async function rewriteSecrets(api: Pick<ApiClient, 'request'>): Promise<number> {
  let written = 0;
  let after = '';
  do {
    const query = { limit: '100', ...(after === '' ? {} : { continue: after }) };
    const page = await api.request<{ items: KubeObject[]; metadata: { continue?: string } }>({
      ...secrets,
      verb: 'list',
      query,
    });
    for (const { metadata, ...rest } of page.items) {
      const { namespace = '', name } = metadata;
      const body = { ...rest, apiVersion: 'v1', kind: 'Secret', metadata };
      try {
        await api.request({ ...secrets, verb: 'update', namespace, name, body });
        written++;
      } catch (error) {
        if (!isConflict(error) && !isNotFound(error)) throw error;
      }
    }
    after = page.metadata.continue ?? '';
  } while (after !== '');
  return written;
}
