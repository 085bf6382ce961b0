import { type CertificateRequest, parseRequest } from '@kubus/shared/certificates';
import type { CertificateSigningRequest } from '@kubus/shared/schema';
import { signerOf } from './signers.ts';

export const signingRequests = {
  group: 'certificates.k8s.io',
  version: 'v1',
  resource: 'certificatesigningrequests',
} as const;

export type SigningPlan =
  | { type: 'sign'; request: CertificateRequest; usages: readonly string[]; lifetimeMs: number }
  | { type: 'fail'; message: string };

const leastMs = 10 * 60_000;

/** What is to be done about a request; nothing unless it is approved, is for one of Kubernetes' signers and has come to no end yet. */
export function plan(object: CertificateSigningRequest, longestMs: number): SigningPlan | undefined {
  const { spec, status } = object;
  const validate = signerOf(spec?.signerName ?? '');
  if (validate === undefined || !isApproved(object) || hasCondition(object, 'Failed') || status?.certificate)
    return undefined;
  const usages = spec.usages ?? [];
  const request = readRequest(spec.request);
  if (typeof request === 'string') return { type: 'fail', message: request };
  const problem = validate(request, usages);
  if (problem !== undefined) return { type: 'fail', message: problem };
  const wanted = spec.expirationSeconds === undefined ? longestMs : spec.expirationSeconds * 1000;
  return { type: 'sign', request, usages, lifetimeMs: Math.min(longestMs, Math.max(leastMs, wanted)) };
}

/** `encoded` is base64 of PEM; what is wrong with it, when it cannot be read. */
export function readRequest(encoded: string): CertificateRequest | string {
  try {
    return parseRequest(Buffer.from(encoded, 'base64').toString());
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const isApproved = (object: CertificateSigningRequest): boolean =>
  hasCondition(object, 'Approved') && !hasCondition(object, 'Denied');

export const hasCondition = ({ status }: CertificateSigningRequest, wanted: string): boolean =>
  (status?.conditions ?? []).some(({ type }) => type === wanted);
