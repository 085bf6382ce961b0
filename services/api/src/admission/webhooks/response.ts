import type { Status } from '@kubus/shared/errors';
import { isObject, type JsonObject } from '@kubus/shared/schema';
import type { Review } from './review.ts';

/** admission.k8s.io AdmissionResponse, checked. */
export interface Verdict {
  allowed: boolean;
  status: Partial<Status> | undefined;
  /** Operations of a JSON patch; absent or empty: nothing is changed. */
  patch: readonly unknown[] | undefined;
  warnings: readonly string[];
  auditAnnotations: readonly (readonly [string, string])[];
}

/** Reads what a webhook answered (webhook/request VerifyAdmissionResponse). Throws Error with what is wrong with it. */
export function verdictOf(review: Review, mutating: boolean, body: unknown): Verdict {
  if (!isObject(body) || !isObject(body['response'])) throw new Error('webhook response was absent');
  const { response } = body as { response: JsonObject };
  if (review.version === 'v1') verifyEnvelope(review, body, response);
  return {
    allowed: response['allowed'] === true,
    status: isObject(response['status']) ? (response['status'] as Partial<Status>) : undefined,
    patch: patchOf(review, mutating, response),
    warnings: texts(response['warnings']),
    auditAnnotations: annotationsOf(response['auditAnnotations']),
  };
}

function verifyEnvelope(review: Review, body: JsonObject, response: JsonObject): void {
  const { apiVersion, kind } = body;
  if (apiVersion !== 'admission.k8s.io/v1' || kind !== 'AdmissionReview') {
    throw new Error(
      `expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got ${String(apiVersion)}, Kind=${String(kind)}`,
    );
  }
  if (response['uid'] !== review.uid) {
    throw new Error(
      `expected response.uid=${JSON.stringify(review.uid)}, got ${JSON.stringify(response['uid'] ?? '')}`,
    );
  }
}

function patchOf(review: Review, mutating: boolean, response: JsonObject): readonly unknown[] | undefined {
  const { patch, patchType } = response;
  const present = typeof patch === 'string' && patch !== '';
  if (review.version === 'v1') {
    if (!mutating && (present || patchType !== undefined)) {
      throw new Error('webhook response.patch and response.patchType must not be set by a validating webhook');
    }
    if (present && !patchType) throw new Error('webhook returned response.patch but not response.patchType');
    if (!present && patchType) throw new Error('webhook returned response.patchType but not response.patch');
    if (present && patchType !== 'JSONPatch') {
      throw new Error(`webhook returned invalid response.patchType of ${JSON.stringify(patchType)}`);
    }
  }
  if (!present || !mutating) return undefined;
  const operations: unknown = JSON.parse(Buffer.from(patch, 'base64').toString('utf8'));
  if (!Array.isArray(operations)) throw new Error('received undecodable patch in webhook response: it is no array');
  return operations;
}

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];

function annotationsOf(value: unknown): [string, string][] {
  if (!isObject(value)) return [];
  return Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
}
