import { within } from '@kubus/shared/clock';
import { leastGraceSeconds } from '../plan.ts';
import { carryOutHook } from './carry-out-hook.ts';
import type { StepContext, StepExecutor } from './contract.ts';
import { emit } from './failures.ts';

/** Runs the preStop hook, asks the container to end, and kills it when its grace period is over (Kubernetes: "Pod termination flow"). */
export const stopContainer: StepExecutor<'stop-container'> = async (step, context) => {
  const { id, container, graceSeconds } = step;
  const { memory, runtime, log, now, wake, pod } = context;
  if (!memory.stopping.has(id))
    emit(context, container, 'Normal', 'Killing', step.message ?? `Stopping container ${container}`);
  if (pod.metadata.deletionTimestamp !== undefined) memory.endingSince ??= now();
  if (step.replace === true) memory.replaced.add(id);
  const killAt = now() + graceSeconds * 1000;
  memory.stopping.set(id, killAt);
  try {
    const began = performance.now();
    const waited = await preStop(id, container, graceSeconds, context);
    const left = graceSeconds - Math.floor((performance.now() - began) / 1000);
    // A shorter period that was asked for meanwhile has its own call.
    if (memory.stopping.get(id) !== killAt) return;
    await runtime.stop(id, waited ? Math.max(leastGraceSeconds, left) : graceSeconds);
  } catch (err) {
    log.warn({ err, container, id }, 'A container could not be stopped; trying again');
    // After a pause, so that a runtime that is away is not asked without end.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  } finally {
    if (memory.stopping.get(id) === killAt) memory.stopping.delete(id);
    wake();
  }
};

/** Waits for the hook, at most as long as the container may live; false when there is none. */
async function preStop(id: string, container: string, graceSeconds: number, context: StepContext): Promise<boolean> {
  const { memory, actions, observed } = context;
  const handler = observed.containers.find(({ spec }) => spec.name === container)?.spec.lifecycle?.preStop;
  if (handler === undefined || actions === undefined || graceSeconds <= 0) return false;
  const giveUp = new AbortController();
  // Once: a second request, with a shorter period or after a failure, waits for the same one.
  const hook =
    memory.preStops.get(id) ??
    carryOutHook(handler, { id, container }, context, giveUp.signal).catch((err: unknown) => {
      context.log.info({ err, container, id }, 'A preStop hook failed');
      emit(context, container, 'Warning', 'FailedPreStopHook', 'PreStopHook failed');
    });
  memory.preStops.set(id, hook);
  await within(graceSeconds * 1000, hook);
  giveUp.abort();
  return true;
}
