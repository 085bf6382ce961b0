import type { ApiClient } from '@kubus/shared/bus';
import { isConflict, isNotFound } from '@kubus/shared/errors';
import type { ResourceQuota, ResourceQuotaStatus } from '@kubus/shared/schema';

const target = { group: '', version: 'v1', resource: 'resourcequotas' };

/**
 * Writes what was counted, under the revision that was counted for: the API books every creation under it, so that nothing that came meanwhile is lost.
 * False when somebody was faster.
 */
export async function writeStatus(
  api: Pick<ApiClient, 'request'>,
  quota: ResourceQuota,
  status: ResourceQuotaStatus,
): Promise<boolean> {
  const { name, namespace = '' } = quota.metadata;
  try {
    await api.request({
      ...target,
      verb: 'update',
      namespace,
      name,
      subresource: 'status',
      body: { ...quota, status },
    });
    return true;
  } catch (error) {
    if (isNotFound(error)) return true;
    if (isConflict(error)) return false;
    throw error;
  }
}
