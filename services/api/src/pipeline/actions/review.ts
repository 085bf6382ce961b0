import type { ApiResponse } from '@kubus/shared/bus';
import type { KubeObject } from '@kubus/shared/object';
import { admitWhole } from '../admission.ts';
import type { Call } from '../call.ts';
import { decodeBody, expectedKind } from '../decode.ts';
import type { Deps } from '../deps.ts';
import { writeOptions } from '../options.ts';
import type { Action } from './contract.ts';

/** Makes an action of what answers a review: the answer is the review with its status filled in. */
export function review<T extends KubeObject>(answer: (deps: Deps, call: Call, review: T) => Promise<object>): Action {
  return async (deps, call) => {
    const options = writeOptions(call.request.query, call.context.userAgent, 'CreateOptions');
    const { object, warnings } = decodeBody(expectedKind(call.resource), call.request, options.fieldValidation);
    const admitted = (await admitWhole(deps, call, {
      operation: 'CREATE',
      subresource: '',
      object,
      dryRun: options.dryRun,
      options: 'CreateOptions',
    })) as KubeObject;
    const status = await answer(deps, call, admitted as T);
    const { metadata: sent } = admitted;
    const metadata = { ...sent, ...(sent.name ? {} : { name: undefined }) };
    const body = { ...admitted, metadata: JSON.parse(JSON.stringify(metadata)) as object, status };
    return { code: 201, body, ...(warnings.length === 0 ? {} : { warnings: [...warnings] }) } satisfies ApiResponse;
  };
}
