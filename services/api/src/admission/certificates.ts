import { parseRequest } from '@kubus/shared/certificates';
import type { GroupResource } from '@kubus/shared/object';
import { equal } from '@kubus/shared/registry';
import type { CertificateSigningRequest } from '@kubus/shared/schema';
import { type Authorizer, mastersGroup } from '../authz/index.ts';
import type { AdmissionOperation, AdmissionPlugin, AdmissionRequest } from './contract.ts';
import { refusal } from './refuse.ts';

const group = 'certificates.k8s.io';
const apiClientSigner = 'kubernetes.io/kube-apiserver-client';

const isRequest = (resource: GroupResource): boolean =>
  resource.group === group && resource.resource === 'certificatesigningrequests';

const isUpdateOf = (wanted: string) => (resource: GroupResource, subresource: string, operation: AdmissionOperation) =>
  isRequest(resource) && subresource === wanted && operation === 'UPDATE';

/** Approving takes the right to `approve` for the signer (KEP-1513). */
export function certificateApproval(authorizer: Authorizer): AdmissionPlugin {
  return {
    name: 'CertificateApproval',
    concerns: isUpdateOf('approval'),
    validate: (request) => requireFor(request, authorizer, 'approve'),
  };
}

/** Signing takes the right to `sign` for the signer. */
export function certificateSigning(authorizer: Authorizer): AdmissionPlugin {
  return {
    name: 'CertificateSigning',
    concerns: isUpdateOf('status'),
    validate: (request) => {
      const [before, after] = [request.old, request.object] as (CertificateSigningRequest | undefined)[];
      const same =
        before?.status?.certificate === after?.status?.certificate &&
        equal(before?.status?.conditions ?? [], after?.status?.conditions ?? []);
      return same ? undefined : requireFor(request, authorizer, 'sign');
    },
  };
}

/** Nobody becomes a master by a certificate that was asked for here. */
export const certificateSubjectRestriction: AdmissionPlugin = {
  name: 'CertificateSubjectRestriction',
  concerns: (resource, subresource, operation) => isRequest(resource) && subresource === '' && operation === 'CREATE',
  validate: (request) => {
    const { spec } = request.object as CertificateSigningRequest;
    if (spec?.signerName !== apiClientSigner) return;
    if (organizationsOf(request, spec.request).includes(mastersGroup)) {
      throw refusal(request, `use of ${apiClientSigner} signer with ${mastersGroup} group is not allowed`);
    }
  },
};

function organizationsOf(request: AdmissionRequest, encoded: string): readonly string[] {
  try {
    return parseRequest(Buffer.from(encoded, 'base64').toString()).organizations;
  } catch (error) {
    throw refusal(request, `unable to parse CSR: ${error instanceof Error ? error.message : error}`);
  }
}

async function requireFor(request: AdmissionRequest, authorizer: Authorizer, verb: 'approve' | 'sign'): Promise<void> {
  // Of the request as it was: what is asked for does not change, whatever this update says.
  const { spec } = request.old as CertificateSigningRequest;
  const signerName = spec?.signerName ?? '';
  for (const name of [signerName, `${signerName.split('/')[0]}/*`]) {
    const { user } = request;
    const right = { user, verb, group, resource: 'signers', subresource: '', namespace: '', name };
    if ((await authorizer.authorize(right)).allowed) return;
  }
  throw refusal(request, `user not permitted to ${verb} requests with signerName ${JSON.stringify(signerName)}`);
}
