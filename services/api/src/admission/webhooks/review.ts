import { randomUUID } from 'node:crypto';
import type { ServedResource } from '@kubus/shared/registry';
import type { AdmissionRequest } from '../contract.ts';
import { attributesOf, optionsOf } from '../matching/attributes.ts';
import type { Shown } from '../matching/versioned.ts';

/** Versions of AdmissionReview that are spoken, the best first. */
const versions = ['v1', 'v1beta1'] as const;
export type ReviewVersion = (typeof versions)[number];

/** The version in which a webhook is asked: the first of its own list that is spoken here. */
export function reviewVersion(accepted: readonly string[] | undefined): ReviewVersion {
  const found = (accepted ?? ['v1']).find((version) => (versions as readonly string[]).includes(version));
  if (found === undefined) throw new Error('webhook does not accept known AdmissionReview versions (v1, v1beta1)');
  return found as ReviewVersion;
}

export interface Review {
  uid: string;
  version: ReviewVersion;
  body: object;
}

/** admission.k8s.io AdmissionReview: the question. */
export function reviewOf(
  request: AdmissionRequest,
  shown: Shown,
  resource: ServedResource,
  version: ReviewVersion,
): Review {
  const uid = randomUUID();
  const body = {
    kind: 'AdmissionReview',
    apiVersion: `admission.k8s.io/${version}`,
    request: { uid, ...requestOf(request, shown, resource) },
  };
  return { uid, version, body };
}

function requestOf(request: AdmissionRequest, shown: Shown, resource: ServedResource): object {
  return {
    ...attributesOf(request, shown.kind, resource),
    object: shown.object ?? null,
    oldObject: shown.old ?? null,
    dryRun: request.dryRun,
    options: optionsOf(request),
  };
}
