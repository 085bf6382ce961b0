import type { ApiClient } from '@kubus/shared/bus';
import { isConflict, isNotFound } from '@kubus/shared/errors';
import type { CertificateSigningRequest } from '@kubus/shared/schema';
import { signingRequests } from '../certificate-signing/index.ts';
import { approved, type Recognized } from './plan.ts';

type Api = Pick<ApiClient, 'request'>;

/** Whether who asked may ask for that. */
export async function mayAsk(
  { spec }: CertificateSigningRequest,
  { subresource }: Recognized,
  api: Api,
): Promise<boolean> {
  const { group, resource } = signingRequests;
  const { username: user = '', uid = '', groups = [], extra = {} } = spec;
  const { status } = await api.request<{ status?: { allowed: boolean } }>({
    group: 'authorization.k8s.io',
    version: 'v1',
    resource: 'subjectaccessreviews',
    verb: 'create',
    body: {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      metadata: {},
      spec: { user, uid, groups, extra, resourceAttributes: { group, resource, verb: 'create', subresource } },
    },
  });
  return status?.allowed === true;
}

/** What has changed or gone meanwhile is looked at again when the change is seen. */
export async function approve(object: CertificateSigningRequest, as: Recognized, api: Api): Promise<void> {
  const { name } = object.metadata;
  const body = approved(object, as);
  try {
    await api.request({ ...signingRequests, verb: 'update', name, subresource: 'approval', body });
  } catch (error) {
    if (!isConflict(error) && !isNotFound(error)) throw error;
  }
}
