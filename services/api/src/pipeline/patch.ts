import type { ApiResponse } from '@kubus/shared/bus';
import { notFound, type StatusError } from '@kubus/shared/errors';
import { apiVersionOf, type GroupVersionKind, type KubeObject } from '@kubus/shared/object';
import { applyObject, isObject, patchObject } from '@kubus/shared/schema';
import { resetFields, type StoredCall, versionsOf } from './call.ts';
import { fromStored, isStoredVersion, toStored } from './convert.ts';
import { createDecoded } from './create.ts';
import { asKind, checkKind, expectedKind } from './decode.ts';
import { type Deps, timestamp } from './deps.ts';
import { badRequest, conflict } from './errors.ts';
import { type WriteOptions, writeOptions } from './options.ts';
import { CREATE_TRIES, createOr, requireCreate, updatedAnswer } from './update.ts';
import { checkName, updateObject } from './update-object.ts';
import { lockOn, mainUpdate, type UpdateSpec } from './update-spec.ts';

const applyType = 'application/apply-patch+yaml';

/** The media type of a request's body, without parameters. */
export function mediaTypeOf({ contentType = '' }: { contentType?: string }): string {
  return (contentType.split(';', 1)[0] ?? '').trim().toLowerCase();
}

/** PATCH of an object, or of a part of it with the rules of its subresource. */
export function patch(deps: Deps, call: StoredCall, spec: UpdateSpec = mainUpdate(call)): Promise<ApiResponse> {
  return mediaTypeOf(call.request) === applyType ? apply(deps, call, spec) : patchStored(deps, call, spec);
}

async function patchStored(deps: Deps, call: StoredCall, spec: UpdateSpec): Promise<ApiResponse> {
  const { request, resource } = call;
  const options = writeOptions(request.query, call.context.userAgent, 'PatchOptions');
  let warnings: readonly string[] = [];
  const updated = await updateObject(deps, call, spec, options, {
    produce: async (old) => {
      const patched = patchServed(call, await fromStored(resource, old), options);
      warnings = patched.warnings;
      checkName(call, patched.object);
      const object = await toStored(resource, patched.object);
      call.strategy.setDefaults?.(object);
      return { object, lock: lockOf(object, old) };
    },
  });
  if (updated === undefined) throw notFound(resource, call.name);
  return updatedAnswer(call, updated, warnings);
}

function patchServed({ request, resource }: StoredCall, live: KubeObject, options: WriteOptions) {
  const patch = { contentType: mediaTypeOf(request), body: request.body };
  const { object, warnings } = patchObject(resource.served.schema, live, patch, {
    fieldValidation: options.fieldValidation,
    ...(request.strictErrors === undefined ? {} : { strictErrors: request.strictErrors }),
  });
  return { object: asKind(object, expectedKind(resource)), warnings };
}

/** A patch that leaves resourceVersion alone insists on none. */
function lockOf(object: KubeObject, old: KubeObject): string | undefined {
  const lock = lockOn(object.metadata.resourceVersion);
  return lock === old.metadata.resourceVersion ? undefined : lock;
}

/** Server-side apply (KEP-555): of an object that does not exist it creates it. */
async function apply(deps: Deps, call: StoredCall, spec: UpdateSpec, tries = CREATE_TRIES): Promise<ApiResponse> {
  const options = writeOptions(call.request.query, call.context.userAgent, 'PatchOptions', true);
  const sent = call.request.body;
  checkVersion(sent, call.resource);
  checkKind(sent, call.resource);
  const { uid, resourceVersion } = metadataOf(sent);
  const updated = await updateObject(deps, call, spec, options, {
    produce: async (old) => {
      const object = applied(deps, call, spec, options, await fromStored(call.resource, old));
      if (uid) object.metadata.uid = uid;
      return { object: await toStored(call.resource, object), lock: lockOn(resourceVersion), tracked: true };
    },
  });
  if (updated !== undefined) return updatedAnswer(call, updated, []);
  if (spec.subresource !== '') throw notFound(call.resource, call.name);
  if (uid) throw uidOfNothing(call, uid);
  await requireCreate(deps, call);
  const created = applied(deps, call, spec, options, undefined);
  return createOr(
    () => createDecoded(deps, { ...call, name: '' }, created, options, [], true),
    () => apply(deps, call, spec, tries - 1),
    tries,
  );
}

/** An applied configuration says which version it is of (apimachinery managedfields/internal/structuredmerge.go). */
function checkVersion(body: unknown, resource: GroupVersionKind): void {
  if (body !== null && !isObject(body)) return;
  const said = body?.['apiVersion'];
  const [version, expected] = [typeof said === 'string' ? said : '', apiVersionOf(resource)];
  if (version === expected) return;
  throw badRequest(
    `Incorrect version specified in apply patch. Specified patch version: ${version}, expected: ${expected}`,
  );
}

function applied(
  deps: Deps,
  call: StoredCall,
  spec: UpdateSpec,
  options: WriteOptions,
  live: KubeObject | undefined,
): KubeObject {
  const { strategy, resource } = call;
  const reset = spec.subresource === '' ? resetFields(strategy) : spec.resetFields;
  const { object } = applyObject(resource.served.schema, live, call.request.body, {
    manager: options.fieldManager,
    now: timestamp(deps.clock.now()),
    force: options.force,
    ...versionsOf(call),
    ...(spec.subresource === '' ? {} : { subresource: spec.subresource }),
    ...(reset === undefined ? {} : { resetFields: reset }),
    ...(isStoredVersion(resource) && strategy.setDefaults !== undefined ? { setDefaults: strategy.setDefaults } : {}),
  });
  const known = asKind(object, expectedKind(resource));
  checkName(call, known);
  return known;
}

function metadataOf(body: unknown): { uid?: string; resourceVersion?: string } {
  const { metadata } = (body ?? {}) as { metadata?: { uid?: unknown; resourceVersion?: unknown } };
  return Object.fromEntries(
    Object.entries({ uid: metadata?.uid, resourceVersion: metadata?.resourceVersion }).filter(
      ([, value]) => typeof value === 'string',
    ),
  );
}

function uidOfNothing(call: StoredCall, uid: string): StatusError {
  return conflict(
    call.resource,
    call.name,
    `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
  );
}
