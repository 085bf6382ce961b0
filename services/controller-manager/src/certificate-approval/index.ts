import type { Controller, ReconcileResult } from '@kubus/shared/reconcile';
import type { CertificateSigningRequest } from '@kubus/shared/schema';
import { signingRequests } from '../certificate-signing/index.ts';
import type { ControllerContext } from '../common/context.ts';
import { approve, mayAsk } from './execute.ts';
import { recognize } from './plan.ts';

/** How soon somebody who may not ask is looked at again: he may have been bound to a role meanwhile. */
const againMs = 5 * 60_000;

/** Approves the client certificates of nodes whose users may ask for them (Kubernetes: csrapproving). */
export function createCertificateApprovalController({ informers, api }: ControllerContext): Controller {
  const all = informers.get<CertificateSigningRequest>(signingRequests);
  const key = ({ metadata }: { metadata: { name: string } }) => ({ namespace: '', name: metadata.name });
  return {
    name: 'certificate-approval',
    reads: [signingRequests],
    watches: [{ resource: signingRequests, map: (object, _, type) => (type === 'deleted' ? [] : [key(object)]) }],
    keys: () => all.list().map(key),
    reconcile: async ({ name }): Promise<ReconcileResult> => {
      const object = all.get('', name);
      if (object === undefined) return undefined;
      const ways = recognize(object);
      for (const way of ways) {
        if (!(await mayAsk(object, way, api))) continue;
        await approve(object, way, api);
        return undefined;
      }
      return ways.length === 0 ? undefined : { requeueAfter: againMs };
    },
  };
}
