import type { CertificateRequest } from '@kubus/shared/certificates';

/** Kubernetes' own signers (kubernetes.io: Certificates and Certificate Signing Requests, "Kubernetes signers"). */
export const apiClientSigner = 'kubernetes.io/kube-apiserver-client';
export const kubeletClientSigner = 'kubernetes.io/kube-apiserver-client-kubelet';
export const kubeletServingSigner = 'kubernetes.io/kubelet-serving';

type Validate = (request: CertificateRequest, usages: readonly string[]) => string | undefined;

/** What each signs; gives why it does not sign a request, undefined when it does. */
const signers: ReadonlyMap<string, Validate> = new Map<string, Validate>([
  [apiClientSigner, apiClientProblem],
  [kubeletClientSigner, kubeletClientProblem],
  [kubeletServingSigner, kubeletServingProblem],
  // Cannot be asked for in v1; objects of old may still name it. No restrictions apply.
  ['kubernetes.io/legacy-unknown', () => undefined],
]);

export const signerOf = (name: string): Validate | undefined => signers.get(name);

function apiClientProblem(_: CertificateRequest, usages: readonly string[]): string | undefined {
  const optional = ['digital signature', 'key encipherment', 'client auth'];
  const other = usages.find((usage) => !optional.includes(usage));
  if (other !== undefined) return `invalid usage for client certificate: ${other}`;
  return usages.includes('client auth') ? undefined : 'missing required usage for client certificate: client auth';
}

/** Also what the approval of node certificates goes by. */
export function kubeletClientProblem(request: CertificateRequest, usages: readonly string[]): string | undefined {
  return (
    organizationProblem(request) ??
    (request.dnsNames.length > 0 ? 'DNS subjectAltNames are not allowed' : undefined) ??
    (request.emailAddresses.length > 0 ? 'Email subjectAltNames are not allowed' : undefined) ??
    (request.ipAddresses.length > 0 ? 'IP subjectAltNames are not allowed' : undefined) ??
    (request.uris.length > 0 ? 'URI subjectAltNames are not allowed' : undefined) ??
    nameProblem(request) ??
    usageProblem(usages, ['client auth', 'digital signature', 'key encipherment'])
  );
}

function kubeletServingProblem(request: CertificateRequest, usages: readonly string[]): string | undefined {
  const named = request.dnsNames.length + request.ipAddresses.length > 0;
  return (
    organizationProblem(request) ??
    (named ? undefined : 'DNS or IP subjectAltName is required') ??
    (request.emailAddresses.length > 0 ? 'Email subjectAltNames are not allowed' : undefined) ??
    (request.uris.length > 0 ? 'URI subjectAltNames are not allowed' : undefined) ??
    usageProblem(usages, ['digital signature', 'key encipherment', 'server auth']) ??
    nameProblem(request)
  );
}

const organizationProblem = ({ organizations }: CertificateRequest): string | undefined =>
  organizations.length === 1 && organizations[0] === 'system:nodes'
    ? undefined
    : 'subject organization is not system:nodes';

const nameProblem = ({ commonName }: CertificateRequest): string | undefined =>
  commonName.startsWith('system:node:') ? undefined : 'subject common name does not begin with system:node:';

/** Exactly these, or these without key encipherment, which keys other than RSA have no use for. */
function usageProblem(usages: readonly string[], required: readonly string[]): string | undefined {
  const own = new Set(usages);
  const least = required.filter((usage) => usage !== 'key encipherment');
  const is = (wanted: readonly string[]): boolean =>
    wanted.length === own.size && wanted.every((usage) => own.has(usage));
  return is(required) || is(least) ? undefined : `usages did not match [${required.join(' ')}]`;
}
