import type { SigningAuthority } from '@kubus/shared/certificates';
import type { Controller, ReconcileResult } from '@kubus/shared/reconcile';
import type { CertificateSigningRequest } from '@kubus/shared/schema';
import type { ControllerContext } from '../common/context.ts';
import { execute } from './execute.ts';
import { plan, signingRequests } from './plan.ts';

export * from './plan.ts';
export { kubeletClientProblem, kubeletClientSigner } from './signers.ts';

/** kube-controller-manager --cluster-signing-duration. */
const longestMs = 365 * 24 * 3600_000;

/** Signs what was approved, as the signers of Kubernetes (csrsigning). */
export function createCertificateSigningController(
  { informers, api, clock }: ControllerContext,
  authority: SigningAuthority,
): Controller {
  const all = informers.get<CertificateSigningRequest>(signingRequests);
  const key = ({ metadata }: { metadata: { name: string } }) => ({ namespace: '', name: metadata.name });
  return {
    name: 'certificate-signing',
    reads: [signingRequests],
    watches: [{ resource: signingRequests, map: (object, _, type) => (type === 'deleted' ? [] : [key(object)]) }],
    keys: () => all.list().map(key),
    reconcile: async ({ name }): Promise<ReconcileResult> => {
      const object = all.get('', name);
      const action = object && plan(object, longestMs);
      if (object !== undefined && action !== undefined)
        await execute(action, object, { api, authority, now: new Date(clock.now()) });
      return undefined;
    },
  };
}
