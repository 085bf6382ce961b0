import type { ApiResponse } from '@kubus/shared/bus';
import { invalid, notFound, StatusError } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import { field } from '@kubus/shared/registry';
import type { StoredCall } from './call.ts';
import { fromStored, toStored } from './convert.ts';
import { createDecoded } from './create.ts';
import { decodeAs, decodeBody, expectedKind, judge } from './decode.ts';
import { type Deps, timestamp } from './deps.ts';
import { badRequest } from './errors.ts';
import { jsonMergePatch, jsonPatch } from './json-patches.ts';
import { type WriteOptions, writeOptions } from './options.ts';
import { told } from './update.ts';
import { checkName, mainUpdate, type UpdateSpec, updateObject } from './update-object.ts';

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply';

const types: ReadonlyMap<string, PatchType> = new Map([
  ['application/json-patch+json', 'json'],
  ['application/merge-patch+json', 'merge'],
  ['application/strategic-merge-patch+json', 'strategic'],
  ['application/apply-patch+yaml', 'apply'],
]);

export function patchTypeOf(contentType: string | undefined): PatchType {
  const [media = ''] = (contentType ?? '').split(';', 1);
  const type = types.get(media.trim().toLowerCase());
  if (type !== undefined) return type;
  throw new StatusError(
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${[...types.keys()].join(', ')}`,
    {},
  );
}

/** PATCH of an object, or of a part of it with the rules of its subresource. */
export function patch(deps: Deps, call: StoredCall, spec: UpdateSpec = mainUpdate(call)): Promise<ApiResponse> {
  const type = patchTypeOf(call.request.contentType);
  return type === 'apply' ? apply(deps, call, spec) : patchObject(deps, call, spec, type);
}

async function patchObject(
  deps: Deps,
  call: StoredCall,
  spec: UpdateSpec,
  type: Exclude<PatchType, 'apply'>,
): Promise<ApiResponse> {
  const options = writeOptions(call.request.query, call.context.userAgent, 'PatchOptions');
  const body = call.request.body;
  if (typeof body !== 'object' || body === null) throw badRequest('error decoding patch: the body is not an object');
  let warnings: string[] = [];
  const updated = await updateObject(deps, call, spec, options, {
    produce: (old) => {
      const patched = patchServed(deps, call, fromStored(call.resource, old), type);
      const unknown: string[] = [...(call.request.strictErrors ?? [])];
      const decoded = decodeAs(deps.codec, expectedKind(call.resource), patched, unknown);
      warnings = judge(unknown, options.fieldValidation, (why) => unknownFields(body, why));
      checkName(call, decoded);
      const object = toStored(call.resource, decoded);
      call.strategy.setDefaults?.(object);
      return { object, lock: lockOf(object, old) };
    },
  });
  if (updated === undefined) throw notFound(call.resource, call.name);
  return { code: 200, body: fromStored(call.resource, updated), ...told(call, updated, warnings) };
}

/** A patch that leaves resourceVersion alone insists on none. */
function lockOf(object: KubeObject, old: KubeObject): string | undefined {
  const { resourceVersion } = object.metadata;
  return resourceVersion && resourceVersion !== old.metadata.resourceVersion ? resourceVersion : undefined;
}

function patchServed(deps: Deps, call: StoredCall, object: KubeObject, type: Exclude<PatchType, 'apply'>): object {
  const { body } = call.request;
  if (type === 'json') return jsonPatch(object, body);
  if (type === 'merge') return jsonMergePatch(object, body);
  return deps.codec.strategicMerge(call.resource.served.schema, object, body);
}

function unknownFields(body: object, why: string): StatusError {
  return invalid({ group: '', kind: '', name: '' }, [field.invalid('patch', JSON.stringify(body), why)]);
}

/** Server-side apply (KEP-555): of an object that does not exist it creates it. */
async function apply(deps: Deps, call: StoredCall, spec: UpdateSpec): Promise<ApiResponse> {
  const options = writeOptions(call.request.query, call.context.userAgent, 'PatchOptions', true);
  const { object: sent, warnings } = decodeBody(
    deps.codec,
    expectedKind(call.resource),
    call.request,
    options.fieldValidation,
  );
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
  const object = deps.codec.apply({
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
