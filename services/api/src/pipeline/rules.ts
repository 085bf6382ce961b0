import { invalid } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import type { StoredCall } from './call.ts';

/** The checks of a kind that may take their time. Throws Invalid. */
export async function checkRules(call: StoredCall, object: KubeObject, old: KubeObject | undefined): Promise<void> {
  const { resource, strategy } = call;
  const errors = await strategy.check?.(object, old, resource.served);
  if (errors === undefined || errors.length === 0) return;
  throw invalid({ group: resource.group, kind: resource.kind, name: object.metadata.name }, errors);
}
