import type { ApiResponse } from '@kubus/shared/bus';
import { notFound } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import { admitWhole } from '../admission.ts';
import { keyOf, type StoredCall } from '../call.ts';
import { decodeBody } from '../decode.ts';
import { deleteObject } from '../delete.ts';
import { deleteOptions } from '../delete-options.ts';
import type { Deps } from '../deps.ts';
import { badRequest } from '../errors.ts';
import { writeOptions } from '../options.ts';
import { success } from '../subresources.ts';

interface Eviction extends KubeObject {
  deleteOptions?: unknown;
}

/** Deletes a pod on behalf of somebody who wants its node empty (kubernetes.io: API-initiated Eviction). Disruption budgets do not exist yet. */
export async function evict(deps: Deps, call: StoredCall): Promise<ApiResponse> {
  const options = writeOptions(call.request.query, call.context.userAgent, 'CreateOptions');
  const expected = { group: 'policy', version: 'v1', kind: 'Eviction', schema: 'io.k8s.api.policy.v1.Eviction' };
  const request = { ...call.request, body: modern(call.request.body) };
  const eviction = decodeBody(expected, request, options.fieldValidation).object as Eviction;
  if (eviction.metadata.name && eviction.metadata.name !== call.name) {
    throw badRequest('name in URL does not match name in Eviction object');
  }
  const old = await deps.store.get(keyOf(call));
  if (old === undefined) throw notFound(call.resource, call.name);
  const asked = deleteOptions(eviction.deleteOptions, undefined);
  const dryRun = options.dryRun || asked.dryRun;
  await admitWhole(deps, call, {
    operation: 'CREATE',
    subresource: 'eviction',
    object: eviction,
    old,
    dryRun,
    options: 'CreateOptions',
  });
  await deleteObject(deps, call, { ...asked, dryRun });
  return { code: 201, body: success };
}

/** Clients of before 1.22 send policy/v1beta1; it is the same but for its name. */
function modern(body: unknown): unknown {
  if (typeof body !== 'object' || body === null) return body;
  const { apiVersion } = body as { apiVersion?: unknown };
  return apiVersion === 'policy/v1beta1' ? { ...body, apiVersion: 'policy/v1' } : body;
}
