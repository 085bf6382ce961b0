import type { ApiResponse } from '@kubus/shared/bus';
import { invalid, notFound, type Status } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import type { PartSubresource, TransformSubresource } from '@kubus/shared/registry';
import { admitWhole } from './admission.ts';
import type { StoredCall } from './call.ts';
import { decodeBody } from './decode.ts';
import { type Deps, timestamp } from './deps.ts';
import { badRequest } from './errors.ts';
import { writeOptions } from './options.ts';
import { updateObject } from './update-object.ts';
import type { UpdateSpec } from './update-spec.ts';

/** The rules by which a part of an object is updated. */
export function partUpdate(name: string, part: PartSubresource): UpdateSpec {
  return {
    rules: part.rules,
    subresource: name,
    countsForGeneration: part.countsForGeneration ?? false,
    resetFields: part.resetFields,
  };
}

const unchecked: UpdateSpec['rules'] = {};

/** Carries out a body that is posted to an object and changes it: a binding. */
export async function transform(
  deps: Deps,
  call: StoredCall,
  subresource: TransformSubresource & NonNullable<StoredCall['subresource']>,
): Promise<ApiResponse> {
  const options = writeOptions(call.request.query, call.context.userAgent, 'CreateOptions');
  const expected = { ...subresource.responds, schema: subresource.schema };
  const { object: body, warnings } = decodeBody(expected, call.request, options.fieldValidation);
  if (body.metadata.name && body.metadata.name !== call.name) {
    throw badRequest(`the name in the ${expected.kind} object does not match the name in the URL`);
  }
  const errors = subresource.validate(body);
  if (errors.length > 0) throw invalid({ group: expected.group, kind: expected.kind, name: call.name }, errors);
  const admitted = await admitWhole(deps, call, {
    operation: 'CREATE',
    subresource: subresource.name,
    object: body,
    dryRun: options.dryRun,
    options: 'CreateOptions',
  });
  const spec: UpdateSpec = {
    admitted: true,
    rules: unchecked,
    subresource: subresource.name,
    // A pod that is bound is still as it was made (KEP-5067).
    countsForGeneration: false,
    enforceCharges: subresource.enforceCharges === true,
  };
  const updated = await updateObject(deps, call, spec, options, {
    produce: (old) => ({
      object: subresource.transform(old, admitted as KubeObject, { now: timestamp(deps.clock.now()) }),
      tracked: true,
    }),
  });
  if (updated === undefined) throw notFound(call.resource, call.name);
  return { code: 201, body: success, ...(warnings.length === 0 ? {} : { warnings: [...warnings] }) };
}

export const success: Status = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
