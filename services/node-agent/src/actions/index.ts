import type { Runtime } from '../runtime/contract.ts';
import type { Actions } from './contract.ts';
import { runHook } from './run-hook.ts';
import { runProbe } from './run-probe.ts';

export type { Actions, HookEnd } from './contract.ts';

/** Commands go through the runtime, everything else over the network to the pod's address. */
export const runtimeActions = (runtime: Pick<Runtime, 'exec'>): Actions => ({
  probe: (probe, target) => runProbe(runtime, probe, target),
  hook: (handler, target, signal) => runHook(runtime, handler, target, signal),
});
