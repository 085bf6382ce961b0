import { type FieldError, invalid, type StatusError } from '@kubus/shared/errors';
import type { KubeObject } from '@kubus/shared/object';
import type { StoredCall } from './call.ts';
import type { Deps } from './deps.ts';

/** The checks of a kind that may take their time; nothing to wait for where it has none. Throws Invalid, at once or by the promise. */
export function checkRules(
  deps: Deps,
  call: StoredCall,
  object: KubeObject,
  old: KubeObject | undefined,
): Promise<void> | undefined {
  const { resource, strategy } = call;
  const errors = deps.checks.get(resource.declaration)?.(object, old) ?? [];
  if (errors.length > 0) throw refused(call, object, errors);
  return strategy.check && checkStrategy(call, object, old);
}

async function checkStrategy(call: StoredCall, object: KubeObject, old: KubeObject | undefined): Promise<void> {
  const errors = await call.strategy.check?.(object, old, call.resource.served);
  if (errors !== undefined && errors.length > 0) throw refused(call, object, errors);
}

function refused({ resource }: StoredCall, { metadata }: KubeObject, errors: readonly FieldError[]): StatusError {
  return invalid({ group: resource.group, kind: resource.kind, name: metadata.name }, errors);
}
