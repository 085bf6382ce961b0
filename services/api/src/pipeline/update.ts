import type { ApiResponse } from '@kubus/shared/bus';
import { notFound } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import type { StoredCall } from './call.ts';
import { fromStored, toStored } from './convert.ts';
import { createDecoded } from './create.ts';
import { decodeBody, expectedKind } from './decode.ts';
import type { Deps } from './deps.ts';
import { writeOptions } from './options.ts';
import { checkName, mainUpdate, requireRevision, type UpdateSpec, updateObject } from './update-object.ts';

/** PUT of an object, or of a part of it with the rules of its subresource. */
export async function update(deps: Deps, call: StoredCall, spec: UpdateSpec = mainUpdate(call)): Promise<ApiResponse> {
  const options = writeOptions(call.request.query, call.context.userAgent, 'UpdateOptions');
  const { object: sent, warnings } = decodeBody(expectedKind(call.resource), call.request, options.fieldValidation);
  checkName(call, sent);
  requireRevision(call, sent);
  const wanted = await toStored(call.resource, sent);
  call.strategy.setDefaults?.(wanted);
  const lock = wanted.metadata.resourceVersion || undefined;
  const updated = await updateObject(deps, call, spec, options, {
    // Every try works on a copy of its own: admission and preparation change it.
    produce: () => ({ object: structuredClone(wanted), lock }),
  });
  if (updated !== undefined) {
    return { code: 200, body: await fromStored(call.resource, updated), ...told(call, updated, warnings) };
  }
  if (call.strategy.allowCreateOnUpdate !== true || spec.subresource !== '' || lock !== undefined) {
    throw notFound(call.resource, call.name);
  }
  return createDecoded(deps, { ...call, name: '' }, sent, options, warnings);
}

export function told(call: StoredCall, object: KubeObject, warnings: readonly string[]): { warnings?: string[] } {
  const all = [...warnings, ...(call.strategy.warnings?.(object) ?? [])];
  return all.length === 0 ? {} : { warnings: all };
}
