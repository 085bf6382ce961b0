import type { ApiResponse } from '@kubus/shared/bus';
import { notFound, StatusError } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import { patchObject } from '@kubus/shared/schema';
import type { StoredCall } from './call.ts';
import { fromStored, toStored } from './convert.ts';
import { createDecoded } from './create.ts';
import { asKind, decodeBody, expectedKind } from './decode.ts';
import { type Deps, timestamp } from './deps.ts';
import { badRequest } from './errors.ts';
import { type WriteOptions, writeOptions } from './options.ts';
import { told } from './update.ts';
import { checkName, mainUpdate, type UpdateSpec, updateObject } from './update-object.ts';

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
    produce: (old) => {
      const patched = patchServed(call, fromStored(resource, old), options);
      warnings = patched.warnings;
      checkName(call, patched.object);
      const object = toStored(resource, patched.object);
      call.strategy.setDefaults?.(object);
      return { object, lock: lockOf(object, old) };
    },
  });
  if (updated === undefined) throw notFound(resource, call.name);
  return { code: 200, body: fromStored(resource, updated), ...told(call, updated, warnings) };
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
  const { resourceVersion } = object.metadata;
  return resourceVersion && resourceVersion !== old.metadata.resourceVersion ? resourceVersion : undefined;
}

/** Server-side apply (KEP-555): of an object that does not exist it creates it. */
async function apply(deps: Deps, call: StoredCall, spec: UpdateSpec): Promise<ApiResponse> {
  const options = writeOptions(call.request.query, call.context.userAgent, 'PatchOptions', true);
  const { object: sent, warnings } = decodeBody(expectedKind(call.resource), call.request, options.fieldValidation);
  checkApplied(call, sent);
  const updated = await updateObject(deps, call, spec, options, {
    produce: (old) => applyTo(deps, call, spec, options, sent, old),
  });
  if (updated !== undefined) {
    return { code: 200, body: fromStored(call.resource, updated), ...told(call, updated, warnings) };
  }
  if (spec.subresource !== '') throw notFound(call.resource, call.name);
  if (sent.metadata.uid) throw uidOfNothing(call, sent.metadata.uid);
  return createDecoded(deps, { ...call, name: '' }, sent, options, warnings, true);
}

function applyTo(
  deps: Deps,
  call: StoredCall,
  spec: UpdateSpec,
  options: WriteOptions,
  sent: KubeObject,
  old: KubeObject,
) {
  const object = deps.fields.apply({
    schema: call.resource.served.schema,
    apiVersion: sent.apiVersion,
    object: structuredClone(sent),
    old: fromStored(call.resource, old),
    manager: options.fieldManager,
    subresource: spec.subresource,
    now: timestamp(deps.clock.now()),
    force: options.force,
  });
  const stored = toStored(call.resource, object);
  call.strategy.setDefaults?.(stored);
  return { object: stored, lock: sent.metadata.resourceVersion || undefined, tracked: true };
}

function checkApplied(call: StoredCall, sent: KubeObject): void {
  if (sent.metadata.managedFields !== undefined && sent.metadata.managedFields.length > 0) {
    throw badRequest('metadata.managedFields must be nil');
  }
  sent.metadata.name ||= call.name;
  checkName(call, sent);
}

function uidOfNothing(call: StoredCall, uid: string): StatusError {
  const { name } = call;
  return new StatusError(
    'Conflict',
    `Operation cannot be fulfilled on ${call.resource.resource} ${JSON.stringify(name)}: uid mismatch: the provided object specified uid ${uid}, and no existing object was found`,
    { name, kind: call.resource.resource },
  );
}
