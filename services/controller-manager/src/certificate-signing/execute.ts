import type { ApiClient } from '@kubus/shared/bus';
import { type SigningAuthority, signRequest } from '@kubus/shared/certificates';
import { isConflict, isNotFound } from '@kubus/shared/errors';
import type { CertificateSigningRequest } from '@kubus/shared/schema';
import { type SigningPlan, signingRequests } from './plan.ts';

/** Writes what became of the request into its status. One that has changed meanwhile is looked at again when the change is seen. */
export async function execute(
  action: SigningPlan,
  object: CertificateSigningRequest,
  { api, authority, now }: { api: Pick<ApiClient, 'request'>; authority: SigningAuthority; now: Date },
): Promise<void> {
  const status = action.type === 'fail' ? failed(object, action.message, now) : await signed(action, authority, now);
  const body = { ...object, status: { ...object.status, ...status } };
  const { name } = object.metadata;
  try {
    await api.request({ ...signingRequests, verb: 'update', name, subresource: 'status', body });
  } catch (error) {
    if (!isConflict(error) && !isNotFound(error)) throw error;
  }
}

async function signed(
  { request, usages, lifetimeMs }: SigningPlan & { type: 'sign' },
  authority: SigningAuthority,
  now: Date,
): Promise<CertificateSigningRequest['status']> {
  const certificate = await signRequest(authority, request, { usages, lifetimeMs, now });
  return { certificate: Buffer.from(certificate).toString('base64') };
}

function failed(
  { status }: CertificateSigningRequest,
  message: string,
  now: Date,
): CertificateSigningRequest['status'] {
  const lastUpdateTime = now.toISOString().replace(/\.\d+Z$/, 'Z');
  const condition = { type: 'Failed', status: 'True', reason: 'SignerValidationFailure', message, lastUpdateTime };
  return { conditions: [...(status?.conditions ?? []), condition] };
}
