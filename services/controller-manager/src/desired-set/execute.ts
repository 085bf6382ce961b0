import type { ApiClient, ApiRequest } from '@kubus/shared/bus';
import { isNotFound, isRetryable, type StatusError } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import { sendAll } from '../common/batch.ts';
import { fingerprintOf, inventoryEntry, resultOf, type SetObject, setOf } from './plan.ts';
import type { InventoryEntry, ObjectResult, SetError } from './status.ts';

/** Who acts for a set: a client with the set's rights, and the name of its fields. */
export interface SetClient {
  api: Pick<ApiClient, 'batch'>;
  fieldManager: string;
  /** `<namespace>.<name>`. */
  key: string;
}

export interface Applied {
  results: ObjectResult[];
  errors: SetError[];
  /** Entries of what was applied, with uid and fingerprint. */
  inventory: InventoryEntry[];
  /** Some were being deleted: they are to be applied again when they are gone. */
  terminating: boolean;
}

/** Whether the API would accept all objects; changes nothing. `before` has the resourceVersion of those that exist. Throws what may pass by itself. */
export async function dryRun(
  client: SetClient,
  objects: readonly SetObject[],
): Promise<{ errors: SetError[]; before: ReadonlyMap<SetObject, string> }> {
  const answers = await sendAll(
    client.api,
    objects.map((object) => applyRequest(client, object, true)),
  );
  const errors: SetError[] = [];
  const before = new Map<SetObject, string>();
  for (const [index, object] of objects.entries()) {
    const { error, body } = answers[index] ?? {};
    if (error !== undefined) errors.push(refusal(error, object));
    else before.set(object, (body as KubeObject).metadata.resourceVersion ?? '');
  }
  return { errors, before };
}

/**
 * Applies in order; what is refused does not keep the others from being applied. `before` gives the resourceVersion that an object had, if there was one.
 * Throws what may pass by itself.
 */
export async function apply(
  client: SetClient,
  objects: readonly SetObject[],
  before: (object: SetObject) => string | undefined,
): Promise<Applied> {
  const answers = await sendAll(
    client.api,
    objects.map((object) => applyRequest(client, object, false)),
  );
  const applied: Applied = { results: [], errors: [], inventory: [], terminating: false };
  for (const [index, object] of objects.entries()) {
    const { error, body } = answers[index] ?? {};
    if (error !== undefined) {
      applied.errors.push(refusal(error, object));
      applied.results.push(resultOf(object, 'failed'));
      continue;
    }
    const { resourceVersion, deletionTimestamp } = (body as KubeObject).metadata;
    applied.terminating ||= deletionTimestamp !== undefined;
    applied.results.push(resultOf(object, wordFor(before(object), resourceVersion)));
    applied.inventory.push({ ...inventoryEntry(object), ...described(body as KubeObject) });
  }
  return applied;
}

function wordFor(before: string | undefined, after: string | undefined): 'created' | 'unchanged' | 'configured' {
  if (before === undefined || before === '') return 'created';
  return before === after ? 'unchanged' : 'configured';
}

function described(object: KubeObject): { uid?: string; fingerprint: string } {
  const { uid } = object.metadata;
  return { ...(uid === undefined ? {} : { uid }), fingerprint: fingerprintOf(object) };
}

export interface Removed {
  results: ObjectResult[];
  errors: SetError[];
  /** Entries that are not gone yet, because they could not be deleted. */
  left: InventoryEntry[];
}

/**
 * Deletes objects that the set made. One that somebody else has taken over since (it bears another set's mark, or none) stays, and is forgotten. What its
 * dependents are is left to garbage collection in the background.
 */
export async function remove(
  client: SetClient,
  entries: readonly InventoryEntry[],
  word: 'pruned' | 'deleted',
): Promise<Removed> {
  const removed: Removed = { results: [], errors: [], left: [] };
  const found = await sendAll(
    client.api,
    entries.map((entry) => ({ ...target(entry), verb: 'get' as const })),
  );
  const doomed: { entry: InventoryEntry; uid: string }[] = [];
  for (const [index, entry] of entries.entries()) {
    const { error, body } = found[index] ?? {};
    if (error !== undefined) note(removed, entry, error, word);
    else if (setOf(body as KubeObject) === client.key)
      doomed.push({ entry, uid: (body as KubeObject).metadata.uid ?? '' });
  }
  const deletions = doomed.map(({ entry, uid }) => deleteRequest(entry, uid));
  const answers = await sendAll(client.api, deletions);
  for (const [index, { entry }] of doomed.entries()) {
    const { error } = answers[index] ?? {};
    if (error !== undefined) note(removed, entry, error, word);
    else removed.results.push(resultOf(entry, word));
  }
  return removed;
}

/** What is not there needs no deletion. */
function note(removed: Removed, entry: InventoryEntry, error: StatusError, word: 'pruned' | 'deleted'): void {
  if (isNotFound(error)) {
    removed.results.push(resultOf(entry, word));
    return;
  }
  removed.errors.push(refusal(error, entry));
  removed.results.push(resultOf(entry, 'failed'));
  removed.left.push(entry);
}

function refusal(error: StatusError, object: InventoryEntry & { document?: number }): SetError {
  const mayPass: boolean = isRetryable(error);
  if (mayPass) throw error;
  const causes = error.details?.causes;
  return {
    ...(object.document === undefined ? {} : { document: object.document }),
    object: `${object.kind}/${object.name}`,
    message: error.message,
    reason: error.reason,
    ...(causes === undefined ? {} : { causes }),
  };
}

function target({ group, version, resource, namespace, name }: InventoryEntry) {
  return { group, version, resource, name, ...(namespace === '' ? {} : { namespace }) };
}

function applyRequest({ fieldManager }: SetClient, object: SetObject, dry: boolean): ApiRequest {
  return {
    ...target(object),
    verb: 'patch',
    contentType: 'application/apply-patch+yaml',
    query: {
      fieldManager,
      fieldValidation: 'Strict',
      ...(object.force ? { force: 'true' } : {}),
      ...(dry ? { dryRun: 'All' } : {}),
    },
    body: object.object,
  };
}

function deleteRequest(entry: InventoryEntry, uid: string): ApiRequest {
  return { ...target(entry), verb: 'delete', body: { propagationPolicy: 'Background', preconditions: { uid } } };
}
