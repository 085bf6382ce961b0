import type { CertificateSigningRequest } from '@kubus/shared/schema';
import { hasCondition, kubeletClientProblem, kubeletClientSigner, readRequest } from '../certificate-signing/index.ts';

/** What one must be allowed to create, a subresource of certificatesigningrequests, and what the approval then says. */
export interface Recognized {
  subresource: 'selfnodeclient' | 'nodeclient';
  message: string;
}

const selfNodeClient: Recognized = {
  subresource: 'selfnodeclient',
  message: 'Auto approving self kubelet client certificate after SubjectAccessReview.',
};
const nodeClient: Recognized = {
  subresource: 'nodeclient',
  message: 'Auto approving kubelet client certificate after SubjectAccessReview.',
};

/** As what a request may be approved without anybody: a node's renewal of its own client certificate, or its first one. */
export function recognize(object: CertificateSigningRequest): readonly Recognized[] {
  const { spec, status } = object;
  if (spec.signerName !== kubeletClientSigner || status?.certificate) return [];
  if (hasCondition(object, 'Approved') || hasCondition(object, 'Denied')) return [];
  const request = readRequest(spec.request);
  if (typeof request === 'string' || kubeletClientProblem(request, spec.usages ?? []) !== undefined) return [];
  return spec.username === request.commonName ? [selfNodeClient, nodeClient] : [nodeClient];
}

export function approved(object: CertificateSigningRequest, { message }: Recognized): CertificateSigningRequest {
  const condition = { type: 'Approved', status: 'True', reason: 'AutoApproved', message };
  return { ...object, status: { ...object.status, conditions: [...(object.status?.conditions ?? []), condition] } };
}
