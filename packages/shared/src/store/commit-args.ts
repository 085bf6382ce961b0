import { StatusError } from '../errors/index.ts';
import type { KubeObject, ObjectKey } from '../object/index.ts';
import type { Operation, Preconditions } from './contract.ts';
import { encodeAccounts, encodeEnforced, splitAtRevision } from './encode.ts';
import type { KeyRing } from './encryption.ts';
import { formatMember, formatResource, objectKey, parseResource } from './keys.ts';
import { changeTypes, type OutboxEntry } from './outbox.ts';
import type { Accepted } from './results.ts';

export interface CommitEncoderOptions {
  instance: string;
  maxUndo: number;
  keyRing?: KeyRing;
}

export interface EncodedOperation {
  args: readonly string[];
  until: number;
  /** What the operation stores, sealed where it is, but for the revision. Absent of a deletion. */
  stored?: KubeObject;
}

/** Characters of an object's JSON: what one request may bring. Patches add up to no more. */
const MAX_OBJECT = 3 * 1024 * 1024;

const tooLarge = (): StatusError =>
  new StatusError('RequestEntityTooLarge', `Request entity too large: limit is ${MAX_OBJECT}`);

/** Makes the arguments of commit.lua; its header says what they are. */
export class CommitEncoder {
  readonly #prefix: string;
  readonly #options: CommitEncoderOptions;
  #calls = 0;
  #groups = 0;

  constructor(prefix: string, options: CommitEncoderOptions) {
    if (!/^[A-Za-z0-9-]+$/.test(options.instance)) throw new TypeError(`not an instance id: ${options.instance}`);
    this.#prefix = prefix;
    this.#options = options;
  }

  /** Arguments of each operation of one commit, which is refused after `until` by Redis' clock (whole milliseconds). */
  operations(operations: readonly Operation[], atomic: boolean, until: number): EncodedOperation[] {
    // One operation needs no group; commits that share a call need different ones.
    const group = atomic && operations.length > 1 ? String(++this.#groups) : '';
    return operations.map((operation) => this.#operation(operation, group, until));
  }

  /** All arguments of one call, and the name of its commit. */
  call(operations: readonly EncodedOperation[]): { commit: string; args: (string | number)[] } {
    const commit = `${this.#options.instance}-${(++this.#calls).toString(36)}`;
    const untils = operations.map(({ until }) => until);
    const args = [this.#prefix, this.#options.maxUndo, commit, Math.min(...untils), untils.join(' ')];
    for (const operation of operations) args.push(...operation.args);
    return { commit, args };
  }

  #operation(operation: Operation, group: string, until: number): EncodedOperation {
    const { key } = operation;
    const resource = formatResource(key);
    const member = formatMember(key);
    if (operation.type === 'delete') {
      const { uid = '', resourceVersion = '' } = operation.preconditions ?? {};
      const args = [group, 'd', resource, member, wanted(uid), wanted(resourceVersion), '', '', '', ''];
      return { args, until };
    }
    const { head, tail, object } = splitAtRevision(this.#seal(key, operation.object));
    if (tail.length > MAX_OBJECT) throw tooLarge();
    const verb = operation.type === 'create' ? 'c' : 'u';
    const uid = checkWord(operation.object.metadata.uid ?? '');
    const lock = operation.type === 'create' ? '' : encodeLock(operation.preconditions);
    const accounts = encodeAccounts(operation);
    const enforced = encodeEnforced(operation.charges);
    const args = [group, verb, resource, member, uid, lock, head, tail, accounts, enforced];
    return { args, until, stored: object };
  }

  #seal(key: ObjectKey, object: KubeObject): KubeObject {
    return this.#options.keyRing?.seal(key, object) ?? object;
  }
}

/** The JSON that the script has written for an operation that is no deletion, in pieces. */
export function committedText({ args }: EncodedOperation, revision: number): [string, string, string] {
  return [args[6] ?? '', String(revision), args[7] ?? ''];
}

/** What the script has written, sealed where it is. To be asked once, and not of a deletion. */
export function committedObject({ stored }: EncodedOperation, revision: number): KubeObject {
  const object = stored as KubeObject;
  object.metadata.resourceVersion = String(revision);
  return object;
}

/** The outbox entry that the script has made of an operation. */
export function committedEntry(commit: string, operation: EncodedOperation, accepted: Accepted): OutboxEntry {
  const [, verb = '', resource = '', member = ''] = operation.args;
  const { revision, previousRevision, json } = accepted;
  const [head, at, tail] = committedText(operation, revision);
  return {
    revision,
    key: objectKey(parseResource(resource), member),
    type: changeTypes.get(verb) as OutboxEntry['type'],
    previousRevision,
    commit,
    object: json ?? head + at + tail,
  };
}

function encodeLock(preconditions: Preconditions | undefined): string {
  const { uid = '', resourceVersion = '' } = preconditions ?? {};
  return uid === '' ? wanted(resourceVersion) : `${wanted(resourceVersion)} ${wanted(uid)}`;
}

/** What a client demands may be any text; no uid or revision holds a space, so that one in its place still differs from all. */
function wanted(text: string): string {
  return text.replaceAll(/\s/g, '%');
}

/** A uid is kept in one line with other words. */
function checkWord(text: string): string {
  if (/\s/.test(text)) throw new TypeError(`not a uid: ${JSON.stringify(text)}`);
  return text;
}
