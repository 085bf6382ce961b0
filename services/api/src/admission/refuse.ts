import type { StatusError } from '@kubus/shared/errors';
import { forbidden } from '../authz/index.ts';
import type { AdmissionRequest } from './contract.ts';

/** The refusal of a plugin, as Kubernetes words it: `pods "web" is forbidden: <why>` (apiserver/pkg/admission NewForbidden). */
export function refusal(request: AdmissionRequest, why: string): StatusError {
  return forbidden(request.resource, subjectOf(request), why);
}

function subjectOf({ name, object }: AdmissionRequest): string {
  return name || object?.metadata?.name || object?.metadata?.generateName || 'Unknown';
}
