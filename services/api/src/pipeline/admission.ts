import type { KubeObject } from '@kubus/shared/object';
import type { AdmissionOperation, AdmissionRequest, OptionsOf, View } from '../admission/index.ts';
import type { Call } from './call.ts';
import type { Deps } from './deps.ts';

/** What admission is asked beside what the call says already. */
export interface Asked {
  operation: AdmissionOperation;
  /** '' for the object itself. */
  subresource: string;
  object?: KubeObject;
  old?: KubeObject;
  dryRun: boolean;
  /** Kind of the options that the client may have sent. */
  options?: OptionsOf['kind'];
  view?: View | undefined;
}

export function admissionRequest(call: Call, asked: Asked): AdmissionRequest {
  const { request, context, resource, namespace, name, notes } = call;
  const { operation, subresource, object, old, dryRun, options, view } = asked;
  return {
    operation,
    resource,
    subresource,
    namespace,
    name,
    user: context.user,
    ...(object === undefined ? {} : { object }),
    ...(old === undefined ? {} : { old }),
    dryRun,
    ...(options === undefined ? {} : { options: optionsOf(options, request) }),
    ...(view === undefined ? {} : { view }),
    notes,
    signal: context.signal,
  };
}

function optionsOf(kind: OptionsOf['kind'], { query, body }: Call['request']): OptionsOf {
  return kind === 'DeleteOptions' ? { kind, query, body } : { kind, query };
}

/** Both steps at once, for what is carried out as it was sent. Gives the object as it was admitted. */
export async function admitWhole(deps: Deps, call: Call, asked: Asked): Promise<KubeObject | undefined> {
  const request = admissionRequest(call, asked);
  const admitting = deps.admission.admit(request);
  if (admitting !== undefined) await admitting;
  const validating = deps.admission.validate(request);
  if (validating !== undefined) await validating;
  return request.object;
}
