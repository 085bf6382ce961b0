import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { StatusError } from '../errors/index.ts';
import { type GroupResource, groupResourceName, type KubeObject, type ObjectKey } from '../object/index.ts';

export interface EncryptionKey {
  /** Names the key in what it encrypted: letters, digits, '-', '_'. */
  id: string;
  /** 16, 24 or 32 bytes. */
  secret: Uint8Array;
}

/** How objects are kept. */
export interface Sealing {
  /** The first encrypts, every one decrypts. */
  keys: readonly EncryptionKey[];
  /** What is written from now on is not encrypted; the keys read what was. Default false. */
  plain?: boolean;
}

/** What an object looks like at rest: metadata by which it is found and collected, and everything else sealed. */
interface SealedObject extends KubeObject {
  /** `v1:<key id>:<base64 of nonce, ciphertext, tag>`: the whole object's JSON, without resourceVersion. */
  'kubus.io/sealed': string;
}

const SEALED = 'kubus.io/sealed';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Encryption at rest (AES-GCM, with as many bits as the key has) of whole objects of chosen resources: data, and also annotations and managedFields, where kubectl leaves copies.
 * Name, uid, labels, owners, finalizers and times stay readable, so that a reader without keys can still collect and count.
 *
 * The first key encrypts, every key decrypts. Rotation: add a key, put it first when every process has it, write every object again, remove the old key.
 * The cipher text is bound to the object's key: it cannot be moved to another name.
 */
export class KeyRing {
  #keys: ReadonlyMap<string, Uint8Array> = new Map();
  /** Undefined: nothing is encrypted any more. */
  #primary: EncryptionKey | undefined;
  readonly #resources: ReadonlySet<string>;
  /** Objects that were opened, by the id of the key that had sealed them; '' for those that were not sealed. */
  readonly #sealedWith = new WeakMap<KubeObject, string>();

  /** `resources` default: core secrets. */
  constructor(
    keys: readonly EncryptionKey[],
    resources: readonly GroupResource[] = [{ group: '', resource: 'secrets' }],
  ) {
    this.replace({ keys });
    this.#resources = new Set(resources.map(groupResourceName));
  }

  /** Ids of the keys; the first encrypts, which `identity` does not. */
  get ids(): string[] {
    return [...(this.#primary === undefined ? ['identity'] : []), ...this.#keys.keys()];
  }

  /** Takes other keys in place of those it has. Throws TypeError for such as are none, and keeps those that it has. */
  replace({ keys, plain = false }: Sealing): void {
    const [primary] = keys;
    if (primary === undefined) throw new TypeError('a key ring needs a key');
    for (const key of keys) checkKey(key);
    const byId = new Map(keys.map((key) => [key.id, key.secret]));
    if (byId.size !== keys.length) throw new TypeError('two keys of the ring have the same id');
    this.#keys = byId;
    this.#primary = plain ? undefined : primary;
  }

  covers(resource: GroupResource): boolean {
    return this.#resources.has(groupResourceName(resource));
  }

  /** The object as it is written to Redis and to the change log; the same object when it is not to be encrypted. */
  seal(key: ObjectKey, object: KubeObject): KubeObject {
    const primary = this.#primary;
    if (primary === undefined || !this.covers(key)) return object;
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(cipherOf(primary.secret), primary.secret, nonce);
    cipher.setAAD(boundTo(key));
    const text = Buffer.concat([cipher.update(JSON.stringify(object), 'utf8'), cipher.final()]);
    const sealed = Buffer.concat([nonce, text, cipher.getAuthTag()]).toString('base64');
    const { annotations: _, managedFields: __, ...metadata } = object.metadata;
    const result: SealedObject = {
      kind: object.kind,
      apiVersion: object.apiVersion,
      metadata,
      [SEALED]: `v1:${primary.id}:${sealed}`,
    };
    return result;
  }

  /** The other direction; the same object when it is not sealed (written before its resource was covered). Throws InternalError when the key is not in the ring or the text was changed. */
  open(key: ObjectKey, stored: KubeObject): KubeObject {
    if (!this.covers(key)) return stored;
    if (!isSealed(stored)) {
      this.#sealedWith.set(stored, '');
      return stored;
    }
    const [version, id = '', text = ''] = stored[SEALED].split(':');
    const secret = this.#keys.get(id);
    if (version !== 'v1' || secret === undefined) throw unreadable(key, `no key "${id}" in the ring`);
    const object = JSON.parse(decrypt(key, secret, Buffer.from(text, 'base64'))) as KubeObject;
    const { resourceVersion } = stored.metadata;
    const opened = {
      ...object,
      metadata: { ...object.metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
    };
    this.#sealedWith.set(opened, id);
    return opened;
  }

  /** Whether an object that was opened lies there sealed with another key than it would be today, or not sealed where it would be. */
  isOutdated(opened: KubeObject): boolean {
    const id = this.#sealedWith.get(opened);
    return id !== undefined && id !== (this.#primary?.id ?? '');
  }
}

/** True for an object at rest that has not been opened: only kind, apiVersion and the readable part of metadata can be used. */
export function isSealed(object: KubeObject): object is SealedObject {
  return SEALED in object && typeof object[SEALED] === 'string';
}

/** Reads `{"keys":[{"id":"...","secret":"<base64 of 32 bytes>"}]}`, the form of the state folder's encryption.json. */
export function parseEncryptionKeys(json: string): EncryptionKey[] {
  const parsed = JSON.parse(json) as { keys?: { id: string; secret: string }[] };
  return (parsed.keys ?? []).map((key) => ({ id: key.id, secret: Buffer.from(key.secret, 'base64') }));
}

function decrypt(key: ObjectKey, secret: Uint8Array, bytes: Buffer): string {
  const end = bytes.length - TAG_BYTES;
  if (end < NONCE_BYTES) throw unreadable(key, 'the text is too short');
  const decipher = createDecipheriv(cipherOf(secret), secret, bytes.subarray(0, NONCE_BYTES));
  decipher.setAAD(boundTo(key));
  decipher.setAuthTag(bytes.subarray(end));
  try {
    return decipher.update(bytes.subarray(NONCE_BYTES, end), undefined, 'utf8') + decipher.final('utf8');
  } catch (cause) {
    throw unreadable(key, 'the text was changed, or sealed for another object', cause);
  }
}

function boundTo(key: ObjectKey): Buffer {
  return Buffer.from(JSON.stringify([key.group, key.resource, key.namespace, key.name]));
}

function unreadable(key: ObjectKey, why: string, cause?: unknown): StatusError {
  const name = key.namespace === '' ? key.name : `${key.namespace}/${key.name}`;
  return new StatusError(
    'InternalError',
    `${groupResourceName(key)} "${name}" cannot be decrypted: ${why}`,
    undefined,
    {
      cause,
    },
  );
}

type Cipher = 'aes-128-gcm' | 'aes-192-gcm' | 'aes-256-gcm';

const ciphers: ReadonlyMap<number, Cipher> = new Map([
  [16, 'aes-128-gcm'],
  [24, 'aes-192-gcm'],
  [32, 'aes-256-gcm'],
]);

const cipherOf = (secret: Uint8Array): Cipher => ciphers.get(secret.length) ?? 'aes-256-gcm';

function checkKey({ id, secret }: EncryptionKey): void {
  if (!/^[\w-]+$/.test(id)) throw new TypeError(`not an id of an encryption key: ${id}`);
  if (!ciphers.has(secret.length)) {
    throw new TypeError(`encryption key ${id} has ${secret.length} bytes, not 16, 24 or 32`);
  }
}
