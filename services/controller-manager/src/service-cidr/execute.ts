import type { ApiClient } from '@kubus/shared/bus';
import { isConflict, isNotFound } from '@kubus/shared/errors';
import type { ServiceCIDR } from '@kubus/shared/schema';
import type { ServiceCidrAction } from './plan.ts';

export const serviceCidrs = { group: 'networking.k8s.io', version: 'v1', resource: 'servicecidrs' };

type Api = Pick<ApiClient, 'request'>;
type Execute<A> = (api: Api, cidr: ServiceCIDR, action: A) => Promise<unknown>;

const executors: { [T in ServiceCidrAction['type']]: Execute<Extract<ServiceCidrAction, { type: T }>> } = {
  finalizers: (api, cidr, { finalizers }) => write(api, { ...cidr, metadata: { ...cidr.metadata, finalizers } }, ''),
  conditions: (api, cidr, { conditions }) => write(api, { ...cidr, status: { ...cidr.status, conditions } }, 'status'),
};

/** What has changed or gone meanwhile is looked at again when the change is seen; so is what a first of two writes changed. */
export async function execute(api: Api, cidr: ServiceCIDR, action: ServiceCidrAction): Promise<void> {
  try {
    await (executors[action.type] as Execute<ServiceCidrAction>)(api, cidr, action);
  } catch (error) {
    if (!isConflict(error) && !isNotFound(error)) throw error;
  }
}

function write(api: Api, body: ServiceCIDR, subresource: string): Promise<unknown> {
  const { name } = body.metadata;
  return api.request({
    ...serviceCidrs,
    verb: 'update',
    namespace: '',
    name,
    body,
    ...(subresource && { subresource }),
  });
}
