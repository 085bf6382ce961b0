import type { ApiClient } from '@kubus/shared/bus';
import { isConflict, isNotFound } from '@kubus/shared/errors';
import type { FlowSchema, FlowSchemaCondition } from '@kubus/shared/schema';

export const flowSchemas = { group: 'flowcontrol.apiserver.k8s.io', version: 'v1', resource: 'flowschemas' };

/** What has changed or gone meanwhile is looked at again when the change is seen. */
export async function writeConditions(
  api: Pick<ApiClient, 'request'>,
  schema: FlowSchema,
  conditions: FlowSchemaCondition[],
): Promise<void> {
  const body = { ...schema, status: { ...schema.status, conditions } };
  const { name } = schema.metadata;
  try {
    await api.request({ ...flowSchemas, verb: 'update', namespace: '', name, subresource: 'status', body });
  } catch (error) {
    if (!isConflict(error) && !isNotFound(error)) throw error;
  }
}
