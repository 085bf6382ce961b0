import type { GroupResource } from '@kubus/shared/object';
import type { Service } from '@kubus/shared/schema';
import type { AdmissionOperation, AdmissionPlugin, AdmissionRequest } from '../contract.ts';
import { refusal } from '../refuse.ts';

/** Kubernetes: DenyServiceExternalIPs, against CVE-2020-8554. Nobody takes addresses of others; what a Service has it may keep, or give up. */
export const denyServiceExternalIPs: AdmissionPlugin = {
  name: 'DenyServiceExternalIPs',
  concerns: ({ group, resource }: GroupResource, subresource: string, operation: AdmissionOperation) =>
    group === '' && resource === 'services' && subresource === '' && (operation === 'CREATE' || operation === 'UPDATE'),
  validate(request: AdmissionRequest): void {
    const had = new Set((request.old as Service | undefined)?.spec?.externalIPs);
    const wanted = (request.object as Service).spec?.externalIPs ?? [];
    if (!wanted.every((address) => had.has(address)))
      throw refusal(request, 'Use of external IPs is denied by admission control');
  },
};
