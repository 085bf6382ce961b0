import { isConflict, isNotFound } from '@kubus/shared/errors';
import type { Controller, ReconcileResult } from '@kubus/shared/reconcile';
import type { CertificateSigningRequest } from '@kubus/shared/schema';
import { signingRequests } from '../certificate-signing/index.ts';
import type { ControllerContext } from '../common/context.ts';
import { untilStale } from './plan.ts';

/** Deletes requests an hour after they were signed, denied or failed, and those that nobody has decided for a day. */
export function createCertificateCleanerController({ informers, api, clock }: ControllerContext): Controller {
  const all = informers.get<CertificateSigningRequest>(signingRequests);
  const key = ({ metadata }: { metadata: { name: string } }) => ({ namespace: '', name: metadata.name });
  return {
    name: 'certificate-cleaner',
    reads: [signingRequests],
    watches: [{ resource: signingRequests, map: (object, _, type) => (type === 'deleted' ? [] : [key(object)]) }],
    keys: () => all.list().map(key),
    reconcile: async ({ name }): Promise<ReconcileResult> => {
      const object = all.get('', name);
      const wait = object && untilStale(object, clock.now());
      if (object === undefined || wait === undefined) return undefined;
      if (wait > 0) return { requeueAfter: wait };
      const preconditions = { uid: object.metadata.uid, resourceVersion: object.metadata.resourceVersion };
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions };
      await api.request({ ...signingRequests, verb: 'delete', name, body }).catch((error: unknown) => {
        if (!isNotFound(error) && !isConflict(error)) throw error;
      });
      return undefined;
    },
  };
}
