import type { LifecycleHandler } from '@kubus/shared/schema';
import type { StepContext } from './contract.ts';
import { emit, targetOf } from './failures.ts';

/** Carries out a hook of a container that runs, and tells users when it took HTTP for the HTTPS that it names (kubelet, since 1.26). Rejects when the hook fails. */
export async function carryOutHook(
  handler: LifecycleHandler,
  { id, container }: { id: string; container: string },
  context: StepContext,
  signal: AbortSignal,
): Promise<void> {
  const end = await context.actions?.hook(handler, targetOf(context, id, container), signal);
  if (end?.plainInstead === undefined) return;
  const text = `request to HTTPS lifecycle hook ${end.plainInstead} got HTTP response, retry with HTTP succeeded`;
  emit(context, '', 'Warning', 'LifecycleHTTPFallback', text);
}
