import type { ApiResponse } from '@kubus/shared/bus';
import { isAlreadyExists, notFound } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import { cloneJson } from '@kubus/shared/schema';
import { unauthorized } from '../authz/index.ts';
import { attributesOf } from './attributes.ts';
import type { StoredCall } from './call.ts';
import { fromStored, isStoredVersion, toStored } from './convert.ts';
import { createDecoded } from './create.ts';
import { decodeBody, expectedKind } from './decode.ts';
import type { Deps } from './deps.ts';
import { writeOptions } from './options.ts';
import { checkName, requireRevision, type Updated, updateObject } from './update-object.ts';
import { lockOn, mainUpdate, type UpdateSpec } from './update-spec.ts';

/** PUT of an object, or of a part of it with the rules of its subresource. */
export async function update(
  deps: Deps,
  call: StoredCall,
  spec: UpdateSpec = mainUpdate(call),
  tries = CREATE_TRIES,
): Promise<ApiResponse> {
  const options = writeOptions(call.request.query, call.context.userAgent, 'UpdateOptions');
  const { object: sent, warnings } = decodeBody(expectedKind(call.resource), call.request, options.fieldValidation);
  checkName(call, sent);
  const wanted = await toStored(call.resource, sent);
  call.strategy.setDefaults?.(wanted);
  const lock = lockOn(wanted.metadata.resourceVersion);
  const updated = await updateObject(deps, call, spec, options, {
    // Of what is not there nobody can know a revision. Every try works on a copy of its own: admission and preparation change it.
    produce: () => {
      requireRevision(call, sent);
      return { object: cloneJson(wanted), lock };
    },
  });
  if (updated !== undefined) return updatedAnswer(call, updated, warnings);
  if (call.strategy.allowCreateOnUpdate !== true || spec.subresource !== '' || lock !== undefined) {
    throw notFound(call.resource, call.name);
  }
  await requireCreate(deps, call);
  return createOr(
    () => createDecoded(deps, { ...call, name: '' }, sent, options, warnings),
    () => update(deps, call, spec, tries - 1),
    tries,
  );
}

/** The right to change what there is does not include the right to make it (apiserver/pkg/endpoints/handlers withAuthorization). Throws Forbidden. */
export async function requireCreate(deps: Deps, call: StoredCall): Promise<void> {
  const attributes = { ...attributesOf(call), verb: 'create' };
  const decision = await deps.authorizer.authorize(attributes);
  if (!decision.allowed) throw unauthorized(attributes, decision);
}

/** Admission may say that something exists, and say so for ever. */
export const CREATE_TRIES = 5;

/** Creates what did not exist; where another was faster, it is an update after all (apiserver/pkg/storage GuaranteedUpdate tries again as well). */
export async function createOr(
  create: () => Promise<ApiResponse>,
  update: () => Promise<ApiResponse>,
  tries: number,
): Promise<ApiResponse> {
  try {
    return await create();
  } catch (error) {
    if (tries > 1 && isAlreadyExists(error)) return update();
    throw error;
  }
}

/** The object as it is now, in its text where that is at hand. */
export async function updatedAnswer(
  call: StoredCall,
  { object, old, text }: Updated,
  warnings: readonly string[],
): Promise<ApiResponse> {
  const json = text !== undefined && isStoredVersion(call.resource) ? { json: () => text } : {};
  return { code: 200, body: await fromStored(call.resource, object), ...json, ...told(call, object, old, warnings) };
}

function told(
  call: StoredCall,
  object: KubeObject,
  old: KubeObject,
  warnings: readonly string[],
): { warnings?: string[] } {
  const all = [...warnings, ...(call.strategy.warnings?.(object, old) ?? [])];
  return all.length === 0 ? {} : { warnings: all };
}
