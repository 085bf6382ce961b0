import type { GroupResource } from '@kubus/shared/object';
import type { Pod } from '@kubus/shared/schema';
import type { AdmissionOperation, AdmissionPlugin, AdmissionRequest } from '../contract.ts';

/** Kubernetes: AlwaysPullImages. With it an image that one pod pulled by its secret is of no use to a pod without. */
export const alwaysPullImages: AdmissionPlugin = {
  name: 'AlwaysPullImages',
  concerns: ({ group, resource }: GroupResource, subresource: string, operation: AdmissionOperation) =>
    group === '' && resource === 'pods' && subresource === '' && (operation === 'CREATE' || operation === 'UPDATE'),
  admit({ object }: AdmissionRequest): void {
    const { spec } = object as Pod;
    for (const container of [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])]) {
      container.imagePullPolicy = 'Always';
    }
  },
};
