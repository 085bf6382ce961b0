import { admitWhole } from '../admission.ts';
import { decodeBody, expectedKind } from '../decode.ts';
import { noSuchResource } from '../errors.ts';
import { writeOptions } from '../options.ts';
import { stored } from '../resolve.ts';
import { transform } from '../subresources.ts';
import type { Action } from './contract.ts';

/** POST of a Binding to the collection `bindings`: the pod is named by the body. */
export const legacyBinding: Action = async (deps, call) => {
  const pods = deps.registry.resource({ group: '', version: 'v1', resource: 'pods' });
  const subresource = pods?.subresources.get('binding');
  const { metadata } = (call.request.body ?? {}) as { metadata?: { name?: unknown } };
  const name = typeof metadata?.name === 'string' ? metadata.name : '';
  const target = pods && stored({ ...call, resource: pods, subresource, name });
  if (target === undefined || subresource?.type !== 'transform') throw noSuchResource();
  const options = writeOptions(call.request.query, call.context.userAgent, 'CreateOptions');
  const { object } = decodeBody(expectedKind(call.resource), call.request, options.fieldValidation);
  const body = await admitWhole(deps, call, {
    operation: 'CREATE',
    subresource: '',
    object,
    dryRun: options.dryRun,
    options: 'CreateOptions',
  });
  return transform(deps, { ...target, request: { ...call.request, body } }, subresource);
};
